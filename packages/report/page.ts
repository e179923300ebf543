import { html, trusted } from "./html.ts";
import { STYLE } from "./style.ts";

const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";
/** A disc cut in two along a wave: the sign of a Fiedler vector. */
const LOGO = html`
  <svg viewBox="0 0 20 20" aria-hidden="true">
    <path class="cold" d="M10 1a9 9 0 0 0 0 18c4-3-4-6 0-9s-4-6 0-9z" />
    <path class="warm" d="M10 1a9 9 0 0 1 0 18c4-3-4-6 0-9s-4-6 0-9z" />
  </svg>
`;

/** Everything before the first section: no script, and a policy that allows no request. */
export function pageHead(title: string, links: readonly (readonly string[])[]): string {
  return html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="${trusted(POLICY)}">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="referrer" content="no-referrer">
        <title>${title} · Fiedler</title>
        <style>${trusted(STYLE)}</style>
      </head>
      <body>
        <a class="skip" href="#main">Skip to content</a>
        <nav class="top" aria-label="Sections">
          <a class="brand" href="#main">${LOGO}Fiedler</a>
          ${links.map(([id, name]) => html`<a href="#${id}">${name}</a>`)}
        </nav>
        <main id="main">
  `.markup;
}
