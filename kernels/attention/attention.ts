import { expectShape, type Gpu, ShapeError, type Tensor } from "@fiedler/gpu";
import { attentionBroadcastKernel } from "./attention_broadcast.gen.ts";
import { attentionDirectKernel } from "./attention_direct.gen.ts";
import { attentionSharedKernel } from "./attention_shared.gen.ts";
import { type AttentionForm, attentionForms, defaultAttentionForm, headQuads } from "./forms.ts";
import { attentionByScores, type QkvSizes } from "./scores.ts";

/** Options of {@linkcode attention}. */
export interface AttentionOptions {
  /** For tests and tuning. Default: by adapter. */
  readonly form?: AttentionForm;
  /**
   * Bytes that the score matrices of one chunk of heads may take, in the form that stores scores; the
   * result does not depend on it. Default 32 MiB.
   */
  readonly scoreBytes?: number;
}

/**
 * Multi-head self-attention, softmax(Q Kᵀ / √d) V, on the fused qkv product. Scores are not stored
 * but for heads of more than 128, and for more tokens than a software adapter can walk through.
 *
 * Source: Vaswani et al. 2017, arXiv 1706.03762, §3.2.
 *
 * @param qkv `[images, tokens, 3 × dim]` f32: queries, keys, values, each heads × d.
 * @returns `[images, tokens, dim]` f32.
 * @throws {ShapeError} when dim / heads is not a multiple of 4.
 * @throws {RangeError} for a form that does not run here.
 */
export function attention(
  gpu: Gpu,
  qkv: Tensor,
  heads: number,
  { form, scoreBytes = 32 * 2 ** 20 }: AttentionOptions = {},
): Tensor {
  const { images, tokens, width } = expectShape(
    "attention: qkv",
    qkv,
    "[images, tokens, width]",
  );
  const dim = width / 3;
  const size = dim / heads;
  if (!Number.isInteger(size) || size % 4 !== 0) {
    throw new ShapeError(
      `attention: ${dim} dimensions in ${heads} heads: the head size must be a multiple of 4`,
    );
  }
  const sizes = { images, tokens, heads, size };
  const used = form ?? defaultAttentionForm(gpu, sizes);
  if (form) expectForm(gpu, form, sizes);
  const out = gpu.empty([images, tokens, dim]);
  if (used.kernel === "scores") attentionByScores(gpu, { qkv, out }, sizes, scoreBytes);
  else attentionInPlace(gpu, { qkv, out }, sizes, used);
  return out;
}

/** One dispatch, with the scores where they are computed. */
function attentionInPlace(
  gpu: Gpu,
  tensors: { readonly qkv: Tensor; readonly out: Tensor },
  { images, tokens, heads, size }: QkvSizes,
  { kernel }: AttentionForm,
): void {
  const args = { ...tensors, params: { tokens, heads, size, scale: 1 / Math.sqrt(size) } };
  const grid = (queries: number) => [Math.ceil(tokens / queries), heads, images];
  const QUADS = headQuads(size)!;
  const rows = QUADS > 16 ? 4 : 8; // as the kernels derive them
  if (kernel === "shared") {
    const workgroups = grid(4 * rows);
    gpu.run(attentionSharedKernel, args, { workgroups, variants: { QUADS } });
    return;
  }
  if (kernel === "direct") {
    const WORKGROUP = gpu.adapter.software ? 8 : 64; // a vector of a CPU's lanes, or whole subgroups
    const workgroups = grid(WORKGROUP * rows);
    const overrides = { WORKGROUP };
    gpu.run(attentionDirectKernel, args, { workgroups, overrides, variants: { QUADS } });
    return;
  }
  const SUBGROUP = gpu.adapter.subgroupSize!;
  gpu.run(attentionBroadcastKernel, args, {
    workgroups: grid(SUBGROUP * rows),
    overrides: { WORKGROUP: SUBGROUP },
    variants: { SUBGROUP, QUADS },
  });
}

function expectForm(gpu: Gpu, form: AttentionForm, sizes: QkvSizes): void {
  const known = attentionForms(gpu, sizes).map(({ kernel }) => kernel);
  if (known.includes(form.kernel)) return;
  throw new RangeError(
    `attention: for ${sizes.tokens} tokens in heads of ${sizes.size} this adapter has the forms ` +
      `${known.join(", ")}, got ${form.kernel}`,
  );
}
