import assert from "node:assert/strict";
import { principalComponents } from "../../packages/demo/principal_components.ts";
import { assertClose } from "../support/conformance.ts";

const [count, dim] = [90, 20];
/** Amplitudes of what the rows are made of: more than are looked for at a time. */
const SIZES = [5, 4, 3, 2, 1.5, 1, 0.7, 0.5, 0.3];

/** The k-th axis, orthogonal to the others (Helmert's); its largest entry is negative. */
function axisOf(k: number): Float64Array {
  const ones = k + 2;
  const length = Math.sqrt(ones + ones ** 2);
  return Float64Array.from(
    { length: dim },
    (_, i) => (i < ones ? 1 : i > ones ? 0 : -ones) / length,
  );
}

/** The k-th vector of the discrete cosine transform: orthogonal to each other, and of mean 0. */
const cosine = (k: number, length: number) =>
  Float64Array.from({ length }, (_, i) => Math.cos(Math.PI * (k + 1) * (i + 0.5) / length));

Deno.test("principalComponents() finds what rows are made of, signs by the axes", () => {
  const rows = Float32Array.from({ length: count * dim }, (_, at) => {
    const [row, i] = [Math.floor(at / dim), at % dim];
    return SIZES.reduce(
      (sum, size, k) => sum + size * cosine(k, count)[row] * axisOf(k)[i],
      7,
    );
  });
  const found = principalComponents(rows, dim, 3);
  assert.equal(found.length, 3);
  found.forEach((component, k) => {
    const expected = cosine(k, count).map((value) => -SIZES[k] * value);
    // An axis has settled when it turns by less than 1.4e-4 (cosine 1 − 1e-8) in a step; what is
    // left falls by (1 / 3)², or more, a step: less than 1e-3 in all.
    assertClose(component, expected, { relative: 1e-3 });
  });
  assert.deepEqual(principalComponents(rows, dim, 3), found);
});

Deno.test("principalComponents() of equal rows are zero", () => {
  const rows = Float32Array.from({ length: 12 }, (_, i) => i % 3);
  assert.deepEqual(principalComponents(rows, 3, 3), new Array(3).fill(new Float64Array(4)));
});
