import assert from "node:assert/strict";
import { encodeRle, rleToString } from "@fiedler/coco";
import { overlay, type OverlayMask, type Rgb } from "@fiedler/report";

const SIDE = 12;
const COLOURS: readonly Rgb[] = [[200, 0, 0], [0, 200, 0]];
const black = { width: SIDE, height: SIDE, data: new Uint8Array(SIDE * SIDE * 3) };

/** A square mask from (from, from) to (to, to), exclusive. */
function square(from: number, to: number): OverlayMask {
  const mask = new Uint8Array(SIDE * SIDE);
  for (let y = from; y < to; y++) mask.fill(1, y * SIDE + from, y * SIDE + to);
  return { size: [SIDE, SIDE], counts: rleToString(encodeRle(mask, SIDE, SIDE)) };
}

const pixel = (
  data: Uint8Array,
  x: number,
  y: number,
) => [...data.subarray((y * SIDE + x) * 3, (y * SIDE + x) * 3 + 3)];

Deno.test("overlay() fills the inside, outlines two pixels, leaves the rest and the input", () => {
  const out = overlay(black, [square(2, 10)], { opacity: 0.5, colours: COLOURS });
  assert.deepEqual(pixel(out, 1, 5), [0, 0, 0]);
  assert.deepEqual(pixel(out, 2, 5), [214, 64, 64]); // lighter, the ground is dark
  assert.deepEqual(pixel(out, 3, 3), [214, 64, 64]);
  assert.deepEqual(pixel(out, 4, 4), [100, 0, 0]);
  assert.deepEqual(pixel(out, 7, 7), [100, 0, 0]);
  assert.deepEqual(pixel(out, 8, 7), [214, 64, 64]);
  assert.ok(black.data.every((value) => value === 0));
});

Deno.test("overlay() paints the smaller mask last, whatever the order", () => {
  const small = { opacity: 1, outlinePixels: 0, colours: COLOURS };
  assert.deepEqual(pixel(overlay(black, [square(0, 12), square(4, 8)], small), 5, 5), [0, 200, 0]);
  assert.deepEqual(pixel(overlay(black, [square(4, 8), square(0, 12)], small), 5, 5), [200, 0, 0]);
});

Deno.test("overlay() draws darker outlines on light ground, and takes empty masks", () => {
  const white = { ...black, data: new Uint8Array(SIDE * SIDE * 3).fill(255) };
  const out = overlay(white, [square(0, 12), square(3, 3)], { colours: COLOURS });
  assert.deepEqual(pixel(out, 0, 0), [150, 0, 0]);
});

Deno.test("overlay() refuses a mask of another size", () => {
  assert.throws(() => overlay(black, [{ size: [3, 4], counts: "<" }]), {
    name: "RangeError",
    message: "overlay: mask 0 must be [12, 12], got [3, 4]",
  });
});
