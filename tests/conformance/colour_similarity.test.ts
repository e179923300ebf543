import assert from "node:assert/strict";
import { colourNeighbours, quarterLab } from "../../kernels/colour_similarity/colour_similarity.ts";
import * as reference from "../../kernels/colour_similarity/reference.ts";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { packPictures } from "../support/pictures.ts";
import { generator } from "../support/random.ts";

type Size = readonly [number, number];

/** Patches of a few colours with a little noise, so that neighbours are alike about half the time. */
function makePicture([height, width]: Size, seed: number): Uint8Array {
  const next = generator(seed);
  const colours = Array.from({ length: 6 }, () => [0, 1, 2].map(() => Math.floor(250 * next())));
  return Uint8Array.from({ length: height * width * 3 }, (_, at) => {
    const pixel = Math.floor(at / 3);
    const [y, x] = [Math.floor(pixel / width), pixel % width];
    return colours[(Math.floor(y / 12) * 5 + Math.floor(x / 20)) % 6][at % 3] + 5 * next();
  });
}

// One quarter; sizes that fill their grid and sizes that do not; bytes that end within a word; below
// and above a workgroup of 64 quarters and of 256.
const CASES: readonly { size: Size; grid: Size; valid: Size }[] = [
  { size: [4, 4], grid: [1, 1], valid: [4, 4] },
  { size: [29, 37], grid: [8, 16], valid: [27, 37] },
  { size: [64, 96], grid: [16, 24], valid: [61, 96] },
];

conformance("quarterLab() and colourNeighbours()", (test) => {
  for (const { size, grid, valid } of CASES) {
    test(`agree with f64 on ${size.join(" × ")} in ${grid.join(" × ")}`, async (gpu) => {
      const picture = makePicture(size, size[1]);
      const words = packPictures([picture]);
      const lab = quarterLab(gpu, gpu.upload(words, [words.length]), { size, grid, valid });
      const [found, bits] = await gpu.readAll([lab, colourNeighbours(gpu, lab)]);
      const expected = reference.quarterLab(picture, { size, grid, valid });
      // pow of an adapter may be off by 2.4 · 16 ulp, 2e-6 of a linear value at most 1, and a cube
      // root by a third of it; a and b are differences of roots times 500 and 200.
      assertClose(found, expected, { absolute: 1e-3 });
      const similarities = reference.colourSimilarities(expected, ...grid);
      const bytes = new Uint8Array(bits.buffer);
      let [alike, apart] = [0, 0];
      similarities.forEach((similarity, at) => {
        const bit = (bytes[Math.floor(at / 8)] >> (at % 8)) & 1;
        if (similarity >= 0.3) alike++;
        else apart++;
        // Nearer to the threshold than the colours are exact, either is right.
        if (Math.abs(similarity - 0.3) < 1e-3) return;
        assert.equal(
          bit,
          similarity >= 0.3 ? 1 : 0,
          `neighbour ${at % 8} of ${Math.floor(at / 8)}`,
        );
      });
      if (grid[0] > 1) assert.ok(alike > 100 && apart > 100, `${alike} alike, ${apart} apart`);
    });
  }

  test("have the Lab values of the standard's corners", async (gpu) => {
    // White, black, and pure red, green and blue, as published for D65 and 2°.
    const colours = [[255, 255, 255], [0, 0, 0], [255, 0, 0], [0, 255, 0], [0, 0, 255]];
    const picture = Uint8Array.from(
      { length: 4 * 20 * 3 },
      (_, at) => colours[Math.floor(at / 12) % 5][at % 3],
    );
    const words = packPictures([picture]);
    const options = { size: [4, 20], grid: [1, 5] } as const;
    const lab = quarterLab(gpu, gpu.upload(words, [words.length]), options);
    const expected = [
      [100, 0, 0, 1],
      [0, 0, 0, 1],
      [53.24, 80.09, 67.2, 1],
      [87.73, -86.18, 83.18, 1],
      [32.3, 79.19, -107.86, 1],
    ];
    // Printed to two digits with a white that is rounded differently.
    assertClose(await gpu.read(lab), expected.flat(), { absolute: 0.02 });
  });

  test("asks the neighbour to be valid, not the pixel", async (gpu) => {
    // A flat picture of 3 × 1 quarters, the last of them not valid.
    const words = packPictures([new Uint8Array(12 * 4 * 3).fill(90)]);
    const lab = quarterLab(gpu, gpu.upload(words, [words.length]), {
      size: [12, 4],
      grid: [3, 1],
      valid: [10, 4],
    });
    // Quarter 0 has quarter 2 below it (bit 6), and quarter 2 has quarter 0 above it (bit 1).
    assertSame(await gpu.read(colourNeighbours(gpu, lab)), [(1 << 1) << 16]);
  });

  test("refuse a picture that does not fit its grid, and a similarity of 0", (gpu) => {
    const rgb = gpu.empty([75], "u32");
    assert.throws(() => quarterLab(gpu, rgb, { size: [10, 10], grid: [2, 3] }), {
      message: "quarterLab: 10 × 10 pixels do not fit a grid of 2 × 3 quarters",
    });
    assert.throws(() => quarterLab(gpu, rgb, { size: [10, 11], grid: [3, 3] }), {
      message: "quarterLab: 10 × 11 pixels need 83 words, got 75",
    });
    assert.throws(() => colourNeighbours(gpu, gpu.empty([2, 2, 4]), 0), {
      message: "colourNeighbours: similarity must be above 0 and at most 1, got 0",
    });
  });
});
