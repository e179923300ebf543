import assert from "node:assert/strict";
import { html, trusted } from "../../packages/report/html.ts";

Deno.test("html escapes text, and control characters become visible", () => {
  const name = `<img src=x onerror="alert('1')">&\0.png`;
  assert.equal(
    html`<b title="${name}">${name}</b>`.markup,
    '<b title="&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;\u{fffd}.png">' +
      "&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;\u{fffd}.png</b>",
  );
});

Deno.test("html keeps markup, prints arrays in order and nothing for null and false", () => {
  const item = (text: string) => html`<i>${text}</i>`;
  assert.equal(
    html`<p>${[item("<"), item("2")]}${null}${false}${0}${trusted("<hr>")}</p>`.markup,
    "<p><i>&lt;</i><i>2</i>0<hr></p>",
  );
});
