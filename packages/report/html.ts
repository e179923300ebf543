/**
 * HTML by tagged templates: what is interpolated is escaped, unless it is markup already.
 *
 * @module
 */

/** Text that is HTML; only {@linkcode html} and {@linkcode trusted} make it. */
export interface Markup {
  /** The HTML. */
  readonly markup: string;
}

/** What a template takes: `null` and `false` print nothing, arrays print their items in order. */
export type Fragment = string | number | Markup | null | false | readonly Fragment[];

/**
 * A template of HTML. Strings are escaped for text and for quoted attributes alike. Line breaks at
 * both ends and indentation are for the reader of the source, and are left out.
 *
 * @example
 * ```ts
 * import { html } from "./html.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(html`<b>${"<i>"}</b>`.markup, "<b>&lt;i&gt;</b>");
 * ```
 */
export function html(parts: TemplateStringsArray, ...values: readonly Fragment[]): Markup {
  const last = parts.length - 1;
  const texts = parts.map((part, i) =>
    part
      .replace(i === 0 ? /^\s*\n\s*/ : "", "")
      .replace(i === last ? /\s*\n\s*$/ : "", "")
      .replace(/\s*\n\s*/g, "\n")
  );
  return { markup: texts.reduce((text, part, i) => text + print(values[i - 1]) + part) };
}

/** Declares a constant of this package (a style sheet, path data) to be HTML: never user text. */
export function trusted(markup: string): Markup {
  return { markup };
}

function print(value: Fragment): string {
  if (value === null || value === false) return "";
  if (typeof value === "string") return escape(value);
  if (typeof value === "number") return String(value);
  return "markup" in value ? value.markup : value.map(print).join("");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Control characters become visible: HTML would drop or misread them. */
function escape(text: string): string {
  return text
    .replace(/[&<>"']/g, (character) => ENTITIES[character])
    // deno-lint-ignore no-control-regex
    .replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, "\u{fffd}");
}
