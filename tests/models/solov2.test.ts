import assert from "node:assert/strict";
import { Gpu, type Tensor } from "@fiedler/gpu";
import {
  fpn,
  fpnWeights,
  inferenceLayers,
  type ParameterPlan,
  SOLOV2,
  solov2,
  type Solov2Config,
  solov2Weights,
  startParameters,
} from "@fiedler/models";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { FIVE_LEVEL_HEADS } from "../support/five_levels.ts";

const INPUTS = [8, 12, 16, 24];

/** Every parameter that `config` asks for, without a GPU. */
function plansOf(config: Solov2Config, inputs: readonly number[]): ParameterPlan[] {
  const plans: ParameterPlan[] = [];
  const note = (plan: ParameterPlan) => {
    plans.push(plan);
    return {} as Tensor;
  };
  fpnWeights({ inputs, channels: config.channels }, note);
  solov2Weights(config, note);
  return plans;
}

const planOf = (name: string) => plansOf(SOLOV2, INPUTS).find((plan) => plan.name === name)!;
const SOURCE = { seed: 1, stream: 2 };

Deno.test("SOLOV2 has as many parameters as the published network", () => {
  const plans = plansOf({ ...SOLOV2, categories: 2 }, [256, 512, 1024, 2048]);
  const count = (prefix: string) =>
    plans.filter(({ name }) => name.startsWith(prefix))
      .reduce((sum, { used }) => sum + used.reduce((a, b) => a * b), 0);
  // FreeSOLO's layers: convolutions of 9 or 1 taps, biases, and 2 parameters a channel of a norm.
  assert.equal(count("fpn."), (256 + 512 + 1024 + 2048 + 4 * 9 * 256) * 256 + 8 * 256);
  assert.equal(count("kernel.tower."), 9 * 512 * (258 + 3 * 512) + 4 * 2 * 512);
  assert.equal(count("category.tower."), 9 * 512 * (256 + 3 * 512) + 4 * 2 * 512);
  assert.equal(count("kernel.output."), 9 * 512 * 256 + 256);
  assert.equal(count("category.output."), 9 * 512 * 2 + 2);
  assert.equal(count("mask.level"), 9 * 128 * (3 * 256 + 258 + 3 * 128) + 7 * 2 * 128);
  assert.equal(count("mask.output."), 128 * 256 + 2 * 256);
  assert.equal(new Set(plans.map(({ name }) => name)).size, plans.length);
});

Deno.test("SOLOV2 starts with the published values", () => {
  const bias = planOf("category.output.bias").start(1, SOURCE);
  assert.ok(Math.abs(bias[0] + 4.59512) < 1e-5);
  const moments = (name: string) => {
    const values = planOf(name).start(100_000, SOURCE);
    const mean = values.reduce((a, b) => a + b) / values.length;
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
    return { mean, deviation: Math.sqrt(variance), largest: Math.max(...values.map(Math.abs)) };
  };
  // Of 100,000 draws, the mean is within 5 deviations / √100,000, the deviation within 1.2 %.
  const normal = moments("mask.level4.1.conv.weight");
  assert.ok(Math.abs(normal.mean) < 1.6e-4, `mean ${normal.mean}`);
  assert.ok(Math.abs(normal.deviation / 0.01 - 1) < 0.012, `deviation ${normal.deviation}`);
  const uniform = moments("fpn.output3.weight"); // of 9 · 256 inputs
  const bound = Math.sqrt(3 / (9 * 256));
  assert.ok(uniform.largest <= bound && uniform.largest > 0.99 * bound);
  assert.ok(Math.abs(uniform.deviation / Math.sqrt(1 / (9 * 256)) - 1) < 0.012);
  assert.equal(planOf("kernel.tower.0.norm.weight").start(1, SOURCE)[0], 1);
  const zeros = ["kernel.tower.0.norm.bias", "kernel.output.bias", "fpn.lateral2.bias"];
  for (const name of zeros) assert.equal(planOf(name).start(1, SOURCE)[0], 0, name);
});

Deno.test("weight decay spares the norms alone", () => {
  for (const { name, decays } of plansOf(FIVE_LEVEL_HEADS, INPUTS)) {
    assert.equal(decays, !name.includes(".norm."), name);
  }
});

Deno.test("solov2Weights() refuses sizes that do not fit", () => {
  const refusal = (change: Partial<Solov2Config>, message: string) =>
    assert.throws(() => plansOf({ ...FIVE_LEVEL_HEADS, ...change }, INPUTS), {
      name: "RangeError",
      message,
    });
  refusal({ convs: 0 }, "solov2: convs must be a whole number from 1 on, got 0");
  refusal({ grids: [4, 2.5] }, "solov2: grids must be a whole number from 1 on, got 2.5");
  refusal({ grids: [4] }, "solov2: at least 2 levels, got 1");
  refusal({ channels: 6 }, "solov2: channels must be a multiple of 4, got 6");
  refusal({ width: 60 }, "solov2: width must be a multiple of 4 and of its 8 groups, got 60");
  refusal({ prior: 1 }, "solov2: prior must lie between 0 and 1, got 1");
});

/** Maps of a backbone for two pictures of `size` pixels. */
const maps = (gpu: Gpu, [height, width]: readonly [number, number]) =>
  INPUTS.map((channels, i) => {
    const side = 2 ** (i + 2);
    return gpu.zeros([2, height / side, width / side, channels]);
  });

conformance("FIVE_LEVEL_HEADS", (test) => {
  test("gives categories, kernels and mask features of its sizes", async (gpu) => {
    const make = startParameters(gpu, 0);
    const pyramid = fpnWeights({ inputs: INPUTS, channels: FIVE_LEVEL_HEADS.channels }, make);
    const heads = solov2Weights(FIVE_LEVEL_HEADS, make);
    const layers = inferenceLayers(gpu);
    const out = layers.scope(() =>
      solov2(layers, fpn(layers, maps(gpu, [64, 96]), pyramid), heads, FIVE_LEVEL_HEADS)
    );
    const { grids, maskChannels } = FIVE_LEVEL_HEADS;
    assert.deepEqual(out.categories.map(({ shape }) => shape), grids.map((s) => [1, 2, s, s]));
    assert.deepEqual(
      out.kernels.map(({ shape }) => shape),
      grids.map((s) => [2, s, s, maskChannels]),
    );
    assert.deepEqual(out.features.shape, [2, 16, 24, maskChannels]);
    // Maps of zeros stay zero as far as the last bias, which is the prior: −ln 99.
    for (const logits of await gpu.readAll(out.categories)) {
      assertClose(logits, logits.map(() => -4.59512), { absolute: 1e-5 });
    }
  });

  test("starts from the same bytes with the same seed", async (gpu) => {
    const weightOf = (seed: number) =>
      solov2Weights(FIVE_LEVEL_HEADS, startParameters(gpu, seed)).kernelTower[0].conv.weight;
    const [a, b, c] = await gpu.readAll([weightOf(3), weightOf(3), weightOf(4)]);
    assertSame(a, b);
    assert.notDeepEqual(a, c);
    // Of [3, 3, 68, 64], x and y are the channels 64 and 65; nothing follows them.
    assert.ok(a.every((value, i) => (Math.floor(i / 64) % 68 < 66) === (value !== 0)));
  });

  test("refuses maps that are not half of each other", (gpu) => {
    const make = startParameters(gpu, 0);
    const weights = fpnWeights({ inputs: INPUTS, channels: 64 }, make);
    const layers = inferenceLayers(gpu);
    assert.throws(() => fpn(layers, [1, 2].map((n) => gpu.empty([1, n, n, 4])), weights), {
      name: "ShapeError",
      message: "fpn: maps must be 4 of [images, rows, columns, channels], each half of the one " +
        "before, got [1, 1, 1, 4], [1, 2, 2, 4]",
    });
    const heads = solov2Weights(FIVE_LEVEL_HEADS, make);
    assert.throws(() => solov2(layers, [], heads, FIVE_LEVEL_HEADS), {
      name: "ShapeError",
      message: "solov2: pyramid must be 5 of [images, rows, columns, channels], each half of the " +
        "one before, got none",
    });
  });
});

Deno.test("solov2() gives back what inference made on its way", async () => {
  const gpu = await Gpu.open(); // a pool that reuses, without poison
  const make = startParameters(gpu, 0);
  const pyramid = fpnWeights({ inputs: INPUTS, channels: FIVE_LEVEL_HEADS.channels }, make);
  const heads = solov2Weights(FIVE_LEVEL_HEADS, make);
  const layers = inferenceLayers(gpu);
  const levels = fpn(layers, maps(gpu, [64, 64]), pyramid);
  const before = gpu.memory.liveBytes;
  const { categories, kernels, features } = solov2(layers, levels, heads, FIVE_LEVEL_HEADS);
  const kept = [...categories, ...kernels, features];
  assert.equal(
    gpu.memory.liveBytes - before,
    kept.reduce((sum, { buffer }) => sum + buffer.size, 0),
  );
  await gpu.settle();
  gpu.close();
});
