import assert from "node:assert/strict";
import { alignColours } from "../../packages/report/align.ts";

Deno.test("alignColours() lets a segment that stays keep its colour, whatever its number", () => {
  assert.deepEqual(
    alignColours([
      Uint8Array.of(0, 0, 0, 1, 1, 1),
      Uint8Array.of(0, 1, 1, 2, 2, 2), // label 1 is what is left of 0, label 2 was 1
      Uint8Array.of(0, 1, 2, 3, 3, 3),
    ]),
    [[0, 1], [2, 0, 1], [2, 0, 3, 1]],
  );
});

Deno.test("alignColours() never gives one colour to two clusters", () => {
  const clusterings = [2, 3, 4, 5].map((k) => Uint8Array.from({ length: 90 }, (_, i) => i * i % k));
  for (const colours of alignColours(clusterings)) {
    assert.equal(new Set(colours).size, colours.length);
  }
});
