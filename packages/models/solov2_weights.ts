import { constant, makeConv, makeNorm, type MakeParameter, normal } from "./parameters.ts";
import type { NormedConv, Solov2Config, Solov2Weights } from "./solov2.ts";

/** x and y, behind the channels of what is told where it is. */
const COORDINATES = 2;
/** Deviation of the weights of all convolutions at the start. */
const DEVIATION = 0.01;

/**
 * Parameters of SOLOv2's heads: weights normal with deviation 0.01, biases zero, but that of the
 * categories, which says the prior: −ln((1 − prior) / prior), −4.595 of 0.01.
 *
 * Source: Wang et al. 2020 (SOLOv2), arXiv 2003.10152; the prior is Lin et al. 2017, 1708.02002, §3.3.
 *
 * @throws {RangeError} when sizes of the configuration do not fit each other.
 */
export function solov2Weights(config: Solov2Config, make: MakeParameter): Solov2Weights {
  expectConfig(config);
  const { channels, width, convs, maskWidth, maskChannels, categories, prior } = config;
  const normed = (name: string, from: number, to: number, size = 3): NormedConv => {
    const weight = normal(DEVIATION);
    return {
      conv: makeConv(make, { name: `${name}.conv`, size, from, to, weight, bias: null }),
      norm: makeNorm(make, `${name}.norm`, to),
    };
  };
  const tower = (name: string, from: number, to: number, count: number) =>
    Array.from({ length: count }, (_, i) => normed(`${name}.${i}`, i === 0 ? from : to, to));
  const output = (name: string, to: number, bias: number) => {
    const start = { weight: normal(DEVIATION), bias: constant(bias) };
    return makeConv(make, { name, size: 3, from: width, to, ...start });
  };
  const maps = config.grids.length - 1;
  return {
    kernelTower: tower("kernel.tower", channels + COORDINATES, width, convs),
    kernel: output("kernel.output", maskChannels, 0),
    categoryTower: tower("category.tower", channels, width, convs),
    category: output("category.output", categories, -Math.log((1 - prior) / prior)),
    masks: Array.from({ length: maps }, (_, i) => {
      const from = i > 0 && i === maps - 1 ? channels + COORDINATES : channels;
      return tower(`mask.level${i + 2}`, from, maskWidth, Math.max(i, 1));
    }),
    maskOutput: normed("mask.output", maskWidth, maskChannels, 1),
  };
}

/** Refuses sizes that no network can have. */
function expectConfig({ prior, grids, ...sizes }: Solov2Config): void {
  const whole = [...Object.entries(sizes), ...grids.map((grid) => ["grids", grid] as const)];
  for (const [name, value] of whole) {
    if (Number.isInteger(value) && value >= 1) continue;
    throw new RangeError(`solov2: ${name} must be a whole number from 1 on, got ${value}`);
  }
  if (grids.length < 2) throw new RangeError(`solov2: at least 2 levels, got ${grids.length}`);
  const { groups, channels, width, maskWidth, maskChannels } = sizes;
  for (const [name, value] of Object.entries({ channels, width, maskWidth, maskChannels })) {
    const divisor = name === "channels" ? 1 : groups;
    if (value % 4 === 0 && value % divisor === 0) continue;
    const wanted = divisor === 1 ? "4" : `4 and of its ${groups} groups`;
    throw new RangeError(`solov2: ${name} must be a multiple of ${wanted}, got ${value}`);
  }
  if (!(prior > 0 && prior < 1)) {
    throw new RangeError(`solov2: prior must lie between 0 and 1, got ${prior}`);
  }
}
