import type { Gpu } from "@fiedler/gpu";
import { centreRows, normals, patchStatistics, uniforms } from "@fiedler/kernels";
import type { Backbone } from "./backbone.ts";
import type { BlockWeights, LinearWeights, VitConfig } from "./vit.ts";
import { vitBackbone } from "./vit_backbone.ts";

/** The architecture of the embedded models, with the position rule of `mae-tiny`. */
export const TINY_VIT: VitConfig = {
  dim: 128,
  depth: 4,
  heads: 4,
  patch: 8,
  classToken: true,
  epsilon: 1e-6,
  positions: { kind: "span", span: 12, amplitude: 1 },
  mean: [0.5, 0.5, 0.5],
  std: [0.5, 0.5, 0.5],
};

/** Options of {@linkcode randomBackbone}. */
export interface RandomBackboneOptions {
  /** Default {@linkcode TINY_VIT}. */
  readonly config?: VitConfig;
  /** Of the weights. Default 0. */
  readonly seed?: number;
}

/** Deviation of timm's initial linear weights and of its class token. */
const DEVIATION = 0.02;
const CLASS_TOKEN_DEVIATION = 1e-6;

/**
 * A vision transformer that has learnt nothing: what its architecture and its positions find alone.
 *
 * Weights as timm starts a ViT: linear layers normal with deviation 0.02, the patch embedding
 * uniform in ±1/√inputs, biases zero but its own, layer norms the identity. timm cuts normals off
 * at 2, which is 100 deviations and changes nothing.
 *
 * @throws {RangeError} for a seed that is no whole number.
 */
export function randomBackbone(
  gpu: Gpu,
  { config = TINY_VIT, seed = 0 }: RandomBackboneOptions = {},
): Backbone {
  const { dim, patch, depth, classToken } = config;
  const inner = 3 * patch ** 2;
  let stream = 0; // each tensor has its own sequence
  const normal = (shape: readonly number[], deviation: number) => {
    const values = normals(shape.reduce((a, b) => a * b), { seed, stream: stream++ });
    return gpu.upload(values.map((value) => deviation * value), shape);
  };
  const uniform = (shape: readonly number[]) => {
    const values = uniforms(shape.reduce((a, b) => a * b), { seed, stream: stream++ });
    return gpu.upload(values.map((value) => (2 * value - 1) / Math.sqrt(inner)), shape);
  };
  const zeros = (size: number) => gpu.upload(new Float32Array(size), [size]);
  const linear = (from: number, to: number): LinearWeights => ({
    weight: normal([from, to], DEVIATION),
    bias: zeros(to),
  });
  const norm = () => ({
    weight: gpu.upload(new Float32Array(dim).fill(1), [dim]),
    bias: zeros(dim),
  });
  const block = (): BlockWeights => ({
    norm1: norm(),
    qkv: linear(dim, 3 * dim),
    qkvBias: { query: zeros(dim), key: zeros(dim), value: zeros(dim) },
    proj: linear(dim, dim),
    norm2: norm(),
    fc1: linear(dim, 4 * dim),
    fc2: linear(4 * dim, dim),
  });
  const weights = {
    patchEmbed: { weight: uniform([inner, dim]), bias: uniform([dim]) },
    classToken: classToken ? normal([1, dim], CLASS_TOKEN_DEVIATION) : null,
    blocks: Array.from({ length: depth }, block),
  };
  gpu.flush(); // or the host would hold a copy of every parameter until the first submit
  return vitBackbone({ config, weights });
}

/**
 * Colour alone: mean and deviation of each channel over a patch, less their mean over the picture,
 * so that cosines compare what sets patches apart. Two more numbers are 0.
 *
 * @param patch Side of a patch in pixels.
 */
export function colourBackbone(patch = 8): Backbone {
  return {
    patch,
    dim: 8,
    depth: 1,
    facets: ["key"],
    offsets: false,
    features(gpu, rgb, grid, { facet = "key", layer = -1, offset } = {}) {
      if (facet !== "key" || (layer !== -1 && layer !== 0) || offset) {
        throw new RangeError(
          `colourBackbone: there are keys of layer 0 without offset, got facet ${facet}, ` +
            `layer ${layer}${offset ? ", an offset" : ""}`,
        );
      }
      return gpu.scope(() => centreRows(gpu, patchStatistics(gpu, rgb, { grid, patch })));
    },
    // Sums, differences and squares of every level, and the centring.
    flops: ([rows, columns]) => rows * columns * (4 * 3 * patch ** 2 + 2 * 8),
    largestTensorBytes: ([rows, columns]) => 4 * rows * columns * 8,
    parameters: [],
  };
}
