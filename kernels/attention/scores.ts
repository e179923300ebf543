import type { Gpu, Tensor } from "@fiedler/gpu";
import { quads } from "../matmul/matmul.ts";
import { matmulStrided } from "../matmul/strided.ts";
import { softmaxRows } from "../softmax/softmax.ts";
import { transposeStrided } from "../transpose/transpose.ts";

/** Sizes of a call of `attention`. */
export interface QkvSizes {
  /** Number of pictures. */
  readonly images: number;
  /** Of a picture. */
  readonly tokens: number;
  /** Of a picture. */
  readonly heads: number;
  /** Of a head. */
  readonly size: number;
}

/**
 * Attention in three passes, with the scores of as many (image, head) pairs at a time in memory as fit
 * `scoreBytes`; the result does not depend on how many.
 *
 * @param qkv `[images, tokens, 3 × heads × size]` f32.
 * @param out `[images, tokens, heads × size]` f32.
 */
export function attentionByScores(
  gpu: Gpu,
  { qkv, out }: { readonly qkv: Tensor; readonly out: Tensor },
  { images, tokens, heads, size }: QkvSizes,
  scoreBytes: number,
): void {
  const dim = heads * size;
  const width = 3 * dim;
  const pitch = quads(tokens);
  const inQkv = { image: tokens * width, head: size, row: width };
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
