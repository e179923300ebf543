import { expectShape, type Gpu, reshape, type Tensor } from "@fiedler/gpu";
import {
  attention,
  layerNorm,
  type LayerNormWeights,
  matmul,
  matmulStrided,
  patchify,
} from "@fiedler/kernels";
import type { FeatureOptions, Grid, Projection } from "./backbone.ts";
import { type PositionRule, positionTable } from "./positions.ts";

/** Shape of a vision transformer (Dosovitskiy et al. 2021, arXiv 2010.11929). */
export interface VitConfig {
  /** Width of a token, of keys too; a multiple of 4 and of `heads`. */
  readonly dim: number;
  /** Number of blocks. */
  readonly depth: number;
  /** Attention heads of a block, of `dim / heads` each. */
  readonly heads: number;
  /** Side of a patch in pixels. */
  readonly patch: number;
  /** Whether a class token precedes the patches. */
  readonly classToken: boolean;
  /** Of the layer norms; 1e-6 in all the paper's models. */
  readonly epsilon: number;
  /** Where the position embeddings of a grid come from. */
  readonly positions: PositionRule;
  /** Of the input: red, green, blue, for values in 0 … 1. */
  readonly mean: readonly number[];
  /** What the input less its mean is divided by: red, green, blue. */
  readonly std: readonly number[];
}

/** Weight `[in, out]` and bias `[out]` of a linear layer. */
export interface LinearWeights {
  /** `[in, out]`, the transpose of PyTorch's: f32, or f16 as `packHalves` makes it. */
  readonly weight: Tensor | Tensor<"f16">;
  /** `[out]` f32. */
  readonly bias: Tensor;
}

/** One transformer block. */
export interface BlockWeights {
  /** Before attention, `[dim]`. */
  readonly norm1: LayerNormWeights;
  /** `[dim, 3 × dim]`: queries, keys, values. */
  readonly qkv: LinearWeights;
  /** The three parts of the qkv bias, `[dim]` each. */
  readonly qkvBias: { readonly [facet in Projection]: Tensor };
  /** `[dim, dim]`: mixes the heads after attention. */
  readonly proj: LinearWeights;
  /** Before the MLP, `[dim]`. */
  readonly norm2: LayerNormWeights;
  /** `[dim, hidden]`: into the MLP, before its GELU. */
  readonly fc1: LinearWeights;
  /** `[hidden, dim]`: out of the MLP. */
  readonly fc2: LinearWeights;
}

/** All weights of a vision transformer, on the GPU. */
export interface VitWeights {
  /** `[3 × patch², dim]`. */
  readonly patchEmbed: LinearWeights;
  /** `[1, dim]`, its position added; null without a class token. */
  readonly classToken: Tensor | null;
  /** `config.depth` blocks, first to last. */
  readonly blocks: readonly BlockWeights[];
}

/** A model ready to run. */
export interface Vit {
  /** Its shape and the statistics of its input. */
  readonly config: VitConfig;
  /** Its parameters, which its owner frees. */
  readonly weights: VitWeights;
}

/**
 * Patch features of pictures of one size. Blocks above the wanted one, and for a projection that
 * block's attention and MLP, are not computed.
 *
 * @param rgb `[images, words]` u32: bytes of `[rows × patch, columns × patch, 3]`, see `patchify`.
 * @param grid `[rows, columns]` of patches.
 * @returns `[images, rows × columns, dim]` f32; the heads of a projection concatenated.
 * @throws {RangeError} when the model has no such block, or an offset is given for tokens.
 * @throws {ShapeError} when pictures do not fit the grid, or the offset is not `[patches, dim]`.
 */
export function vitFeatures(
  gpu: Gpu,
  { config, weights }: Vit,
  rgb: Tensor<"u32">,
  grid: Grid,
  { layer = -1, facet = "key", offset }: FeatureOptions = {},
): Tensor {
  const last = layer < 0 ? config.depth + layer : layer;
  if (!Number.isInteger(last) || last < 0 || last >= config.depth) {
    throw new RangeError(`vitFeatures: layer ${layer} of a model of ${config.depth} blocks`);
  }
  if (facet === "token" && offset) {
    throw new RangeError("vitFeatures: an offset is for queries, keys and values, not for tokens");
  }
  if (offset) expectShape("vitFeatures: offset", offset, `[${grid[0] * grid[1]}, ${config.dim}]`);
  return gpu.scope(() => {
    let x = embed(gpu, { config, weights }, rgb, grid); // [images, tokens, dim]
    for (const block of weights.blocks.slice(0, last)) x = forwardBlock(gpu, x, block, config);
    const block = weights.blocks[last];
    if (facet === "token") return patchRows(gpu, forwardBlock(gpu, x, block, config), config);
    return project(gpu, normed(gpu, x, block.norm1, config), block, facet, config, offset);
  });
}

/** Tokens of the pictures: class token, then patches with their positions. */
function embed(
  gpu: Gpu,
  { config, weights }: Vit,
  rgb: Tensor<"u32">,
  grid: Grid,
): Tensor {
  const { dim, patch, mean, std } = config;
  const [images] = rgb.shape;
  const patches = grid[0] * grid[1];
  const first = config.classToken ? 1 : 0;
  const tokens = first + patches;
  const out = gpu.empty([images, tokens, dim]);
  return gpu.scope(() => {
    const pixels = patchify(gpu, rgb, { grid, patch, mean, std }); // [images × patches, 3 × patch²]
    const inner = 3 * patch * patch;
    const residual = gpu.upload(positionTable(config.positions, grid, dim), [patches, dim]);
    matmulStrided(gpu, { a: pixels, b: weights.patchEmbed.weight, out }, {
      rows: patches,
      columns: dim,
      inner,
      images,
      a: { image: patches * inner, row: inner },
      b: { row: dim },
      out: { base: first * dim, image: tokens * dim, row: dim },
      bias: weights.patchEmbed.bias,
      residual,
      residualLayout: { image: 0, row: dim },
    });
    if (weights.classToken) {
      for (let i = 0; i < images; i++) gpu.copy(weights.classToken, out, i * tokens * dim);
    }
    return out;
  });
}

/** x + attention, then + MLP, both on normed input. */
function forwardBlock(gpu: Gpu, x: Tensor, block: BlockWeights, config: VitConfig): Tensor {
  return gpu.scope(() => {
    const qkv = linear(gpu, normed(gpu, x, block.norm1, config), block.qkv); // [images, tokens, 3 dim]
    const mixed = attention(gpu, qkv, config.heads); // [images, tokens, dim]
    const y = linear(gpu, mixed, block.proj, { residual: x });
    const hidden = linear(gpu, normed(gpu, y, block.norm2, config), block.fc1, { gelu: true });
    return linear(gpu, hidden, block.fc2, { residual: y }); // [images, tokens, dim]
  });
}

/** One of queries, keys or values of the patches alone. */
function project(
  gpu: Gpu,
  x: Tensor,
  block: BlockWeights,
  facet: Projection,
  { dim, classToken }: VitConfig,
  offset?: Tensor,
): Tensor {
  const { images, tokens } = expectShape("project: x", x, "[images, tokens, dim]");
  const first = classToken ? 1 : 0;
  const out = gpu.empty([images, tokens - first, dim]);
  matmulStrided(gpu, { a: x, b: block.qkv.weight, out }, {
    rows: tokens - first,
    columns: dim,
    inner: dim,
    images,
    a: { base: first * dim, image: tokens * dim, row: dim },
    b: { base: ["query", "key", "value"].indexOf(facet) * dim, row: 3 * dim },
    out: { image: (tokens - first) * dim, row: dim },
    bias: block.qkvBias[facet],
    residual: offset,
    residualLayout: { image: 0, row: dim },
  });
  return out;
}

/** The tokens without the class token's rows. */
function patchRows(gpu: Gpu, x: Tensor, { dim, classToken }: VitConfig): Tensor {
  if (!classToken) return x;
  const { images, tokens } = expectShape("patchRows: x", x, "[images, tokens, dim]");
  const out = gpu.empty([images, tokens - 1, dim]);
  for (let i = 0; i < images; i++) {
    const rows = { ...x, offset: x.offset + 4 * (i * tokens + 1) * dim, shape: [tokens - 1, dim] };
    gpu.copy(rows, out, i * (tokens - 1) * dim);
  }
  return out;
}

const flat = (x: Tensor) => reshape(x, [x.shape[0] * x.shape[1], x.shape[2]]);

function normed(gpu: Gpu, x: Tensor, norm: LayerNormWeights, { epsilon }: VitConfig): Tensor {
  return reshape(layerNorm(gpu, flat(x), norm, epsilon), x.shape);
}

function linear(
  gpu: Gpu,
  x: Tensor,
  { weight, bias }: LinearWeights,
  { residual, gelu }: { residual?: Tensor; gelu?: boolean } = {},
): Tensor {
  const options = { bias, gelu, residual: residual && flat(residual) };
  const y = matmul(gpu, flat(x), weight, options);
  return reshape(y, [...x.shape.slice(0, 2), y.shape[1]]);
}
