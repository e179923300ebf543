import type { Tensor } from "@fiedler/gpu";
import type { GroupNormWeights } from "@fiedler/kernels";
import { expectHalves } from "./fpn.ts";
import type { ConvParameters, Layers, MapSize } from "./layers.ts";

/** Sizes of SOLOv2's heads (Wang et al. 2020, arXiv 2003.10152). */
export interface Solov2Config {
  /** What a cell can be told apart as. Default of a class-agnostic segmenter: 1. */
  readonly categories: number;
  /** Channels of the feature pyramid; a multiple of 4. */
  readonly channels: number;
  /** Cells down and across of each level, finest first; as many as pyramid levels. */
  readonly grids: readonly number[];
  /** Channels of the towers over the cells; a multiple of 4. */
  readonly width: number;
  /** Convolutions of a tower. */
  readonly convs: number;
  /** Groups of all group norms; divides `width`, `maskWidth` and `maskChannels`. */
  readonly groups: number;
  /** Channels of the blocks of the mask features; a multiple of 4. */
  readonly maskWidth: number;
  /** Channels of the mask features, and length of a cell's kernel; a multiple of 4. */
  readonly maskChannels: number;
  /** Probability of an object that the category bias starts with. */
  readonly prior: number;
}

/** As published, for one category: FreeSOLO's shape without the column that it never uses. */
export const SOLOV2: Solov2Config = {
  categories: 1,
  channels: 256,
  grids: [40, 36, 24, 16, 12],
  width: 512,
  convs: 4,
  groups: 32,
  maskWidth: 128,
  maskChannels: 256,
  prior: 0.01,
};

/** For pictures of some 192 pixels: our choice. */
export const TINY_SOLOV2: Solov2Config = {
  categories: 1,
  channels: 16,
  grids: [12, 8, 4],
  width: 64,
  convs: 1,
  groups: 4,
  maskWidth: 16,
  maskChannels: 16,
  prior: 0.01,
};

/** A convolution without bias, group norm, ReLU. */
export interface NormedConv {
  /** 3 × 3, or 1 × 1 behind the sum of the mask features. */
  readonly conv: ConvParameters;
  /** Of its output. */
  readonly norm: GroupNormWeights;
}

/** All weights of the heads, shared by the levels. */
export interface Solov2Weights {
  /** Over the cells with their coordinates. */
  readonly kernelTower: readonly NormedConv[];
  /** 3 × 3, to the kernels. */
  readonly kernel: ConvParameters;
  /** Over the cells. */
  readonly categoryTower: readonly NormedConv[];
  /** 3 × 3, to the logits. */
  readonly category: ConvParameters;
  /** Blocks of each pyramid level but the last, finest first. */
  readonly masks: readonly (readonly NormedConv[])[];
  /** 1 × 1, behind their sum. */
  readonly maskOutput: NormedConv;
}

/** What the heads say of some pictures. */
export interface Solov2Output {
  /** Logits of each level, `[categories, images, grid, grid]` f32. */
  readonly categories: readonly Tensor[];
  /** Kernels of each level, `[images, grid, grid, maskChannels]` f32. */
  readonly kernels: readonly Tensor[];
  /**
   * Mask features at the size of the finest level, `[images, rows, columns, maskChannels]` f32, none
   * negative. The logits of a cell's mask are their products with its kernel.
   */
  readonly features: Tensor;
}

/**
 * The heads of SOLOv2: what each cell of each level shows, and the kernel that makes its mask of the
 * mask features.
 *
 * @param layers for inference, or on a tape.
 * @param pyramid p2 to p6, `[images, rows, columns, channels]` f32, each half of the one before,
 *   rounded up.
 * @throws {ShapeError} when a level is missing, or not half of the one before.
 */
export function solov2(
  layers: Layers,
  pyramid: readonly Tensor[],
  weights: Solov2Weights,
  config: Solov2Config,
): Solov2Output {
  const { grids, groups } = config;
  expectHalves("solov2: pyramid", pyramid, grids.length, Math.ceil);
  return layers.scope(() => {
    const heads = levelMaps(layers, pyramid).map((x, level) =>
      layers.scope(() => cellHeads(layers, x, weights, { ...config, grid: grids[level] }))
    );
    return {
      categories: heads.map(({ categories }) => categories),
      kernels: heads.map(({ kernels }) => kernels),
      features: maskFeatures(layers, pyramid.slice(0, -1), weights, groups),
    };
  });
}

/** The finest level at half its size, the coarsest at that of the level before it. */
function levelMaps(layers: Layers, pyramid: readonly Tensor[]): Tensor[] {
  const last = pyramid.length - 1;
  return pyramid.map((x, i) => {
    if (i === 0) return layers.resizeBilinear(x, sizeOf(pyramid[1]));
    return i === last ? layers.resizeBilinear(x, sizeOf(pyramid[i - 1])) : x;
  });
}

/** Category logits and kernels of the cells of one level. */
function cellHeads(
  layers: Layers,
  x: Tensor,
  weights: Solov2Weights,
  { grid, groups, categories }: Solov2Config & { readonly grid: number },
): { readonly categories: Tensor; readonly kernels: Tensor } {
  const cells = [grid, grid] as const;
  // Coordinates of the level's own pixels, resized with them.
  let placed = layers.resizeBilinear(layers.addCoordinates(x), cells);
  for (const block of weights.kernelTower) placed = normedConv(layers, placed, block, groups);
  let seen = layers.resizeBilinear(x, cells);
  for (const block of weights.categoryTower) seen = normedConv(layers, seen, block, groups);
  const logits = layers.conv(seen, weights.category, { padding: 1 });
  return {
    categories: layers.planes(logits, categories),
    kernels: layers.conv(placed, weights.kernel, { padding: 1 }),
  };
}

/** All levels brought to the size of the finest, added up, and mixed. */
function maskFeatures(
  layers: Layers,
  maps: readonly Tensor[],
  { masks, maskOutput }: Solov2Weights,
  groups: number,
): Tensor {
  const branch = (x: Tensor, level: number) =>
    layers.scope(() => {
      let y = level > 0 && level === maps.length - 1 ? layers.addCoordinates(x) : x;
      masks[level].forEach((block, i) => {
        y = layers.scope(() => {
          const z = normedConv(layers, y, block, groups);
          return level > 0 ? layers.resizeBilinear(z, sizeOf(maps[level - 1 - i])) : z;
        });
      });
      return y;
    });
  return layers.scope(() => {
    const sum = layers.scope(() => maps.map(branch).reduce((a, b) => layers.add(a, b)));
    return normedConv(layers, sum, maskOutput, groups); // [images, rows, columns, maskChannels]
  });
}

/** max(norm(convolution), 0), of the size of `x`. */
function normedConv(layers: Layers, x: Tensor, { conv, norm }: NormedConv, groups: number): Tensor {
  const padding = (conv.weight.shape[0] - 1) / 2;
  return layers.scope(() => layers.groupNormRelu(layers.conv(x, conv, { padding }), norm, groups));
}

/** `[rows, columns]` of a feature map. */
function sizeOf({ shape: [, rows, columns] }: Tensor): MapSize {
  return [rows, columns];
}
