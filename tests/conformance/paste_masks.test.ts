import assert from "node:assert/strict";
import { pasteMasks } from "../../kernels/paste_masks/paste_masks.ts";
import { pastedProbabilities } from "../../kernels/paste_masks/reference.ts";
import { conformance } from "../support/conformance.ts";
import { uniform } from "../support/random.ts";

type Size = readonly [number, number];

/** Sizes of the logits, enlarged, cropped, and of the picture. */
const CASES: readonly { masks: number; cells: Size; enlarged: Size; cropped: Size; size: Size }[] =
  [
    { masks: 1, cells: [1, 1], enlarged: [1, 1], cropped: [1, 1], size: [1, 1] },
    // The picture as the network saw it; a strip of 32 rows, one row less, one more.
    { masks: 2, cells: [8, 10], enlarged: [32, 40], cropped: [32, 40], size: [32, 40] },
    { masks: 3, cells: [8, 16], enlarged: [32, 64], cropped: [31, 53], size: [31, 53] },
    // Larger originals: columns in workgroups of 64 half full, full, and started.
    { masks: 2, cells: [8, 8], enlarged: [32, 32], cropped: [27, 32], size: [108, 128] },
    { masks: 2, cells: [8, 8], enlarged: [32, 32], cropped: [32, 9], size: [229, 65] },
    // Smaller ones, where pixels skip rows of the logits, and one row or column.
    { masks: 2, cells: [16, 24], enlarged: [64, 96], cropped: [61, 90], size: [33, 63] },
    { masks: 4, cells: [16, 24], enlarged: [64, 96], cropped: [64, 96], size: [7, 5] },
    { masks: 1, cells: [8, 8], enlarged: [64, 64], cropped: [64, 1], size: [300, 1] },
    { masks: 1, cells: [8, 8], enlarged: [32, 32], cropped: [1, 32], size: [1, 90] },
    // Not enlarged by a whole number.
    { masks: 2, cells: [5, 7], enlarged: [12, 23], cropped: [11, 20], size: [40, 50] },
  ];

conformance("pasteMasks()", (test) => {
  for (const sizes of CASES) {
    for (const threshold of [0.5, 0.4]) {
      const { masks, cells, size: [height, width] } = sizes;
      test(`agrees with two resizes, ${cells} to ${sizes.size} at ${threshold}`, async (gpu) => {
        const logits = uniform(masks * cells[0] * cells[1], { seed: height, low: -6, high: 6 });
        const tensor = gpu.upload(logits, [masks, ...cells]);
        const found = pasteMasks(gpu, tensor, { ...sizes, threshold });
        const strips = Math.ceil(height / 32);
        assert.deepEqual(found.shape, [masks, strips, width]);
        const bits = await gpu.read(found);
        const expected = pastedProbabilities(logits, cells, sizes);
        let unclear = 0;
        for (let at = 0; at < masks * strips * 32 * width; at++) {
          const [m, y, x] = [
            Math.floor(at / (strips * 32 * width)),
            Math.floor(at / width) % (strips * 32),
            at % width,
          ];
          const word = bits[(m * strips + Math.floor(y / 32)) * width + x];
          const value = y < height ? expected[(m * height + y) * width + x] : 0;
          // σ and weights are good to a few 2^-24, and a mean of nine of them to some 20.
          if (Math.abs(value - threshold) < 2e-6) unclear++;
          else assert.equal(word >>> (y % 32) & 1, Number(value > threshold), `${m}, ${y}, ${x}`);
        }
        assert.ok(unclear <= 2, `${unclear} pixels are too close to the threshold to compare`);
      });
    }
  }

  test("fills words of masks that are inside, or outside, everywhere", async (gpu) => {
    const logits = gpu.upload(new Float32Array(32).map((_, i) => i < 16 ? 80 : -80), [2, 4, 4]);
    const sizes = { enlarged: [16, 16], cropped: [16, 16], size: [35, 3] } as const;
    const bits = await gpu.read(pasteMasks(gpu, logits, { ...sizes, threshold: 0.5 }));
    const all = 0xffffffff;
    assert.deepEqual([...bits], [all, all, all, 7, 7, 7, 0, 0, 0, 0, 0, 0]);
  });

  test("refuses sizes that do not fit each other", (gpu) => {
    const size = [4, 4] as const;
    const attempt = (enlarged: number, cropped: number) => () =>
      pasteMasks(gpu, gpu.empty([1, 4, 4]), {
        ...{ enlarged: [16, enlarged], cropped: [16, cropped], size, threshold: 0.5 },
      });
    const message = (numbers: string) => ({
      name: "RangeError",
      message: "pasteMasks: sizes must be whole numbers with logits ≤ enlarged ≥ cropped, " +
        `got ${numbers} for the picture`,
    });
    assert.throws(attempt(3, 3), message("4, 3, 3, and 4"));
    assert.throws(attempt(8, 9), message("4, 8, 9, and 4"));
    assert.throws(attempt(8, 0), message("4, 8, 0, and 4"));
  });
});
