import { html, type Markup } from "./html.ts";
import type { RunSummary } from "./input.ts";

/** Options in effect: name, value, source. */
export function optionTable(caption: string, options: RunSummary["options"]): Markup {
  return html`
    <div class="scroll">
      <table class="wide">
        ${caption !== "" && html`<caption>${caption}</caption>`}
        <thead>
          <tr><th>Option<th>Value<th>Source</tr>
        </thead>
        <tbody>${options.map(({ name, value, source }) =>
          html`
            <tr>
              <th scope="row"><code>${name}</code><td>${Array.isArray(value)
                ? value.join(", ")
                : String(value)}<td>${source ?? "–"}</tr>
          `
        )}</tbody>
      </table>
    </div>
  `;
}
