import assert from "node:assert/strict";
import { printable } from "../../packages/cli/printable.ts";

Deno.test("printable() leaves nothing that moves a terminal's cursor or turns its text", () => {
  assert.equal(printable("a\nb – c’é\n"), "a\nb – c’é\n");
  assert.equal(printable("a\x1b[31mred\x07\r"), "a\\u{1b}[31mred\\u{7}\\u{d}");
  assert.equal(printable("evil\u202egnp.jpg\x9b2J"), "evil\\u{202e}gnp.jpg\\u{9b}2J");
});
