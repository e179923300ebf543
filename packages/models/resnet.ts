import { type Gpu, reshape, type Tensor } from "@fiedler/gpu";
import { conv2d, type ConvWeights, maxPool, normalisePictures } from "@fiedler/kernels";
import type { Grid } from "./backbone.ts";

/** What the parameters of a residual network fix (He et al. 2016, arXiv 1512.03385, Table 1). */
export interface ResNetShape {
  /** Channels behind the 7 × 7 convolution. */
  readonly stem: number;
  /** Bottleneck blocks of each of the four layers: 3, 4, 23, 3 of ResNet-101. */
  readonly blocks: readonly number[];
  /** Channels of the 3 × 3 convolutions of each layer. */
  readonly widths: readonly number[];
  /** Channels that each layer puts out; those of the last are the width of a feature. */
  readonly channels: readonly number[];
}

/** Shape of a residual network, and how it is applied to pictures. */
export interface ResNetConfig extends ResNetShape {
  /**
   * Whether the stride of the last layer is replaced by dilation, which doubles the grid of
   * features on each axis: as Deep Spectral Methods and LOST do.
   */
  readonly dilateLayer4: boolean;
  /**
   * Whether layers reduce their input at the first convolution of a block, as in the weights that
   * He et al. published, and not at the 3 × 3, as in torchvision's. Default `false`.
   */
  readonly strideFirst?: boolean;
  /** How many times pictures are enlarged first, linearly. */
  readonly enlarge: 1 | 2;
  /** Of the input: red, green, blue, for values in 0 … 1. */
  readonly mean: readonly number[];
  /** What the input less its mean is divided by: red, green, blue. */
  readonly std: readonly number[];
}

/** One bottleneck block; batch norms are folded into the convolutions before them. */
export interface BottleneckWeights {
  /** 1 × 1, to the layer's width. */
  readonly conv1: ConvWeights;
  /** 3 × 3, with the block's stride or dilation. */
  readonly conv2: ConvWeights;
  /** 1 × 1, to the layer's channels. */
  readonly conv3: ConvWeights;
  /** 1 × 1 with the block's stride, where its input and output differ; else null. */
  readonly shortcut: ConvWeights | null;
}

/** All weights of a residual network, on the GPU. */
export interface ResNetWeights {
  /** 7 × 7, of red, green, blue and a channel of zeros. */
  readonly stem: ConvWeights;
  /** Every block, first to last. */
  readonly blocks: readonly BottleneckWeights[];
}

/** A model ready to run. */
export interface ResNet {
  /** Its shape and the statistics of its input. */
  readonly config: ResNetConfig;
  /** Its parameters, which its owner frees. */
  readonly weights: ResNetWeights;
}

/**
 * Features of pictures of one size: the output of the last layer behind its ReLU, as it is.
 *
 * @param rgb `[images, words]` u32: bytes of `[rows × patch, columns × patch, 3]`, each image padded
 *   to words; for patch see {@linkcode resnetPatch}.
 * @param grid `[rows, columns]` of features.
 * @returns `[images, rows × columns, channels of the last layer]` f32.
 * @throws {ShapeError} when pictures do not fit the grid.
 */
export function resnetFeatures(
  gpu: Gpu,
  resnet: ResNet,
  rgb: Tensor<"u32">,
  [rows, columns]: Grid,
): Tensor {
  const { blocks, channels } = resnet.config;
  const patch = resnetPatch(resnet.config);
  return gpu.scope(() => {
    let x = stem(gpu, resnet, rgb, [rows * patch, columns * patch]);
    blocks.forEach((_, layer) => x = replace(gpu, x, (x) => layerOf(gpu, x, resnet, layer)));
    return reshape(x, [x.shape[0], rows * columns, channels.at(-1)!]);
  });
}

/**
 * Bytes red, green, blue that networks take for nothing: next to ImageNet's mean, which their input
 * is normalised by, so that at most 0.009 is left of them. What pictures are padded with.
 */
export const PADDING_RGB: readonly [number, number, number] = [124, 116, 104];

/**
 * The outputs of all layers behind their ReLUs, c2 to c5, for a feature pyramid: neither dilated nor
 * enlarged, whatever the configuration says.
 *
 * @param rgb `[images, words]` u32: bytes of `[height, width, 3]`, each image padded to words. What
 *   lies beyond a picture inside of `size` is best of {@linkcode PADDING_RGB}.
 * @param size `[height, width]` in pixels, multiples of 32.
 * @returns `[images, height / stride, width / stride, channels]` f32 each, of strides 4, 8, 16, 32.
 * @throws {ShapeError} when pictures do not have the size.
 * @throws {RangeError} when the size is not of multiples of 32.
 */
export function resnetMaps(
  gpu: Gpu,
  { config, weights }: ResNet,
  rgb: Tensor<"u32">,
  size: readonly [height: number, width: number],
): Tensor[] {
  if (!size.every((side) => Number.isInteger(side) && side >= 32 && side % 32 === 0)) {
    throw new RangeError(`resnetMaps: size must be of multiples of 32 pixels, got ${size}`);
  }
  const resnet = { config: plain(config), weights };
  return gpu.scope(() => {
    let x = stem(gpu, resnet, rgb, size);
    return config.blocks.map((_, layer) => x = layerOf(gpu, x, resnet, layer));
  });
}

/** The network without what keeps its last map large. */
const plain = (config: ResNetConfig): ResNetConfig => ({
  ...config,
  dilateLayer4: false,
  enlarge: 1,
});

/** What becomes of a tensor that nobody needs afterwards. */
function replace(gpu: Gpu, x: Tensor, body: (x: Tensor) => Tensor): Tensor {
  const y = gpu.scope(() => body(x));
  gpu.free(x);
  return y;
}

/** What stands before the first block, at a quarter of each side. */
function stem(
  gpu: Gpu,
  { config: { mean, std, enlarge }, weights }: ResNet,
  rgb: Tensor<"u32">,
  size: readonly [height: number, width: number],
): Tensor {
  return gpu.scope(() => {
    const pixels = normalisePictures(gpu, rgb, { size, mean, std, enlarge });
    const x = replace(
      gpu,
      pixels,
      (x) => conv2d(gpu, x, weights.stem, { stride: 2, padding: 3, relu: true }),
    );
    return maxPool(gpu, x, { size: 3, stride: 2, padding: 1 });
  });
}

/** All blocks of a layer; keeps `x`. */
function layerOf(gpu: Gpu, x: Tensor, { config, weights }: ResNet, layer: number): Tensor {
  const blocks = resnetBlocks(config).flatMap((block, i) =>
    block.layer === layer ? [(x: Tensor) => bottleneck(gpu, x, weights.blocks[i], block)] : []
  );
  const [first, ...others] = blocks;
  return gpu.scope(() =>
    others.reduce((x, block) => replace(gpu, x, block), gpu.scope(() => first(x)))
  );
}

/** x + three convolutions, rectified: He et al. 2016, Figure 5; the stride at the 3 × 3 or first. */
function bottleneck(
  gpu: Gpu,
  x: Tensor,
  { conv1, conv2, conv3, shortcut }: BottleneckWeights,
  { stride, strideFirst, dilation }: ResNetBlock,
): Tensor {
  const [first, second] = strideFirst ? [stride, 1] : [1, stride];
  const narrow = conv2d(gpu, x, conv1, { stride: first, relu: true });
  const around = { stride: second, dilation, padding: dilation };
  const mixed = conv2d(gpu, narrow, conv2, { ...around, relu: true });
  const residual = shortcut ? conv2d(gpu, x, shortcut, { stride }) : x;
  return conv2d(gpu, mixed, conv3, { residual, relu: true });
}

/** Where a block stands and what it does. */
export interface ResNetBlock {
  /** From 0. */
  readonly layer: number;
  /** In its layer, from 0. */
  readonly index: number;
  /** Channels of its input. */
  readonly from: number;
  /** Channels of its 3 × 3 convolution. */
  readonly width: number;
  /** Channels of its output. */
  readonly to: number;
  /** Of the shortcut, and of the 3 × 3 convolution or the one before it. */
  readonly stride: number;
  /** Whether it is that of the one before. */
  readonly strideFirst: boolean;
  /** Of the 3 × 3 convolution. */
  readonly dilation: number;
  /** Whether its input passes a convolution before it is added. */
  readonly shortcut: boolean;
}

/**
 * The blocks of a network, first to last. As in torchvision, the first block of a dilated layer
 * keeps dilation 1: what it reads has not been widened yet.
 */
export function resnetBlocks(
  { stem, blocks, widths, channels, dilateLayer4 = false, strideFirst = false }:
    & ResNetShape
    & Partial<Pick<ResNetConfig, "dilateLayer4" | "strideFirst">>,
): ResNetBlock[] {
  return blocks.flatMap((count, layer) =>
    Array.from({ length: count }, (_, index): ResNetBlock => {
      const dilated = dilateLayer4 && layer === 3;
      const reduces = layer > 0 && index === 0;
      const from = index > 0 ? channels[layer] : layer > 0 ? channels[layer - 1] : stem;
      return {
        ...{ layer, index, from, width: widths[layer], to: channels[layer] },
        stride: reduces && !dilated ? 2 : 1,
        strideFirst,
        dilation: dilated && index > 0 ? 2 : 1,
        shortcut: reduces || from !== channels[layer],
      };
    })
  );
}

/** Side of the square of a picture's pixels that a feature stands for: 32, 16 or 8. */
export function resnetPatch(
  { dilateLayer4, enlarge }: Pick<ResNetConfig, "dilateLayer4" | "enlarge">,
): number {
  return (dilateLayer4 ? 16 : 32) / enlarge;
}

/** What one convolution of a network does to one picture. */
interface Step {
  readonly pixelsIn: number;
  readonly pixelsOut: number;
  readonly from: number;
  readonly to: number;
  readonly taps: number;
}

function steps(config: ResNetConfig, [rows, columns]: Grid): Step[] {
  let pixels = rows * columns * resnetPatch(config) ** 2 * config.enlarge ** 2;
  const stem = { pixelsIn: pixels, pixelsOut: pixels / 4, from: 3, to: config.stem, taps: 49 };
  pixels /= 16;
  return [
    stem,
    ...resnetBlocks(config).flatMap((block): Step[] => {
      const { from, width, to, stride, strideFirst, shortcut } = block;
      const [pixelsIn, pixelsOut] = [pixels, pixels / stride ** 2];
      const narrow = strideFirst ? pixelsOut : pixelsIn;
      pixels = pixelsOut;
      return [
        { pixelsIn, pixelsOut: narrow, from, to: width, taps: 1 },
        { pixelsIn: narrow, pixelsOut, from: width, to: width, taps: 9 },
        { pixelsIn: pixelsOut, pixelsOut, from: width, to, taps: 1 },
        ...(shortcut ? [{ pixelsIn, pixelsOut, from, to, taps: 1 }] : []),
      ];
    }),
  ];
}

/** Arithmetic of {@linkcode resnetMaps} for one picture, a multiply-add counted as two. */
export function resnetMapsFlops(
  config: ResNetConfig,
  [height, width]: readonly [height: number, width: number],
): number {
  return resnetFlops(plain(config), [height / 32, width / 32]);
}

/** Arithmetic of the convolutions for one picture, a multiply-add counted as two. */
export function resnetFlops(config: ResNetConfig, grid: Grid): number {
  return steps(config, grid)
    .reduce((sum, { pixelsOut, from, to, taps }) => sum + 2 * pixelsOut * from * to * taps, 0);
}

/** Bytes of the largest tensor that one picture takes. */
export function resnetLargestTensor(config: ResNetConfig, grid: Grid): number {
  const [{ pixelsIn }] = steps(config, grid); // as four f32
  return Math.max(16 * pixelsIn, ...steps(config, grid).map((s) => 4 * s.pixelsOut * s.to));
}
