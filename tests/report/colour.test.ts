import assert from "node:assert/strict";
import { CLUSTER_COLOURS, DIVERGING, MASK_COLOURS, type Rgb } from "@fiedler/report";

/** Linear RGB as seen without one kind of cone: Machado 2009, severity 1. */
const SIGHT: Readonly<Record<string, readonly number[]>> = {
  full: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  protan: [0.152, 1.053, -0.205, 0.115, 0.786, 0.099, -0.004, -0.048, 1.052],
  deutan: [0.367, 0.861, -0.228, 0.28, 0.673, 0.047, -0.012, 0.043, 0.969],
};

for (const [sight, matrix] of Object.entries(SIGHT)) {
  Deno.test(`neighbouring colours differ with ${sight} sight`, () => {
    for (const palette of [MASK_COLOURS, CLUSTER_COLOURS]) {
      palette.forEach((colour, i) => {
        const next = palette[(i + 1) % palette.length];
        const distance = labDistance(seen(colour, matrix), seen(next, matrix));
        // ΔE 2.3 is just noticeable side by side; 20 is plain at a glance.
        assert.ok(distance > 20, `colours ${i} and ${i + 1}: ΔE ${distance.toFixed(1)}`);
      });
    }
  });
}

Deno.test("the diverging map is lightest at zero and equally dark at both ends", () => {
  const lightness = DIVERGING.map((colour) => lab(linear(colour))[0]);
  assert.equal(DIVERGING.length, 256);
  assert.equal(lightness.indexOf(Math.max(...lightness)), 128);
  assert.ok(Math.abs(lightness[1] - lightness[255]) < 3); // of 100
  lightness.slice(1, 128).forEach((l, i) => assert.ok(l >= lightness[i], `step ${i}`));
  lightness.slice(129).forEach((l, i) => assert.ok(l <= lightness[128 + i], `step ${128 + i}`));
  assert.ok(DIVERGING[0][2] > DIVERGING[0][0] && DIVERGING[255][0] > DIVERGING[255][2]);
});

function linear(colour: Rgb): number[] {
  return colour.map((byte) => {
    const x = byte / 255;
    return x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
  });
}

function seen(colour: Rgb, m: readonly number[]): number[] {
  const [r, g, b] = linear(colour);
  return [0, 3, 6].map((row) => Math.max(0, m[row] * r + m[row + 1] * g + m[row + 2] * b));
}

function lab([r, g, b]: readonly number[]): number[] {
  const f = (t: number) => t > 216 / 24389 ? Math.cbrt(t) : (24389 / 27 * t + 16) / 116;
  const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
  const y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

function labDistance(a: readonly number[], b: readonly number[]): number {
  const [p, q] = [lab(a), lab(b)];
  return Math.hypot(...p.map((value, i) => value - q[i]));
}
