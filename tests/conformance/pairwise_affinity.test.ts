import assert from "node:assert/strict";
import type { Gpu } from "@fiedler/gpu";
import { NEIGHBOURS } from "../../kernels/colour_similarity/reference.ts";
import {
  pairCounts,
  pairWeights,
  pairwiseLoss,
  pairwiseLossBackward,
} from "../../kernels/pairwise_affinity/pairwise_loss.ts";
import * as reference from "../../kernels/pairwise_affinity/reference.ts";
import { projectMasks } from "../../kernels/projection_loss/projection_loss.ts";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { finiteDifferences } from "../support/gradients.ts";
import { packMaskBits } from "../support/mask_bits.ts";
import { integers, uniform } from "../support/random.ts";

interface Case {
  readonly height: number;
  readonly width: number;
  /** `[images, pixels]`: a byte of alike neighbours for each pixel. */
  readonly bytes: Uint8Array;
  /** `[masks, pixels]` of 0 and 1. */
  readonly masks: Uint8Array;
  readonly imageOf: readonly number[];
  readonly maskOf: readonly number[];
  readonly groupOf: readonly number[];
}

/** Two pictures, masks of a few pixels (the second one empty), entries of two groups. */
function makeCase(height: number, width: number, maskOf: readonly number[]): Case {
  const pixels = height * width;
  const bytes = Uint8Array.from(integers(2 * pixels, { seed: width, limit: 256 }), (byte, at) => {
    const [y, x] = [Math.floor(at % pixels / width), at % width];
    return NEIGHBOURS.reduce((found, [down, across], k) => {
      const inside = y + down >= 0 && y + down < height && x + across >= 0 && x + across < width;
      return inside ? found | (byte & (1 << k)) : found;
    }, 0);
  });
  const masks = Uint8Array.from(
    integers(3 * pixels, { seed: height, limit: 25 }),
    (value, at) => Math.floor(at / pixels) !== 1 && (value === 0 || pixels === 1) ? 1 : 0,
  );
  return {
    height,
    width,
    bytes,
    masks,
    imageOf: [0, 0, 1],
    maskOf,
    groupOf: maskOf.map((_, n) => n % 2),
  };
}

/** Bytes of each image padded to words. */
function packBytes({ bytes, height, width }: Case): Uint32Array<ArrayBuffer> {
  const pixels = height * width;
  const words = Math.ceil(pixels / 4);
  const packed = new Uint8Array(8 * words);
  for (const image of [0, 1]) {
    packed.set(bytes.subarray(image * pixels, (image + 1) * pixels), 4 * image * words);
  }
  return new Uint32Array(packed.buffer);
}

const FACTOR = 0.25;

async function compute(gpu: Gpu, values: Float32Array<ArrayBuffer>, given: Case) {
  const { height, width, masks, imageOf, maskOf, groupOf } = given;
  const packed = packMaskBits(masks, height * width);
  const bits = packBytes(given);
  const pairs = {
    bits: gpu.upload(bits, [2, bits.length / 2]),
    profiles: projectMasks(gpu, gpu.upload(packed, [3, packed.length / 3]), [height, width]),
    imageOf: gpu.upload(Uint32Array.from(imageOf), [3]),
  };
  const entries = maskOf.length;
  const masksOf = gpu.upload(Uint32Array.from(maskOf), [entries]);
  const counts = pairCounts(gpu, pairs, [height, width]);
  const weights = pairWeights(gpu, counts, {
    maskOf: masksOf,
    groupOf: gpu.upload(Uint32Array.from(groupOf), [entries]),
    factor: 1 / 2,
  });
  const logits = gpu.upload(values, [entries, height, width]);
  const entry = { maskOf: masksOf, weights };
  return await gpu.readAll([
    counts,
    weights,
    pairwiseLoss(gpu, logits, pairs, entry),
    pairwiseLossBackward(gpu, logits, pairs, entry, FACTOR),
  ]);
}

/** The same in f64. */
function expect(logits: ArrayLike<number>, given: Case) {
  const { height, width, bytes, masks, imageOf, maskOf, groupOf } = given;
  const pixels = height * width;
  const part = (array: ArrayLike<number>, at: number) =>
    Array.from({ length: pixels }, (_, i) => array[at * pixels + i]);
  const own = imageOf.map((image, mask) => ({
    bits: part(bytes, image),
    mask: part(masks, mask),
    height,
    width,
  }));
  const counts = own.map((entry) => reference.pairsOf(entry).length);
  const weights = groupOf.map((group) => {
    const members = maskOf.filter((_, n) => groupOf[n] === group);
    return 1 / 2 / Math.max(1, members.reduce((sum, mask) => sum + counts[mask], 0));
  });
  const losses = maskOf.map((mask, n) =>
    reference.pairwiseLoss({ ...own[mask], logits: part(logits, n) })
  );
  return {
    counts,
    weights,
    value: losses.reduce((sum, { value }, n) => sum + weights[n] * value, 0),
    dLogits: losses.flatMap(({ dLogits }, n) =>
      Array.from(dLogits, (d) => FACTOR * weights[n] * d)
    ),
  };
}

conformance("pairwiseLoss()", (test) => {
  // No pair at all; pixels and bytes that end within a word; below and above a workgroup of 256.
  const cases = [
    makeCase(1, 1, [0]),
    makeCase(7, 9, [2, 0, 0, 1]),
    makeCase(19, 30, [0, 2, 2, 1, 0]),
  ];
  for (const given of cases) {
    const { height, width, maskOf } = given;
    test(`agrees with f64 on ${maskOf.length} entries of ${height} × ${width}`, async (gpu) => {
      const logits = uniform(maskOf.length * height * width, { seed: 5, low: -6, high: 6 });
      const [counts, weights, value, dLogits] = await compute(gpu, logits, given);
      const expected = expect(logits, given);
      assertSame(counts, expected.counts);
      assertClose(weights, expected.weights, { relative: 2 ** -22 });
      // A mean of positive terms: some 40 roundings a lane, exp and log within 2^-21.
      assertClose(value, [expected.value], { absolute: 1e-5 });
      // Differences of σ lose up to 2^-23 each, 16 of them, before they are weighted.
      const largest = Math.max(...expected.weights) * FACTOR;
      assertClose(dLogits, expected.dLogits, { absolute: largest * 16 * 2 ** -21 });
    });
  }

  test("stays finite and right for saturated logits", async (gpu) => {
    const given = makeCase(6, 7, [0, 2]);
    const levels = [-80, -30, 0, 30, 80];
    const logits = Float32Array.from(integers(84, { seed: 8, limit: 5 }), (i) => levels[i]);
    const [, , value, dLogits] = await compute(gpu, logits, given);
    const expected = expect(logits, given);
    assert.ok(expected.value > 5, "opposite signs cost what separates them");
    assertClose(value, [expected.value], { relative: 1e-6 });
    assertClose(dLogits, expected.dLogits, { relative: 1e-6 });
  });

  test("costs ln 2 a pair at logits of 0, as at the start of training", async (gpu) => {
    const given = makeCase(9, 10, [0, 2]);
    const [, , value] = await compute(gpu, new Float32Array(180), given);
    // Two groups of factor 1 / 2, each a mean.
    assertClose(value, [Math.LN2], { relative: 2e-6 });
  });

  test("has a reference that finite differences confirm", () => {
    const { bytes, masks, height, width } = makeCase(6, 7, [0]);
    const entry = { bits: bytes, mask: masks, height, width };
    const logits = Float64Array.from(uniform(42, { seed: 6, low: -3, high: 3 }));
    const loss = (z: Float64Array) => reference.pairwiseLoss({ ...entry, logits: z }).value;
    const { dLogits } = reference.pairwiseLoss({ ...entry, logits });
    assertClose(dLogits, finiteDifferences(loss, logits), { absolute: 1e-7 });
    // And the closed form is the logarithm it stands for.
    const direct = reference.pairsOf(entry).reduce((sum, [i, j]) => {
      const [p, q] = [i, j].map((at) => 1 / (1 + Math.exp(-logits[at])));
      return sum - Math.log(p * q + (1 - p) * (1 - q));
    }, 0);
    assertClose([loss(logits)], [direct], { relative: 1e-12 });
  });

  test("of no entries is 0", async (gpu) => {
    const pairs = {
      bits: gpu.zeros([1, 8], "u32"),
      profiles: gpu.zeros([1, 2, 12]),
      imageOf: gpu.zeros([1], "u32"),
    };
    const given = { maskOf: gpu.empty([0], "u32"), weights: gpu.empty([0]) };
    const logits = gpu.empty([0, 4, 8]);
    assert.deepEqual(pairwiseLossBackward(gpu, logits, pairs, given).shape, [0, 4, 8]);
    assertSame(await gpu.read(pairwiseLoss(gpu, logits, pairs, given)), [0]);
  });

  test("refuses bits of another size", (gpu) => {
    const pairs = {
      bits: gpu.empty([1, 5], "u32"),
      profiles: gpu.empty([1, 2, 12]),
      imageOf: gpu.empty([1], "u32"),
    };
    assert.throws(() => pairCounts(gpu, pairs, [4, 8]), {
      message: "pairCounts: 4 × 8 pixels need 8 words of bits, got 5",
    });
  });

  test("refuses more entries than a loop may walk", (gpu) => {
    const counts = gpu.zeros([1], "u32");
    const maskOf = gpu.zeros([65536], "u32");
    assert.throws(() => pairWeights(gpu, counts, { maskOf, groupOf: maskOf, factor: 1 }), {
      name: "RangeError",
      message: "pairWeights: at most 65535 entries, got 65536",
    });
  });
});
