import type { Gpu, Tensor } from "@fiedler/gpu";
import { gatherRows, type LayerNormWeights } from "@fiedler/kernels";
import { FILLED, makePlacement } from "@fiedler/kernels/training";
import { type MakeParameter, positionTable, type Start, type VitConfig } from "@fiedler/models";
import type { Tape } from "@fiedler/train";
import { attention, gelu, layerNorm, linear, placeRows } from "./layers.ts";
import {
  type LinearParameters,
  makeLinear,
  makeNorm,
  makeTensor,
  normal,
  uniform,
} from "./parameters.ts";

/** The parameters of a transformer block. */
export interface TrainedBlock {
  /** Before attention, `[dim]`. */
  readonly norm1: LayerNormWeights;
  /** `[dim, 3 × dim]`: queries, keys, values. */
  readonly qkv: LinearParameters;
  /** `[dim, dim]`. */
  readonly proj: LinearParameters;
  /** Before the MLP, `[dim]`. */
  readonly norm2: LayerNormWeights;
  /** `[dim, 4 × dim]`. */
  readonly fc1: LinearParameters;
  /** `[4 × dim, dim]`. */
  readonly fc2: LinearParameters;
}

/** The parameters of a vision transformer that trains. */
export interface TrainedVit {
  /** `[3 × patch², dim]`. */
  readonly patchEmbed: LinearParameters;
  /** `[1, dim]`. */
  readonly classToken: Tensor;
  /** First to last. */
  readonly blocks: readonly TrainedBlock[];
  /** After the last block, `[dim]`. */
  readonly norm: LayerNormWeights;
}

/** How the linear layers of a block start, by the number of their inputs. */
export type LinearStart = (inputs: number) => { readonly weight: Start; readonly bias?: Start };

/** Normal, of half the variance that keeps that of the input: our choice. */
export const ENCODER_START: LinearStart = (inputs) => ({ weight: normal(0.7 / Math.sqrt(inputs)) });

/** Uniform in ±1/√inputs, biases too: PyTorch's. */
export const UNIFORM_START: LinearStart = (inputs) => {
  const start = uniform(1 / Math.sqrt(inputs));
  return { weight: start, bias: start };
};

/** The parameters of a block under timm's names. */
export function makeBlock(
  make: MakeParameter,
  name: string,
  dim: number,
  start: LinearStart,
): TrainedBlock {
  const layer = (part: string, from: number, to: number) =>
    makeLinear(make, `${name}.${part}`, { from, to, ...start(from) });
  return {
    norm1: makeNorm(make, `${name}.norm1`, dim),
    qkv: layer("attn.qkv", dim, 3 * dim),
    proj: layer("attn.proj", dim, dim),
    norm2: makeNorm(make, `${name}.norm2`, dim),
    fc1: layer("mlp.fc1", dim, 4 * dim),
    fc2: layer("mlp.fc2", 4 * dim, dim),
  };
}

/**
 * The parameters of a vision transformer under timm's names, behind `encoder.`.
 *
 * Positions are no parameters: a rule or a table, they stay as they are.
 *
 * @throws {RangeError} for a transformer without a class token.
 */
export function makeVit(make: MakeParameter, config: VitConfig): TrainedVit {
  const { dim, depth, patch, classToken } = config;
  if (!classToken) throw new RangeError("pretraining: a transformer needs a class token");
  const inner = 3 * patch ** 2;
  const even = uniform(Math.sqrt(6 / (inner + dim))); // Glorot and Bengio 2010
  return {
    patchEmbed: makeLinear(make, "encoder.patch_embed.proj", {
      from: inner,
      to: dim,
      weight: even,
    }),
    classToken: makeTensor(make, "encoder.cls_token", [1, dim], normal(0.02)),
    blocks: Array.from(
      { length: depth },
      (_, i) => makeBlock(make, `encoder.blocks.${i}`, dim, ENCODER_START),
    ),
    norm: makeNorm(make, "encoder.norm", dim),
  };
}

/** What of a model a block needs to know. */
export interface BlockSizes {
  /** Number of pictures; divides the rows. */
  readonly images: number;
  /** Attention heads. */
  readonly heads: number;
  /** Of the layer norms. */
  readonly epsilon: number;
}

/**
 * x + attention, then + MLP, both on normed input (Dosovitskiy et al. 2021, arXiv 2010.11929, eq. 2
 * and 3). Where the tape wants no gradient of the block, what it makes in between is freed at once.
 *
 * @param x `[images × tokens, dim]` f32.
 * @returns As `x`.
 */
export function transformerBlock(
  tape: Tape,
  x: Tensor,
  block: TrainedBlock,
  { images, heads, epsilon }: BlockSizes,
): Tensor {
  const forward = () => {
    const qkv = linear(tape, layerNorm(tape, x, block.norm1, epsilon), block.qkv);
    const mixed = attention(tape, qkv, images, heads); // [images × tokens, dim]
    const y = linear(tape, mixed, block.proj, x);
    const hidden = gelu(tape, linear(tape, layerNorm(tape, y, block.norm2, epsilon), block.fc1));
    return linear(tape, hidden, block.fc2, y);
  };
  return tape.tracks(block.qkv.weight) ? forward() : tape.gpu.scope(forward);
}

/**
 * Tokens of pictures of which some patches, or all, are seen: class token, then those patches.
 * Without the norm after the last block.
 *
 * @param patches `[images × seen, 3 × patch²]` f32, of `patchify`.
 * @param positions `[images × seen, dim]` f32, of {@linkcode positionRows}.
 * @returns `[images × (1 + seen), dim]` f32.
 */
export function encodePatches(
  tape: Tape,
  vit: TrainedVit,
  { heads, epsilon }: VitConfig,
  { patches, positions, images }: {
    readonly patches: Tensor;
    readonly positions: Tensor;
    readonly images: number;
  },
): Tensor {
  const { gpu } = tape;
  const embedded = linear(tape, patches, vit.patchEmbed, positions);
  const placement = makePlacement(
    gpu,
    behindClassToken(images, patches.shape[0] / images),
    patches.shape[0],
  );
  let x = placeRows(tape, embedded, placement, { fill: vit.classToken });
  for (const block of vit.blocks) x = transformerBlock(tape, x, block, { images, heads, epsilon });
  return x;
}

/** For each picture one row that is filled, then its patches. */
function behindClassToken(images: number, seen: number): Uint32Array {
  const source = new Uint32Array(images * (1 + seen));
  for (let image = 0; image < images; image++) {
    source[image * (1 + seen)] = FILLED;
    for (let i = 0; i < seen; i++) source[image * (1 + seen) + 1 + i] = image * seen + i;
  }
  return source;
}

/**
 * Position embeddings of the patches that are seen.
 *
 * @param seen the patches of each picture, by their index in the grid.
 * @returns `[images × seen, dim]` f32.
 */
export function positionRows(
  gpu: Gpu,
  { positions, dim }: VitConfig,
  grid: readonly [rows: number, columns: number],
  seen: readonly ArrayLike<number>[],
): Tensor {
  return gpu.scope(() => {
    const table = gpu.upload(positionTable(positions, grid, dim), [grid[0] * grid[1], dim]);
    return gatherRows(gpu, table, seen.flatMap((patches) => Array.from(patches)));
  });
}
