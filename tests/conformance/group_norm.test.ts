import assert from "node:assert/strict";
import type { Gpu } from "@fiedler/gpu";
import { groupNorm, type GroupNormOptions } from "../../kernels/group_norm/group_norm.ts";
import { groupNormBackward } from "../../kernels/group_norm/group_norm_backward.ts";
import * as reference from "../../kernels/group_norm/reference.ts";
import { assertClose, assertSame, conformance, hostTest } from "../support/conformance.ts";
import { dot, finiteDifferences } from "../support/gradients.ts";
import { normal, uniform } from "../support/random.ts";

/** `[images, height, width, channels]` and groups. */
type Case = readonly [readonly [number, number, number, number], number];

function operands([[images, height, width, channels], groups]: Case) {
  const count = images * height * width * channels;
  return {
    x: normal(count, { seed: channels + height }),
    dOut: uniform(count, { seed: groups }),
    weight: uniform(channels, { seed: 3, low: 0.5, high: 1.5 }),
    bias: uniform(channels, { seed: 4 }),
    input: { images, pixels: height * width, channels, groups },
  };
}

type Operands = ReturnType<typeof operands>;

/** Both directions on the GPU. */
function run(gpu: Gpu, shape: readonly number[], data: Operands, options: GroupNormOptions) {
  const channels = data.input.channels;
  const x = gpu.upload(data.x, shape);
  const weights = {
    weight: gpu.upload(data.weight, [channels]),
    bias: gpu.upload(data.bias, [channels]),
  };
  const forward = groupNorm(gpu, x, weights, options);
  const record = { x, ...weights, mean: forward.mean, invStd: forward.invStd };
  const backward = groupNormBackward(gpu, gpu.upload(data.dOut, shape), record, options);
  return { x, weights, ...forward, ...backward };
}

// Groups of a channel, of half a quad, of a quad, of several, and all in one; quads that straddle
// groups; pixels on both sides of the 16 that an invocation maps and the 256 that it adds up;
// workgroups of 64 quads.
const CASES: Case[] = [
  [[1, 1, 1, 4], 1],
  [[2, 3, 5, 8], 2],
  [[1, 4, 4, 8], 8],
  [[2, 3, 3, 8], 4],
  [[1, 5, 3, 12], 4], // three channels a group
  [[3, 2, 7, 20], 2],
  [[2, 1, 17, 8], 2],
  [[1, 15, 17, 4], 1],
  [[1, 16, 16, 8], 2],
  [[2, 1, 257, 12], 3],
  [[1, 30, 40, 64], 32],
];

conformance("groupNorm()", (test) => {
  for (const [shape, groups] of CASES) {
    for (const relu of [false, true]) {
      test(`and its gradient agree with f64 on [${shape}], ${groups} groups${relu ? ", ReLU" : ""}`, async (gpu) => {
        const data = operands([shape, groups]);
        const input = { ...data.input, relu };
        const { out, mean, invStd, dx, dWeight, dBias } = run(gpu, shape, data, { groups, relu });
        const forward = reference.groupNorm(data, input);
        // Values up to about 4, after five roundings; sums in stages of at most 256 terms are off
        // by less than 256 · 2^-24 of the deviation.
        assertClose(await gpu.read(mean), forward.mean, { absolute: 1e-6 });
        assertClose(await gpu.read(invStd), forward.invStd, { relative: 3e-6 });
        assertClose(await gpu.read(out), forward.out, { relative: 1e-5 });

        const backward = reference.groupNormBackward(data.dOut, data, input);
        // In a group of few elements what is left of dx is a small difference: absolute.
        const scale = Math.max(...forward.invStd);
        assertClose(await gpu.read(dx), backward.dx, { absolute: 1e-5 * scale });
        const terms = input.images * input.pixels;
        const sums = { absolute: 1e-5 * Math.sqrt(terms) };
        assertClose(await gpu.read(dWeight), backward.dWeight, sums);
        assertClose(await gpu.read(dBias), backward.dBias, sums);
      });
    }
  }

  for (const offset of [100, 10_000]) {
    test(`keeps its digits where the mean is ${offset} deviations`, async (gpu) => {
      const shape = [1, 20, 30, 8] as const;
      const data = operands([shape, 2]);
      data.x.forEach((value, at) => data.x[at] = value + offset);
      const { out, dx, dWeight } = run(gpu, shape, data, { groups: 2 });
      const forward = reference.groupNorm(data, data.input);
      const backward = reference.groupNormBackward(data.dOut, data, data.input);
      // The mean itself is rounded by offset · 2^-24 deviations, and x was given exactly.
      const lost = 2 * offset * 2 ** -24;
      assertClose(await gpu.read(out), forward.out, { absolute: 4e-6 + lost });
      assertClose(await gpu.read(dx), backward.dx, { absolute: 1e-5 + lost });
      assertClose(await gpu.read(dWeight), backward.dWeight, { absolute: 3e-4 + 600 * lost });
    });
  }

  test("gives zeros, not NaN, where a group is constant", async (gpu) => {
    const data = operands([[1, 3, 3, 4], 1]);
    data.x.fill(7);
    const { out, dx } = run(gpu, [1, 3, 3, 4], data, { groups: 1 });
    const values = await gpu.read(out);
    assertSame(values, Float32Array.from(values, (_, at) => data.bias[at % 4]));
    const gradients = reference.groupNormBackward(data.dOut, data, data.input);
    // invStd is 1 / √1e-5 = 316.
    assertClose(await gpu.read(dx), gradients.dx, { absolute: 316 * 1e-5 });
  });

  test("treats the images of a batch as it treats them alone, bit for bit", async (gpu) => {
    const data = operands([[2, 17, 16, 8], 2]);
    const half = data.x.length / 2;
    const second = { ...data, x: data.x.slice(half), dOut: data.dOut.slice(half) };
    second.input = { ...data.input, images: 1 };
    const both = run(gpu, [2, 17, 16, 8], data, { groups: 2 });
    const single = run(gpu, [1, 17, 16, 8], second, { groups: 2 });
    for (const key of ["out", "dx"] as const) {
      const [pair, alone] = await gpu.readAll([both[key], single[key]]);
      assertSame(pair.subarray(half), alone);
    }
  });

  test("rejects groups that do not divide the channels, and other shapes", (gpu) => {
    const weights = { weight: gpu.empty([8]), bias: gpu.empty([8]) };
    const x = gpu.empty([1, 2, 2, 8]);
    const refused = (message: string, body: () => unknown) =>
      assert.throws(body, { name: "ShapeError", message });
    for (const groups of [3, 0, 1.5]) {
      refused(
        `groupNorm: groups must divide the 8 channels, got ${groups}`,
        () => groupNorm(gpu, x, weights, { groups }),
      );
    }
    refused(
      "groupNorm: weight must be [12], got [8]",
      () => groupNorm(gpu, gpu.empty([1, 2, 2, 12]), weights, { groups: 2 }),
    );
    refused(
      "groupNorm: x has no pixels: [1, 0, 2, 8]",
      () => groupNorm(gpu, gpu.empty([1, 0, 2, 8]), weights, { groups: 2 }),
    );
    const statistics = { mean: gpu.empty([1, 2]), invStd: gpu.empty([1, 4]) };
    refused(
      "groupNormBackward: invStd must be [1, 2], got [1, 4]",
      () => groupNormBackward(gpu, x, { x, ...weights, ...statistics }, { groups: 2 }),
    );
  });
});

// The reference itself, against differences of its f64 forward pass.
for (const relu of [false, true]) {
  hostTest(`group norm's reference gradients are slopes${relu ? ", ReLU" : ""}`, () => {
    const data = operands([[2, 2, 3, 12], 4]);
    const input = { ...data.input, relu };
    const loss = (replaced: Partial<reference.GroupNormOperands>) =>
      dot(reference.groupNorm({ ...data, ...replaced }, input).out, data.dOut);
    const { dx, dWeight, dBias } = reference.groupNormBackward(data.dOut, data, input);
    // Steps that no output crosses zero at.
    const { out } = reference.groupNorm(data, { ...input, relu: false });
    const step = 1e-5;
    assert.ok(out.every((value) => Math.abs(value) > 10 * step));
    const slopes = { relative: 1e-6 };
    assertClose(finiteDifferences((x) => loss({ x }), data.x, step), dx, slopes);
    assertClose(
      finiteDifferences((weight) => loss({ weight }), data.weight, step),
      dWeight,
      slopes,
    );
    assertClose(finiteDifferences((bias) => loss({ bias }), data.bias, step), dBias, slopes);
  });
}
