import assert from "node:assert/strict";
import type { Gpu } from "@fiedler/gpu";
import { maskDice, maskDiceBackward } from "../../kernels/projection_loss/mask_dice.ts";
import {
  projectionLoss,
  projectionLossBackward,
  projectMasks,
} from "../../kernels/projection_loss/projection_loss.ts";
import * as reference from "../../kernels/projection_loss/reference.ts";
import type { MaskLossInput } from "../../kernels/projection_loss/reference.ts";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { finiteDifferences } from "../support/gradients.ts";
import { packMaskBits } from "../support/mask_bits.ts";
import { integers, uniform } from "../support/random.ts";

/** Random masks and weights; entries share masks, and not every mask has an entry. */
function makeInput(
  { entries, height, width }: { entries: number; height: number; width: number },
): MaskLossInput {
  const count = Math.max(2, entries);
  return {
    height,
    width,
    masks: integers(count * height * width, { seed: height, limit: 4 }).map((i) => i > 2 ? 1 : 0),
    maskOf: [...integers(entries, { seed: entries, limit: count })],
    weights: [...uniform(entries, { seed: width, low: 0.1, high: 1 })],
  };
}

function upload(gpu: Gpu, input: MaskLossInput) {
  const { masks, maskOf, weights, height, width } = input;
  const packed = packMaskBits(masks, height * width);
  const count = masks.length / height / width;
  return {
    masks: gpu.upload(packed, [count, packed.length / count]),
    given: {
      maskOf: gpu.upload(Uint32Array.from(maskOf), [maskOf.length]),
      weights: gpu.upload(Float32Array.from(weights), [weights.length]),
    },
  };
}

/** Both losses and both gradients, from the GPU. */
async function compute(gpu: Gpu, values: Float32Array<ArrayBuffer>, input: MaskLossInput) {
  const { masks, given } = upload(gpu, input);
  const logits = gpu.upload(values, [input.maskOf.length, input.height, input.width]);
  const targets = projectMasks(gpu, masks, [input.height, input.width]);
  const projected = projectionLoss(gpu, logits, targets, given, { maxFactor: 0.7, meanFactor: 2 });
  const dice = maskDice(gpu, logits, masks, given);
  return await gpu.readAll([
    projected.terms,
    projectionLossBackward(gpu, logits, projected),
    dice.term,
    maskDiceBackward(gpu, logits, masks, given, dice),
    projected.at,
  ]);
}

/** The gradient of 0.7 · terms[0] + 2 · terms[1]. */
const weighed = ([max, mean]: [Float64Array, Float64Array]) =>
  max.map((value, i) => 0.7 * value + 2 * mean[i]);

conformance("projectionLoss() and maskDice()", (test) => {
  // One pixel; sides and pixels below and above a workgroup of 64; words that end within a row.
  const cases = [
    { entries: 1, height: 1, width: 1 },
    { entries: 3, height: 7, width: 9 },
    { entries: 5, height: 33, width: 70 },
    { entries: 2, height: 64, width: 4 },
  ];
  for (const sizes of cases) {
    test(`agree with f64 on ${JSON.stringify(sizes)}`, async (gpu) => {
      const input = makeInput(sizes);
      const logits = uniform(sizes.entries * sizes.height * sizes.width, {
        seed: 9,
        low: -4,
        high: 4,
      });
      const [terms, dProjection, term, dDice] = await compute(gpu, logits, input);
      const projection = reference.projectionLoss(logits, input);
      const dice = reference.maskDice(logits, input);
      // Sums of up to 2310 positive terms, 10 a lane and a tree of 256, divided by each other: some
      // 30 roundings of 2^-24; exp of an adapter within 11 ulp. Weights add up to less than 5.
      assertClose(terms, projection.terms, { absolute: 1e-5 });
      assertClose(term, [dice.term], { absolute: 1e-5 });
      assertClose(dProjection, weighed(projection.gradients), { relative: 1e-5 });
      assertClose(dDice, dice.dLogits, { relative: 1e-5 });
    });
  }

  test("take the first of equal logits, in columns and rows", async (gpu) => {
    const input = makeInput({ entries: 1, height: 3, width: 4 });
    // Columns: (1 5 5) (5 0 5) (2 2 2) (0 0 7); rows begin 1 5 2 0, 5 0 2 0, 5 5 2 7.
    const logits = Float32Array.of(1, 5, 2, 0, 5, 0, 2, 0, 5, 5, 2, 7);
    const [terms, gradient, , , at] = await compute(gpu, logits, input);
    assertSame(at, [1, 0, 0, 2, 1, 0, 3]);
    const expected = reference.projectionLoss(logits, input);
    assertClose(terms, expected.terms, { absolute: 1e-6 });
    assertClose(gradient, weighed(expected.gradients), { relative: 1e-5 });
  });

  test("stay finite and right for saturated logits, empty and full masks", async (gpu) => {
    const [height, width] = [5, 8];
    const pixels = height * width;
    const input: MaskLossInput = {
      height,
      width,
      masks: Uint8Array.from({ length: 2 * pixels }, (_, i) => i < pixels ? 0 : 1),
      maskOf: [0, 1, 0, 1, 1],
      weights: [1, 1, 0.5, 0.5, 1],
    };
    // All at −80, all at 80, a mixture of ±30 and ±80 twice, and zeros.
    const mixed = (i: number) => [30, -30, 80, -80, 0][i * 7 % 5];
    const logits = Float32Array.from({ length: 5 * pixels }, (_, i) => {
      const n = Math.floor(i / pixels);
      return [-80, 80, mixed(i), mixed(i), 0][n];
    });
    const [terms, dProjection, term, dDice] = await compute(gpu, logits, input);
    const projection = reference.projectionLoss(logits, input);
    const dice = reference.maskDice(logits, input);
    assertClose(terms, projection.terms, { absolute: 5e-6 });
    assertClose(term, [dice.term], { absolute: 5e-6 });
    // U is 1e-5 or 2e-3 at its least, which multiplies errors of p that are below 1e-30 there.
    assertClose(dProjection, weighed(projection.gradients), { relative: 1e-5 });
    assertClose(dDice, dice.dLogits, { relative: 1e-5 });
  });

  test("have references that finite differences confirm", () => {
    const input = makeInput({ entries: 3, height: 4, width: 5 });
    // Drawn apart by far more than the step, so that no maximum moves.
    const logits = Float64Array.from(uniform(60, { seed: 3, low: -3, high: 3 }));
    const { gradients } = reference.projectionLoss(logits, input);
    for (const kind of [0, 1]) {
      const loss = (z: Float64Array) => reference.projectionLoss(z, input).terms[kind];
      assertClose(gradients[kind], finiteDifferences(loss, logits), { absolute: 1e-8 });
    }
    const loss = (z: Float64Array) => reference.maskDice(z, input).term;
    assertClose(reference.maskDice(logits, input).dLogits, finiteDifferences(loss, logits), {
      absolute: 1e-8,
    });
  });

  test("of no entries are 0", async (gpu) => {
    const logits = gpu.empty([0, 4, 8]);
    const given = { maskOf: gpu.empty([0], "u32"), weights: gpu.empty([0]) };
    const targets = gpu.zeros([1, 2, 12]);
    const projected = projectionLoss(gpu, logits, targets, given);
    const dice = maskDice(gpu, logits, gpu.zeros([1, 1], "u32"), given);
    const dLogits = projectionLossBackward(gpu, logits, projected);
    assert.deepEqual(dLogits.shape, [0, 4, 8]);
    const [terms, term] = await gpu.readAll([projected.terms, dice.term]);
    assertSame(terms, [0, 0]);
    assertSame(term, [0]);
  });

  test("refuse masks of another size", (gpu) => {
    const masks = gpu.empty([2, 3], "u32");
    assert.throws(() => projectMasks(gpu, masks, [5, 5]), {
      message: "projectMasks: 5 × 5 pixels need 1 words, got 3",
    });
    const given = { maskOf: gpu.empty([2], "u32"), weights: gpu.empty([1]) };
    assert.throws(() => maskDice(gpu, gpu.empty([2, 5, 5]), masks, given), {
      message: "maskDice: weights must be [2], got [1]",
    });
  });

  test("refuse what a forward pass of another size left", (gpu) => {
    const logits = gpu.empty([2, 5, 5]);
    const loss = {
      terms: gpu.empty([2]),
      at: gpu.empty([2, 10], "u32"),
      slopes: gpu.empty([2, 2, 9]),
    };
    assert.throws(() => projectionLossBackward(gpu, logits, loss), {
      message: "projectionLossBackward: slopes must be [2, 2, 10], got [2, 2, 9]",
    });
    const masks = gpu.empty([2, 1], "u32");
    const given = { maskOf: gpu.empty([2], "u32"), weights: gpu.empty([2]) };
    const dice = { term: gpu.empty([1]), slopes: gpu.empty([1, 2]) };
    assert.throws(() => maskDiceBackward(gpu, logits, masks, given, dice), {
      message: "maskDiceBackward: slopes must be [2, 2], got [1, 2]",
    });
  });
});

conformance("projectMasks()", (test) => {
  test("finds extent and shares", async (gpu) => {
    // .#..
    // .##.
    // ....
    const masks = gpu.upload(packMaskBits([0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0], 12), [1, 1]);
    const profiles = await gpu.read(projectMasks(gpu, masks, [3, 4]));
    const shares = [0, 2 / 3, 1 / 3, 0, 1 / 4, 2 / 4, 0];
    assertClose(profiles, [0, 1, 1, 0, 1, 1, 0, ...shares], { absolute: 2 ** -23 });
  });
});
