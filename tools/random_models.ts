/** Models of published shapes with random weights, for benchmarks: the arithmetic is the same. */
import type { Gpu, Tensor } from "@fiedler/gpu";
import { type ConvWeights, packHalves } from "@fiedler/kernels";
import {
  type Backbone,
  type BlockWeights,
  type LinearWeights,
  resnetBackbone,
  type Vit,
} from "@fiedler/models";
import { resnetBlocks } from "../packages/models/resnet.ts";

/** A tensor of numbers that only look random, the same each time. */
function random(gpu: Gpu, shape: readonly number[], scale = 1): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  let state = size >>> 0;
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 31 - 1;
  return gpu.upload(Float32Array.from({ length: size }, () => scale * next()), shape);
}

/**
 * A ViT of a published shape with random weights: the arithmetic is the same.
 *
 * @param weights what its matrices are kept in.
 */
export function randomVit(
  gpu: Gpu,
  dim: number,
  depth: number,
  heads: number,
  patch: number,
  weights: "f32" | "f16" = "f32",
): Vit {
  const matrix = (from: number, to: number) => {
    const kept = gpu.scope(() => {
      const full = random(gpu, [from, to], 1 / Math.sqrt(from));
      return weights === "f16" ? packHalves(gpu, full) : full;
    });
    gpu.flush(); // or what was packed would keep its memory until the first submit
    return kept;
  };
  const linear = (from: number, to: number): LinearWeights => ({
    weight: matrix(from, to),
    bias: random(gpu, [to]),
  });
  const norm = () => ({ weight: random(gpu, [dim]), bias: random(gpu, [dim]) });
  const block = (): BlockWeights => ({
    norm1: norm(),
    qkv: linear(dim, 3 * dim),
    qkvBias: { query: random(gpu, [dim]), key: random(gpu, [dim]), value: random(gpu, [dim]) },
    proj: linear(dim, dim),
    norm2: norm(),
    fc1: linear(dim, 4 * dim),
    fc2: linear(4 * dim, dim),
  });
  return {
    config: {
      ...{ dim, depth, heads, patch, classToken: true, epsilon: 1e-6 },
      positions: { kind: "span", span: 12, amplitude: 1 },
      mean: [0.5, 0.5, 0.5],
      std: [0.5, 0.5, 0.5],
    },
    weights: {
      patchEmbed: linear(3 * patch * patch, dim),
      classToken: random(gpu, [1, dim]),
      blocks: Array.from({ length: depth }, block),
    },
  };
}

/** ResNet-101 with random weights. */
export function randomResNet(gpu: Gpu): Backbone {
  const shape = {
    stem: 64,
    blocks: [3, 4, 23, 3],
    widths: [64, 128, 256, 512],
    channels: [256, 512, 1024, 2048],
  };
  const conv = (kernel: number, from: number, out: number): ConvWeights => ({
    weight: random(gpu, [kernel, kernel, from, out], 1 / Math.sqrt(kernel ** 2 * from)),
    bias: random(gpu, [out]),
  });
  const blocks = resnetBlocks(shape).map(({ from, width, to, shortcut }) => ({
    conv1: conv(1, from, width),
    conv2: conv(3, width, width),
    conv3: conv(1, width, to),
    shortcut: shortcut ? conv(1, from, to) : null,
  }));
  const statistics = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
  const config = { ...shape, ...statistics, dilateLayer4: false, enlarge: 1 as const };
  return resnetBackbone({ config, weights: { stem: conv(7, 4, 64), blocks } });
}
