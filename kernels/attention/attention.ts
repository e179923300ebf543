import { expectShape, type Gpu, ShapeError, type Tensor } from "@fiedler/gpu";
import { quads } from "../matmul/matmul.ts";
import { matmulStrided } from "../matmul/strided.ts";
import { softmaxRows } from "../softmax/softmax.ts";
import { transposeStrided } from "../transpose/transpose.ts";

/** Options of {@linkcode attention}. */
export interface AttentionOptions {
  /** Bytes that the score matrices of one chunk of heads may take. Default 32 MiB. */
  readonly scoreBytes?: number;
}

/**
 * Multi-head self-attention, softmax(Q Kᵀ / √d) V, on the fused qkv product.
 *
 * Scores are computed for as many (image, head) pairs at a time as fit `scoreBytes`; the result
 * does not depend on how many.
 *
 * Source: Vaswani et al. 2017, arXiv 1706.03762, §3.2.
 *
 * @param qkv `[images, tokens, 3 × dim]` f32: queries, keys, values, each heads × d.
 * @returns `[images, tokens, dim]` f32.
 * @throws {ShapeError} when dim / heads is not a multiple of 4.
 */
export function attention(
  gpu: Gpu,
  qkv: Tensor,
  heads: number,
  { scoreBytes = 32 * 2 ** 20 }: AttentionOptions = {},
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
  const pitch = quads(tokens);
  const inQkv = { image: tokens * width, head: size, row: width };
  const out = gpu.empty([images, tokens, dim]);
  const pairs = images * heads;
  const perChunk = Math.max(1, Math.floor(scoreBytes / (4 * tokens * pitch)));
  gpu.scope(() => {
    const keys = gpu.empty([pairs, size, pitch]); // transposed
    transposeStrided(gpu, qkv, keys, {
      rows: tokens,
      columns: size,
      pitch,
      images,
      heads,
      base: dim,
      ...inQkv,
    });
    for (const { image, count, head, headCount } of chunks(images, heads, perChunk)) {
      const first = image * inQkv.image + head * size;
      const local = { image: headCount * tokens * pitch, head: tokens * pitch, row: pitch };
      const scores = gpu.empty([count * headCount * tokens, pitch]);
      matmulStrided(gpu, { a: qkv, b: keys, out: scores }, {
        rows: tokens,
        columns: tokens,
        inner: size,
        images: count,
        heads: headCount,
        scale: 1 / Math.sqrt(size),
        a: { base: first, ...inQkv },
        b: {
          base: (image * heads + head) * size * pitch,
          image: heads * size * pitch,
          head: size * pitch,
          row: pitch,
        },
        out: local,
      });
      softmaxRows(gpu, scores, { columns: tokens });
      matmulStrided(gpu, { a: scores, b: qkv, out }, {
        rows: tokens,
        columns: size,
        inner: pitch,
        bRows: tokens,
        images: count,
        heads: headCount,
        a: local,
        b: { base: first + 2 * dim, ...inQkv },
        out: {
          base: image * tokens * dim + head * size,
          image: tokens * dim,
          head: size,
          row: dim,
        },
      });
      gpu.free(scores);
    }
  });
  return out;
}

/** Splits images × heads into boxes of at most `most` pairs: whole images, or heads of one. */
function* chunks(images: number, heads: number, most: number) {
  const together = Math.max(1, Math.floor(most / heads));
  const headsTogether = Math.min(heads, most);
  for (let image = 0; image < images; image += together) {
    const count = Math.min(together, images - image);
    for (let head = 0; head < heads; head += headsTogether) {
      yield { image, count, head, headCount: Math.min(headsTogether, heads - head) };
    }
  }
}
