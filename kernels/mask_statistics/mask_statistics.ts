import { expectShape, type Gpu, type Tensor } from "@fiedler/gpu";
import { maskStatisticsKernel } from "./mask_statistics.gen.ts";

/** What {@linkcode maskStatistics} finds. */
export interface MaskStatistics {
  /** `[masks, ⌈height × width / 32⌉]` u32: pixel p, row by row, is bit p % 32 of word p / 32. */
  readonly bits: Tensor<"u32">;
  /** `[masks]` u32: pixels of each mask. */
  readonly counts: Tensor<"u32">;
  /** `[masks]` f32: mean probability of its pixels; 0 of a mask without any. */
  readonly means: Tensor;
}

/**
 * The pixels whose probability σ(logit) exceeds a threshold, how many they are, and how sure on average.
 *
 * The threshold is held against the logits as ln(threshold / (1 − threshold)), so that no adapter's
 * exponential decides over a pixel.
 *
 * Source: Wang et al. 2020 (SOLOv2), arXiv 2003.10152, §3.3: the mean is the maskness.
 *
 * @param logits `[masks, height, width]` f32; masks ≤ 65535.
 * @param threshold between 0 and 1, both excluded.
 * @throws {ShapeError} for other shapes.
 * @throws {RangeError} for another threshold.
 */
export function maskStatistics(gpu: Gpu, logits: Tensor, threshold: number): MaskStatistics {
  const { masks, height, width } = expectShape(
    "maskStatistics: logits",
    logits,
    "[masks, height, width]",
  );
  if (!(threshold > 0 && threshold < 1)) {
    throw new RangeError(
      `maskStatistics: threshold must lie between 0 and 1, got ${threshold}`,
    );
  }
  const pixels = height * width;
  const words = Math.ceil(pixels / 32);
  const bits = gpu.empty([masks, words], "u32");
  const counts = gpu.empty([masks], "u32");
  const means = gpu.empty([masks]);
  const params = { pixels, words, threshold: Math.log(threshold / (1 - threshold)) };
  gpu.run(maskStatisticsKernel, { logits, bits, counts, means, params }, { workgroups: [masks] });
  return { bits, counts, means };
}
