import { html, type Markup } from "./html.ts";
import type { RunSummary } from "./input.ts";

/** What computed: the adapter and the version of the program. */
export function environment(adapter: RunSummary["adapter"], version: string): Markup {
  const rows: readonly [string, string][] = [
    ["Fiedler", version],
    ["Adapter", `${adapter.description}${adapter.software ? " (software)" : ""}`],
    ["Vendor", adapter.vendor],
    ["Architecture", adapter.architecture],
  ];
  return html`
    <table class="wide">
      <caption>Environment</caption>
      <tbody>${rows.map(([name, value]) =>
        html`
          <tr>
            <th scope="row">${name}<td>${value}</tr>
        `
      )}</tbody>
    </table>
  `;
}
