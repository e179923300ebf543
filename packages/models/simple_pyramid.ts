import { formatShape, ShapeError, type Tensor } from "@fiedler/gpu";
import type { GroupNormWeights } from "@fiedler/kernels";
import type { ConvParameters, Layers } from "./layers.ts";
import { constant, makeConv, makeNorm, type MakeParameter, normal, uniform } from "./parameters.ts";

/** Of the finest level. */
const FINEST = 4;
/** Of weights in front of a norm, which takes their scale away: small ones turn faster. */
const DEVIATION = 0.01;
/** Strides of a map that such a pyramid is made of. */
const STRIDES = [4, 8, 16];

/** Sizes of a simple feature pyramid. */
export interface SimplePyramidConfig {
  /** Pixels from one element of the backbone's map to the next: 4, 8 or 16. */
  readonly stride: number;
  /** Channels of the backbone's map; a multiple of 4. */
  readonly input: number;
  /** Channels of every level; a multiple of 4 and of `groups`. */
  readonly channels: number;
  /** Levels, of strides 4, 8, 16, … */
  readonly levels: number;
  /** Groups of the group norms. */
  readonly groups: number;
  /** Whether each level ends in a 3 × 3 convolution. Default: all of them. */
  readonly smooth?: readonly boolean[];
}

/** A transposed convolution and its norm. */
export interface Enlargement {
  /** `[2, 2, channels of the output, channels of the input]` f32. */
  readonly weight: Tensor;
  /** Of its output. */
  readonly norm: GroupNormWeights;
}

/** Weights of a simple feature pyramid. */
export interface SimplePyramidWeights {
  /** From the backbone's map up to stride 4, in the order in which they are applied. */
  readonly enlargements: readonly Enlargement[];
  /** 1 × 1, to the pyramid's channels; finest level first. */
  readonly laterals: readonly ConvParameters[];
  /** 3 × 3, behind them; null where a level has none. */
  readonly outputs: readonly (ConvParameters | null)[];
}

/**
 * Parameters of a simple feature pyramid: weights uniform in ±√(3 / inputs of a sum), biases zero, as
 * `fpnWeights`; those of the transposed convolutions normal with deviation 0.01, norms the identity.
 *
 * @throws {RangeError} for another stride than 4, 8 and 16, and sizes that do not fit each other.
 */
export function simplePyramidWeights(
  config: SimplePyramidConfig,
  make: MakeParameter,
): SimplePyramidWeights {
  expectConfig(config);
  const { stride, input, channels, levels, smooth } = config;
  const doublings = Math.log2(stride / FINEST);
  const enlargement = (i: number): Enlargement => {
    const from = i === 0 ? input : channels;
    const shape = [2, 2, channels, from];
    const start = normal(DEVIATION);
    const name = `pyramid.up${i}`;
    return {
      weight: make({ name: `${name}.conv.weight`, shape, used: shape, decays: true, start }),
      norm: makeNorm(make, `${name}.norm`, channels),
    };
  };
  const conv = (name: string, size: number, from: number) =>
    makeConv(make, {
      ...{ name, size, from, to: channels },
      weight: uniform(Math.sqrt(3 / (size ** 2 * from))),
      bias: constant(0),
    });
  const each = Array.from({ length: levels }, (_, i) => i);
  return {
    enlargements: Array.from({ length: doublings }, (_, i) => enlargement(i)),
    laterals: each.map((i) => conv(`pyramid.lateral${i + 2}`, 1, i < doublings ? channels : input)),
    outputs: each.map((i) =>
      smooth?.[i] === false ? null : conv(`pyramid.output${i + 2}`, 3, channels)
    ),
  };
}

/**
 * A feature pyramid from the one map of a transformer: transposed 2 × 2 convolutions with group norm
 * and ReLU upwards to stride 4, the map itself, means of 2 × 2 downwards; then for each level a
 * 1 × 1 and, where it is to be smooth, a 3 × 3 convolution.
 *
 * Source: Li et al. 2022 (ViTDet), arXiv 2203.16527, §3, with departures. The finer maps are steps
 * of one chain with the pyramid's channels, each with a norm; there each level has a chain of its
 * own, of half the channels a step, and the norm and a GELU stand between steps alone. Coarser maps
 * are means, not maxima, and the last level is made like the others. The 1 × 1 and 3 × 3
 * convolutions have biases in place of norms, as in our `fpn`.
 *
 * @param map of the backbone, `[images, rows, columns, input]` f32.
 * @returns levels of strides 4, 8, 16, …, `[images, rows, columns, channels]` f32, each half of the
 *   one before, rounded up; linear between the centres of pixels where it is rounded.
 * @throws {ShapeError} when the map has another number of channels.
 */
export function simplePyramid(
  layers: Layers,
  map: Tensor,
  { enlargements, laterals, outputs }: SimplePyramidWeights,
  { input, levels, groups }: SimplePyramidConfig,
): Tensor[] {
  if (map.shape.length !== 4 || map.shape[3] !== input) {
    throw new ShapeError(
      `simplePyramid: map must be [images, rows, columns, ${input}], got ${formatShape(map.shape)}`,
    );
  }
  return layers.scope(() => {
    const maps = [map];
    for (const { weight, norm } of enlargements) {
      const finest = maps[0];
      maps.unshift(
        layers.scope(() => layers.groupNormRelu(layers.deconv(finest, weight), norm, groups)),
      );
    }
    while (maps.length < levels) maps.push(halved(layers, maps[maps.length - 1]));
    return laterals.map((lateral, i) =>
      layers.scope(() => {
        const level = layers.conv(maps[i], lateral);
        const output = outputs[i];
        return output ? layers.conv(level, output, { padding: 1 }) : level;
      })
    );
  });
}

/** Linear between the centres of pixels is the mean of 2 × 2 where a side is even. */
function halved(layers: Layers, x: Tensor): Tensor {
  const [, rows, columns] = x.shape;
  return layers.resizeBilinear(x, [Math.ceil(rows / 2), Math.ceil(columns / 2)]);
}

/** Refuses sizes that no pyramid can have. */
function expectConfig(config: SimplePyramidConfig): void {
  const { stride, input, channels, levels, groups, smooth } = config;
  if (!STRIDES.includes(stride)) {
    throw new RangeError(
      `simplePyramid: the backbone's map must have stride 4, 8 or 16, got ${stride}`,
    );
  }
  for (const [name, value] of Object.entries({ input, channels, levels, groups })) {
    if (Number.isInteger(value) && value >= 1) continue;
    throw new RangeError(`simplePyramid: ${name} must be a whole number from 1 on, got ${value}`);
  }
  for (const [name, value] of Object.entries({ input, channels })) {
    if (value % 4 === 0) continue;
    throw new RangeError(`simplePyramid: ${name} must be a multiple of 4, got ${value}`);
  }
  if (smooth && smooth.length !== levels) {
    throw new RangeError(
      `simplePyramid: smooth must be as many as the ${levels} levels, got ${smooth.length}`,
    );
  }
  if (channels % groups === 0) return;
  throw new RangeError(
    `simplePyramid: channels must be a multiple of the ${groups} groups, got ${channels}`,
  );
}
