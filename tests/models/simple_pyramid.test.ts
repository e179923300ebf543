import assert from "node:assert/strict";
import type { Gpu, Tensor } from "@fiedler/gpu";
import {
  fpn,
  type FpnConfig,
  fpnWeights,
  inferenceLayers,
  type ParameterPlan,
  simplePyramid,
  type SimplePyramidConfig,
  simplePyramidWeights,
  startParameters,
} from "@fiedler/models";
import { assertClose, conformance } from "../support/conformance.ts";
import { uniform } from "../support/random.ts";

const CONFIG: SimplePyramidConfig = { stride: 8, input: 12, channels: 8, levels: 5, groups: 2 };

/** The levels of a map, and the names of their parameters. */
function pyramidOf(gpu: Gpu, change: Partial<SimplePyramidConfig>, map: Tensor) {
  const config = { ...CONFIG, ...change };
  const names: string[] = [];
  const start = startParameters(gpu, 0);
  const weights = simplePyramidWeights(config, (plan) => {
    names.push(plan.name);
    return start(plan);
  });
  return { levels: simplePyramid(inferenceLayers(gpu), map, weights, config), names };
}

const sizesOf = (levels: readonly Tensor[]) => levels.map(({ shape }) => shape.slice(1, 3));

conformance("simplePyramid()", (test) => {
  const level = [[24, 40], [12, 20], [6, 10], [3, 5], [2, 3], [1, 2]];
  for (const [stride, rows, columns] of [[4, 24, 40], [8, 12, 20], [16, 6, 10]]) {
    for (const levels of [1, 2, 5, 6]) {
      test(`makes ${levels} levels from a map of stride ${stride}`, (gpu) => {
        const map = gpu.zeros([2, rows, columns, 12]);
        const made = pyramidOf(gpu, { stride, levels }, map);
        assert.deepEqual(sizesOf(made.levels), level.slice(0, levels));
        assert.ok(made.levels.every(({ shape }) => shape[0] === 2 && shape[3] === 8));
        const ups = made.names.filter((name) => name.endsWith("conv.weight"));
        assert.equal(ups.length, Math.log2(stride / 4));
        assert.equal(made.names.length, 3 * ups.length + 4 * levels);
      });
    }
  }

  test("halves a map to the means of 2 × 2", async (gpu) => {
    const values = uniform(4 * 4 * 4, { seed: 1 });
    const map = gpu.upload(values, [1, 4, 4, 4]);
    // Identities behind the map: 1 at the middle tap.
    const weights = simplePyramidWeights(
      { ...CONFIG, stride: 4, input: 4, channels: 4, levels: 2 },
      ({ shape }) => {
        const middle = shape.length < 4
          ? []
          : [...Array(4).keys()].map((c) => (Math.floor(shape[0] ** 2 / 2) * 4 + c) * 4 + c);
        const weight = new Float32Array(shape.reduce((a, b) => a * b));
        for (const at of middle) weight[at] = 1;
        return gpu.upload(weight, shape);
      },
    );
    const config = { ...CONFIG, stride: 4, input: 4, channels: 4, levels: 2 };
    const [same, half] = simplePyramid(inferenceLayers(gpu), map, weights, config);
    assert.deepEqual(await gpu.read(same), values);
    const means = Float32Array.from({ length: 16 }, (_, i) => {
      const [y, x, c] = [Math.floor(i / 8), Math.floor(i / 4) % 2, i % 4];
      const at = (dy: number, dx: number) => values[((2 * y + dy) * 4 + 2 * x + dx) * 4 + c];
      return (at(0, 0) + at(0, 1) + at(1, 0) + at(1, 1)) / 4;
    });
    assertClose(await gpu.read(half), means, { absolute: 2e-7 });
  });

  test("refuses another map", (gpu) => {
    assert.throws(() => pyramidOf(gpu, {}, gpu.empty([1, 2, 2, 16])), {
      name: "ShapeError",
      message: "simplePyramid: map must be [images, rows, columns, 12], got [1, 2, 2, 16]",
    });
  });

  test("gives back what inference made on its way", (gpu) => {
    const map = gpu.zeros([1, 4, 4, 12]);
    const start = startParameters(gpu, 0);
    const weights = simplePyramidWeights(CONFIG, start);
    const before = gpu.memory.liveBytes;
    const levels = simplePyramid(inferenceLayers(gpu), map, weights, CONFIG);
    gpu.free(...levels);
    assert.equal(gpu.memory.liveBytes, before);
  });
});

Deno.test("simplePyramidWeights() starts as the other pyramid, small before norms", () => {
  const plans: ParameterPlan[] = [];
  simplePyramidWeights({ ...CONFIG, stride: 16 }, (plan) => (plans.push(plan), {} as Tensor));
  const start = (name: string) =>
    plans.find((plan) => plan.name === name)!.start(10_000, { seed: 1, stream: 0 });
  const largest = (name: string) => Math.max(...start(name).map(Math.abs));
  for (
    const [name, inputs] of [
      ["pyramid.lateral2.weight", 8],
      ["pyramid.lateral4.weight", 12],
      ["pyramid.output4.weight", 9 * 8],
    ] as const
  ) {
    const bound = Math.sqrt(3 / inputs);
    assert.ok(largest(name) <= bound && largest(name) > 0.99 * bound, name);
  }
  for (const name of ["pyramid.up0.conv.weight", "pyramid.up1.conv.weight"]) {
    const squares = start(name).reduce((sum, value) => sum + value ** 2, 0);
    // The deviation of 10,000 numbers is off by less than 3 / √20,000.
    assert.ok(Math.abs(Math.sqrt(squares / 10_000) / 0.01 - 1) < 0.022, name);
  }
  assert.equal(largest("pyramid.up0.norm.weight"), 1);
  assert.equal(largest("pyramid.up0.norm.bias"), 0);
  assert.equal(largest("pyramid.lateral2.bias"), 0);
  for (const { name, decays } of plans) assert.equal(decays, !name.includes(".norm."), name);
});

Deno.test("simplePyramidWeights() refuses sizes that do not fit", () => {
  const refusal = (change: Partial<SimplePyramidConfig>, message: string) =>
    assert.throws(() => simplePyramidWeights({ ...CONFIG, ...change }, () => ({}) as Tensor), {
      name: "RangeError",
      message,
    });
  for (const stride of [14, 32, 2]) {
    refusal(
      { stride },
      `simplePyramid: the backbone's map must have stride 4, 8 or 16, got ${stride}`,
    );
  }
  refusal({ levels: 0 }, "simplePyramid: levels must be a whole number from 1 on, got 0");
  refusal({ input: 10 }, "simplePyramid: input must be a multiple of 4, got 10");
  refusal({ groups: 3 }, "simplePyramid: channels must be a multiple of the 3 groups, got 8");
});

const INPUTS = [4, 8, 12, 16];

conformance("fpn() of fewer levels", (test) => {
  const maps = (gpu: Gpu) =>
    INPUTS.map((channels, i) => {
      const [rows, columns] = [16 >> i, 24 >> i];
      const values = uniform(rows * columns * channels, { seed: i });
      return gpu.upload(values, [1, rows, columns, channels]);
    });
  const levelsOf = (gpu: Gpu, levels?: number) => {
    const layers = inferenceLayers(gpu);
    const start = startParameters(gpu, 0);
    // The same start for a name, whichever are made before it.
    const weights = fpnWeights({ inputs: INPUTS, channels: 8, levels }, (plan) => {
      const values = uniform(plan.shape.reduce((a, b) => a * b), { seed: plan.name.length });
      return plan.shape.length === 4 ? gpu.upload(values, plan.shape) : start(plan);
    });
    return fpn(layers, maps(gpu), weights);
  };

  for (const count of [1, 2, 3, 4, 5]) {
    test(`${count}: the finest of all`, async (gpu) => {
      const all = await gpu.readAll(levelsOf(gpu));
      const some = levelsOf(gpu, count);
      assert.equal(all.length, 5);
      assert.equal(some.length, count);
      assert.deepEqual(await gpu.readAll(some), all.slice(0, count));
    });
  }

  test("refuses more levels than can be made", () => {
    const refusal = (config: Partial<FpnConfig>, came: string) =>
      assert.throws(
        () => fpnWeights({ inputs: INPUTS, channels: 8, ...config }, () => ({}) as Tensor),
        { name: "RangeError", message: `fpn: levels must be from 1 to 5 for 4 maps, got ${came}` },
      );
    refusal({ levels: 6 }, "6");
    refusal({ levels: 0 }, "0");
    refusal({ levels: 2.5 }, "2.5");
  });
});
