import { expectShape, type Gpu, type Tensor } from "@fiedler/gpu";
import { bestMasksKernel } from "./best_masks.gen.ts";

/** Masks and what {@linkcode bestMasks} ranks them by. */
export interface RatedMasks {
  /** `[masks, words]` u32, bit masks; masks ≤ 65535. */
  readonly bits: Tensor<"u32">;
  /** `[masks]` u32: pixels of each. */
  readonly counts: Tensor<"u32">;
  /** `[masks]` f32, none negative: the score is `means` · `chances`, */
  readonly means: Tensor;
  /** `[masks]` f32, none negative. */
  readonly chances: Tensor;
  /** `[masks]` u32: unless the mask has no more pixels than this, then 0. */
  readonly least: Tensor<"u32">;
}

/** What {@linkcode bestMasks} chooses. */
export interface BestMasks {
  /** `[limit]` u32: which masks they are, best first. */
  readonly order: Tensor<"u32">;
  /** `[words, pitch]` u32: their bits side by side, pitch = limit up to a multiple of 4. */
  readonly bits: Tensor<"u32">;
}

/**
 * The masks of the best scores, best first; of equal scores the first.
 *
 * @param limit how many; all of them when there are fewer.
 * @throws {ShapeError} when sizes disagree.
 */
export function bestMasks(
  gpu: Gpu,
  { bits, counts, means, chances, least }: RatedMasks,
  limit: number,
): BestMasks {
  const { masks, words } = expectShape("bestMasks: bits", bits, "[masks, words]");
  for (const [name, tensor] of Object.entries({ counts, means, chances, least })) {
    expectShape(`bestMasks: ${name}`, tensor, `[${masks}]`);
  }
  const ranks = Math.min(limit, masks);
  const order = gpu.empty([ranks], "u32");
  const pitch = 4 * Math.ceil(ranks / 4);
  const best = gpu.empty([words, pitch], "u32");
  const params = { masks, words, limit: ranks, pitch };
  const args = { bits, counts, means, chances, least, order, best, params };
  gpu.run(bestMasksKernel, args, { workgroups: [masks] });
  return { order, bits: best };
}
