import { expectShape, type Gpu, ShapeError, type Tensor } from "@fiedler/gpu";
import { quads } from "../matmul/matmul.ts";
import { type Layout, matmulStrided } from "../matmul/strided.ts";
import { rowGrid, type RowGridOptions } from "../reduce/row_grid.ts";
import { softmaxRows } from "../softmax/softmax.ts";
import { transposeStrided } from "../transpose/transpose.ts";
import type { QkvSizes } from "./scores.ts";
import { SUBGROUPS } from "../matmul/forms.ts";
import { attentionBackwardKeysKernel } from "./attention_backward_keys.gen.ts";
import { attentionBackwardQueriesKernel } from "./attention_backward_queries.gen.ts";
import { softmaxBackwardKernel } from "./softmax_backward.gen.ts";

/**
 * What computes the gradient of attention. The forms round differently, so that a fixed rule chooses,
 * and no measurement.
 *
 * - `"scores"`: weights of some heads at a time in memory, five products of matrices around the
 *   gradient of a softmax of rows; for heads of any size.
 * - `"broadcast"`: queries, then keys in registers, what they meet handed round by subgroup, which needs
 *   one subgroup size: no weight leaves the registers.
 */
export type AttentionBackwardForm = "scores" | "broadcast";

/** Head sizes in vectors of 4 that the kernels of the broadcast form have variants for. */
const QUADS = [2, 8];

/** Queries or keys that a lane has in registers: `ROWS` of these kernels. */
const ROWS = 4;

/** Most tokens of the broadcast form: llvmpipe silently ends loops after 65,535 rounds in all. */
const MOST_TOKENS = 15_000;

/** Options of {@linkcode attentionBackward}. */
export interface AttentionBackwardOptions extends RowGridOptions {
  /** For tests. Default: by adapter, tokens and head size. */
  readonly form?: AttentionBackwardForm;
  /**
   * Bytes that each of the two score matrices of one chunk of heads, and each of their transposes, may
   * take, in the form that stores scores; the result does not depend on it. Default 32 MiB.
   */
  readonly scoreBytes?: number;
}

/**
 * The gradient of `attention` with respect to the fused qkv product. Weights are computed anew: with P
 * the weights of a head and D = dOut, dV = Pᵀ D, dS = P ∘ (D Vᵀ − rowsum(P ∘ D Vᵀ)) / √d, dQ = dS K,
 * dK = dSᵀ Q.
 *
 * Source: Vaswani et al. 2017, arXiv 1706.03762, §3.2, differentiated.
 *
 * @param dOut `[images, tokens, dim]` f32.
 * @param qkv `[images, tokens, 3 × dim]` f32, as `attention` was given it.
 * @returns As `qkv`.
 * @throws {ShapeError} when sizes disagree, or dim / heads is not a multiple of 4.
 * @throws {RangeError} for a form that does not run here.
 */
export function attentionBackward(
  gpu: Gpu,
  dOut: Tensor,
  qkv: Tensor,
  heads: number,
  { form, scoreBytes = 32 * 2 ** 20, lanes }: AttentionBackwardOptions = {},
): Tensor {
  const { images, tokens, dim } = expectShape(
    "attentionBackward: dOut",
    dOut,
    "[images, tokens, dim]",
  );
  expectShape("attentionBackward: qkv", qkv, `[${images}, ${tokens}, ${3 * dim}]`);
  const size = dim / heads;
  if (!Number.isInteger(size) || size % 4 !== 0) {
    throw new ShapeError(
      `attentionBackward: ${dim} dimensions in ${heads} heads: the head size must be a multiple of 4`,
    );
  }
  const dQkv = gpu.empty(qkv.shape);
  const sizes = { images, tokens, heads, size };
  const forms = attentionBackwardForms(gpu, sizes);
  const used = form ?? forms[0];
  if (!forms.includes(used)) {
    throw new RangeError(
      `attentionBackward: for ${tokens} tokens in heads of ${size} this adapter has the forms ` +
        `${forms.join(", ")}, got ${used}`,
    );
  }
  if (used === "broadcast") backwardInPlace(gpu, { dOut, qkv, dQkv }, sizes);
  else backwardByScores(gpu, { dOut, qkv, dQkv }, sizes, { scoreBytes, lanes });
  return dQkv;
}

/**
 * Every form that computes such a gradient on this adapter, the default first: on software adapters
 * registers where they suffice, half of the time of `"scores"` on llvmpipe; elsewhere `"scores"`.
 */
export function attentionBackwardForms(
  gpu: Gpu,
  { tokens, size }: Pick<QkvSizes, "tokens" | "size">,
): AttentionBackwardForm[] {
  const { software, subgroupSize } = gpu.adapter;
  const fits = SUBGROUPS.includes(subgroupSize ?? 0) && quadsOf(size) !== undefined &&
    tokens <= MOST_TOKENS;
  if (!fits) return ["scores"];
  return software ? ["broadcast", "scores"] : ["scores", "broadcast"];
}

/** The smallest variant that holds a head, if any does. */
const quadsOf = (size: number) => QUADS.find((quads) => 4 * quads >= size);

interface GivenTensors {
  readonly dOut: Tensor;
  readonly qkv: Tensor;
  readonly dQkv: Tensor;
}

/** Two dispatches, with the weights where they are computed. */
function backwardInPlace(
  gpu: Gpu,
  { dOut, qkv, dQkv }: GivenTensors,
  { images, tokens, heads, size }: QkvSizes,
): void {
  const SUBGROUP = gpu.adapter.subgroupSize!;
  const launch = {
    workgroups: [Math.ceil(tokens / (SUBGROUP * ROWS)), heads, images],
    overrides: { WORKGROUP: SUBGROUP },
    variants: { SUBGROUP, QUADS: quadsOf(size)! },
  };
  gpu.scope(() => {
    const statistics = gpu.empty([images, heads, tokens, 2]);
    const params = { tokens, heads, size, scale: 1 / Math.sqrt(size) };
    gpu.run(attentionBackwardQueriesKernel, { qkv, dOut, dQkv, statistics, params }, launch);
    gpu.run(attentionBackwardKeysKernel, { qkv, dOut, statistics, dQkv, params }, launch);
  });
}

/** As many heads at a time as fit `scoreBytes`. */
function backwardByScores(
  gpu: Gpu,
  { dOut, qkv, dQkv }: GivenTensors,
  sizes: QkvSizes,
  { scoreBytes, lanes }: { readonly scoreBytes: number; readonly lanes?: number },
): void {
  const { images, tokens, heads, size } = sizes;
  const dim = heads * size;
  const perChunk = Math.max(1, Math.floor(scoreBytes / (4 * tokens * quads(tokens))));
  gpu.scope(() => {
    const keys = turned(gpu, qkv, sizes, dim, 3 * dim); // [images × heads, size, pitch]
    const values = turned(gpu, qkv, sizes, 2 * dim, 3 * dim);
    for (const chunk of chunks(images, heads, perChunk)) {
      gpu.scope(() => chunkBackward(gpu, { dOut, qkv, keys, values, dQkv }, sizes, chunk, lanes));
    }
  });
}

/** Some heads of some images. */
interface Chunk {
  readonly image: number;
  readonly images: number;
  readonly head: number;
  readonly heads: number;
}

/** Whole images while they fit, else heads of one. */
function* chunks(images: number, heads: number, most: number): Generator<Chunk> {
  const together = Math.max(1, Math.floor(most / heads));
  const headsTogether = Math.min(heads, most);
  for (let image = 0; image < images; image += together) {
    const count = Math.min(together, images - image);
    for (let head = 0; head < heads; head += headsTogether) {
      yield { image, images: count, head, heads: Math.min(headsTogether, heads - head) };
    }
  }
}

/** One part of each head's rows, transposed. */
function turned(
  gpu: Gpu,
  x: Tensor,
  { images, tokens, heads, size }: QkvSizes,
  base: number,
  row: number,
): Tensor {
  const pitch = quads(tokens);
  const out = gpu.empty([images * heads, size, pitch]);
  const layout = { image: tokens * row, head: size, row };
  transposeStrided(gpu, x, out, {
    rows: tokens,
    columns: size,
    pitch,
    images,
    heads,
    base,
    ...layout,
  });
  return out;
}

interface Tensors extends GivenTensors {
  readonly keys: Tensor;
  readonly values: Tensor;
}

/** The five products of a chunk around the gradient of the softmax. */
function chunkBackward(
  gpu: Gpu,
  { dOut, qkv, keys, values, dQkv }: Tensors,
  { tokens, heads: allHeads, size }: QkvSizes,
  { image, images, head, heads }: Chunk,
  lanes?: number,
): void {
  const dim = allHeads * size;
  const pitch = quads(tokens);
  const scale = 1 / Math.sqrt(size);
  const at = (width: number, base: number): Layout => ({
    base: base + image * tokens * width + head * size,
    ...{ image: tokens * width, head: size, row: width },
  });
  const [query, key, value] = [0, dim, 2 * dim].map((base) => at(3 * dim, base));
  const turnedAt = {
    base: (image * allHeads + head) * size * pitch,
    ...{ image: allHeads * size * pitch, head: size * pitch, row: pitch },
  };
  const local = { image: heads * tokens * pitch, head: tokens * pitch, row: pitch };
  const scores = [images * heads * tokens, pitch];
  const batch = { rows: tokens, images, heads };
  /** x · yᵀ, `[tokens, pitch]` a head. */
  const products = (x: Tensor, a: Layout, y: Tensor, scale: number) => {
    const out = gpu.empty(scores);
    const layouts = { a, b: turnedAt, out: local };
    matmulStrided(gpu, { a: x, b: y, out }, {
      ...{ ...batch, columns: tokens, inner: size, scale, ...layouts },
    });
    return out;
  };
  /** scores · y into `out`. */
  const mixed = (x: Tensor, y: Tensor, b: Layout, out: Layout) =>
    matmulStrided(gpu, { a: x, b: y, out: dQkv }, {
      ...{ ...batch, columns: size, inner: pitch, bRows: tokens, a: local, b, out },
    });
  const transposed = (x: Tensor) => {
    const out = gpu.empty(scores);
    const square = { rows: tokens, columns: tokens, pitch };
    transposeStrided(gpu, x, out, { ...square, images, heads, ...local });
    return out;
  };

  const weights = products(qkv, query, keys, scale);
  softmaxRows(gpu, weights, { columns: tokens });
  gpu.scope(() => mixed(transposed(weights), dOut, at(dim, 0), value));
  const d = products(dOut, at(dim, 0), values, 1);
  const [rows] = scores;
  const { launch, across } = rowGrid(gpu, rows, { lanes });
  const params = { rows, columns: tokens, pitch, scale, across };
  gpu.run(softmaxBackwardKernel, { p: weights, d, params }, launch);
  mixed(d, qkv, key, query);
  mixed(transposed(d), qkv, query, key);
}
