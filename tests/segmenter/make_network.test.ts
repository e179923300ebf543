import assert from "node:assert/strict";
import type { Gpu } from "@fiedler/gpu";
import { inferenceLayers, startParameters } from "@fiedler/models";
import {
  differencesOf,
  FULL_SEGMENTER,
  makeNetwork,
  type MapSource,
  networkFlops,
  networkPlans,
  type SegmenterConfig,
} from "@fiedler/segmenter";
import { conformance } from "../support/conformance.ts";
import { FIVE_LEVELS } from "../support/five_levels.ts";

type Maps = Pick<MapSource, "strides" | "channels">;

const RESNET: Maps = { strides: [4, 8, 16, 32], channels: [256, 512, 1024, 2048] };
const NARROW: Maps = { strides: [4, 8, 16, 32], channels: [8, 12, 16, 20] };
const VIT: Maps = { strides: [8], channels: [16] };

/** The configuration with so many levels. */
const withLevels = (config: SegmenterConfig, levels: number): SegmenterConfig => ({
  ...config,
  heads: { ...config.heads, grids: [16, 12, 8, 6, 4, 3].slice(0, levels) },
  scaleRanges: Array.from({ length: levels }, () => [1, 2048] as const),
  smooth: Array.from({ length: levels }, () => true),
});

/** What a network of new parameters says of maps of zeros. */
function run(gpu: Gpu, config: SegmenterConfig, source: Maps, [height, width]: [number, number]) {
  const network = makeNetwork(config, source, startParameters(gpu, 0));
  const maps = source.strides.map((stride, i) =>
    gpu.zeros([2, height / stride, width / stride, source.channels[i]])
  );
  return { network, out: network.forward(inferenceLayers(gpu), maps) };
}

conformance("makeNetwork()", (test) => {
  const sources = { "four maps": NARROW, "one map": VIT };
  for (const [what, source] of Object.entries(sources)) {
    for (const levels of [2, 3, 4, 5]) {
      test(`on ${what} with ${levels} levels has outputs of its sizes`, (gpu) => {
        const config = withLevels(FIVE_LEVELS, levels);
        const { grids, maskChannels } = config.heads;
        const { network, out } = run(gpu, config, source, [64, 96]);
        assert.equal(64 % network.multiple, 0);
        assert.deepEqual(out.categories.map(({ shape }) => shape), grids.map((g) => [1, 2, g, g]));
        const kernels = grids.map((g) => [2, g, g, maskChannels]);
        assert.deepEqual(out.kernels.map(({ shape }) => shape), kernels);
        assert.deepEqual(out.features.shape, [2, 16, 24, maskChannels]);
        const names = network.parameters.map(({ plan }) => plan.name);
        assert.equal(new Set(names).size, names.length);
        assert.deepEqual(networkPlans(config, source).map(({ name }) => name), names);
        for (const { plan, tensor } of network.parameters) {
          assert.deepEqual(tensor.shape, plan.shape);
        }
      });
    }
  }

  test("pads to what its maps and levels need", (gpu) => {
    const multiple = (levels: number, source: Maps) =>
      makeNetwork(withLevels(FIVE_LEVELS, levels), source, ({ shape }) => gpu.empty(shape))
        .multiple;
    assert.equal(multiple(5, NARROW), 32);
    assert.equal(multiple(2, NARROW), 32);
    // Levels of strides 4 to 32 are whole, the last one is rounded up.
    assert.equal(multiple(5, VIT), 32);
    assert.equal(multiple(3, VIT), 8);
    assert.equal(multiple(2, { strides: [16], channels: [8] }), 16);
    assert.equal(multiple(6, VIT), 64);
  });
});

Deno.test("makeNetwork() refuses maps and configurations that do not fit", () => {
  const refusal = (config: unknown, source: Maps, message: string) =>
    assert.throws(() => networkPlans(config as SegmenterConfig, source), {
      name: "RangeError",
      message,
    });
  const { heads } = FIVE_LEVELS;
  refusal(
    FIVE_LEVELS,
    { strides: [14], channels: [384] },
    "simplePyramid: the backbone's map must have stride 4, 8 or 16, got 14",
  );
  refusal(
    FIVE_LEVELS,
    { strides: [8, 16], channels: [4, 4] },
    "makeNetwork: maps must have strides 4, 8, 16, …, or be a single one, got 8, 16",
  );
  refusal(
    FIVE_LEVELS,
    { strides: [], channels: [] },
    "makeNetwork: maps must have strides 4, 8, 16, …, or be a single one, got none",
  );
  refusal(
    withLevels(FIVE_LEVELS, 6),
    NARROW,
    "fpn: levels must be from 1 to 5 for 4 maps, got 6",
  );
  refusal(
    { ...FIVE_LEVELS, scaleRanges: [[1, 16]], heads: { ...heads, grids: [4, 2] } },
    VIT,
    "makeNetwork: scaleRanges must be as many as the 2 grids, got 1; " +
      "smooth must be as many as the 2 grids, got 5",
  );
  refusal(
    { ...FIVE_LEVELS, shortSide: 600, scaleRanges: [] },
    VIT,
    "makeNetwork: scaleRanges must be as many as the 5 grids, got 0; " +
      "longest must not be below the shortSide of 600, got 512",
  );
  refusal(
    { ...FIVE_LEVELS, longest: Infinity, scaleRanges: [[16, 1]], colour: true },
    VIT,
    "makeNetwork: scaleRanges must be pairs of numbers from 0 on, the smaller one first, got " +
      "[[16,1]]; longest must be a whole number from 1 to 65536, got null; colour is unknown",
  );
  refusal(
    null,
    VIT,
    "makeNetwork: " + [
      ...["heads.categories", "heads.channels", "heads.grids", "heads.width", "heads.convs"],
      ...["heads.groups", "heads.maskWidth", "heads.maskChannels", "heads.prior", "scaleRanges"],
      ...["smooth", "features.facet", "features.layer", "shortSide", "longest"],
    ].map((path) => `${path} is missing`).join("; ") + "; null is unknown",
  );
});

Deno.test("networkFlops() counts what the published network takes", () => {
  // Multiply-adds at 800 × 1344, in 1e9: laterals 8.3, outputs 52.6, the heads of 3872 cells 68.6,
  // mask features 34.1.
  const flops = networkFlops(FULL_SEGMENTER, RESNET, [800, 1344]);
  assert.ok(Math.abs(flops / 2e9 - (8.3 + 52.6 + 68.6 + 34.1)) < 0.2, `${flops / 2e9}`);
});

Deno.test("networkFlops() counts the pyramid of one map", () => {
  const config: SegmenterConfig = {
    ...withLevels(FIVE_LEVELS, 2),
    heads: {
      ...{ categories: 4, channels: 8, grids: [2, 1], width: 12, convs: 1, groups: 4 },
      ...{ maskWidth: 16, maskChannels: 20, prior: 0.01 },
    },
  };
  const size = [16, 32] as const;
  const pyramid = 2 * 4 * 16 * 4 * 8 + // 2 × 4 pixels, each to 2 × 2
    4 * 8 * (8 * 8 + 9 * 8 * 8) + // 1 × 1 and 3 × 3 at stride 4
    2 * 4 * (16 * 8 + 9 * 8 * 8); // and at stride 8
  const cells = 5 * 9 * (12 * 12 + 12 * 20 + 8 * 12 + 12 * 4); // kernels see four more channels
  const masks = 4 * 8 * (9 * 8 * 16 + 16 * 20);
  assert.equal(networkFlops(config, VIT, size), 2 * (pyramid + cells + masks));
});

Deno.test("differencesOf() names every field that differs", () => {
  assert.deepEqual(differencesOf(FULL_SEGMENTER, structuredClone(FULL_SEGMENTER)), []);
  const grids = Array.from({ length: 40 }, (_, i) => i + 1);
  const a = { ...FIVE_LEVELS, heads: { ...FIVE_LEVELS.heads, grids } };
  const b = {
    ...FIVE_LEVELS,
    heads: { ...FIVE_LEVELS.heads, grids: [...grids.slice(0, -1), 41], width: 32 },
    features: { facet: "token", layer: -1 } as const,
  };
  // Lists that differ only where they are no longer shown differ all the same.
  const shown = `${JSON.stringify(grids).slice(0, 80)}…`;
  assert.deepEqual(differencesOf(a, b), [
    `heads.grids: ${shown} and ${shown}`,
    "heads.width: 64 and 32",
    'features.facet: "key" and "token"',
  ]);
});
