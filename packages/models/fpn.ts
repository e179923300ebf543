import { formatShape, ShapeError, type Tensor } from "@fiedler/gpu";
import type { ConvParameters, Layers } from "./layers.ts";
import { constant, makeConv, type MakeParameter, uniform } from "./parameters.ts";

/** Widths of a feature pyramid. */
export interface FpnConfig {
  /** Channels of the backbone's maps, finest first: 256, 512, 1024, 2048 of a ResNet. */
  readonly inputs: readonly number[];
  /** Channels of every level; a multiple of 4. Lin et al. 2017: 256. */
  readonly channels: number;
  /** Of the pyramid, from 1 to one more than maps, the default. */
  readonly levels?: number;
}

/** Weights of a feature pyramid, finest level first. */
export interface FpnWeights {
  /** 1 × 1, to the pyramid's channels. */
  readonly laterals: readonly ConvParameters[];
  /** 3 × 3, behind the sums; not more than there are levels. */
  readonly outputs: readonly ConvParameters[];
  /** Whether a level follows that is made of the last one. */
  readonly subsampled: boolean;
}

/**
 * Parameters of a feature pyramid: weights uniform in ±√(3 / inputs of a sum), which keeps the
 * variance of what goes through them; biases zero. Detectron2's start of its FPN.
 *
 * @throws {RangeError} when there are more levels than maps and one, or none.
 */
export function fpnWeights(
  { inputs, channels, levels = inputs.length + 1 }: FpnConfig,
  make: MakeParameter,
): FpnWeights {
  if (!(Number.isInteger(levels) && levels >= 1 && levels <= inputs.length + 1)) {
    throw new RangeError(
      `fpn: levels must be from 1 to ${inputs.length + 1} for ${inputs.length} maps, got ${levels}`,
    );
  }
  const conv = (name: string, size: number, from: number) =>
    makeConv(make, {
      ...{ name, size, from, to: channels },
      weight: uniform(Math.sqrt(3 / (size ** 2 * from))),
      bias: constant(0),
    });
  return {
    laterals: inputs.map((from, i) => conv(`fpn.lateral${i + 2}`, 1, from)),
    outputs: inputs.slice(0, levels).map((_, i) => conv(`fpn.output${i + 2}`, 3, channels)),
    subsampled: levels > inputs.length,
  };
}

/**
 * A feature pyramid: from the coarsest map down, each level is a map of the backbone plus the level
 * above it, doubled; without norm or activation. One level more is every second pixel of the
 * coarsest. With fewer levels than maps the coarsest still come from above, but are not given out.
 *
 * Source: Lin et al. 2017 (FPN), arXiv 1612.03144, §3.
 *
 * @param maps of the backbone, finest first, each `[images, rows, columns, channels]` f32 and half
 *   as large as the one before.
 * @returns the levels, finest first: p2, p3, p4, p5, p6 of a ResNet.
 * @throws {ShapeError} when there are not as many maps as weights, or a map is not half of the last.
 */
export function fpn(
  layers: Layers,
  maps: readonly Tensor[],
  { laterals, outputs, subsampled }: FpnWeights,
): Tensor[] {
  expectHalves("fpn: maps", maps, laterals.length);
  const merge = (i: number, above: Tensor | null): Tensor =>
    layers.scope(() => {
      const residual = above ? layers.doubleNearest(above) : undefined;
      return layers.conv(maps[i], laterals[i], { residual });
    });
  return layers.scope(() => {
    const levels: Tensor[] = [];
    let above: Tensor | null = null;
    for (let i = maps.length - 1; i >= 0; i--) {
      above = merge(i, above);
      if (i < outputs.length) levels.unshift(layers.conv(above, outputs[i], { padding: 1 }));
    }
    return subsampled ? [...levels, layers.subsample(levels[levels.length - 1])] : levels;
  });
}

/** Checks that there are `count` maps, each half of the one before, rounded up. */
export function expectHalves(
  what: string,
  maps: readonly Tensor[],
  count: number,
  round: (half: number) => number = (half) => half,
): void {
  const fits = maps.length === count && maps.every(({ shape }, i) => {
    if (i === 0) return shape.length === 4;
    const [images, rows, columns] = maps[i - 1].shape;
    return shape.length === 4 && shape[0] === images && shape[1] === round(rows / 2) &&
      shape[2] === round(columns / 2);
  });
  if (fits) return;
  const came = maps.map(({ shape }) => formatShape(shape)).join(", ");
  throw new ShapeError(
    `${what} must be ${count} of [images, rows, columns, channels], each half of the one before, ` +
      `got ${came || "none"}`,
  );
}
