import { expectShape, type Gpu, type Tensor } from "@fiedler/gpu";
import { expectMasks, type MaskSet, toSteps, type Verdicts } from "../masks/masks.ts";
import { greedyNmsKernel } from "./greedy_nms.gen.ts";
import { maskRanksKernel } from "./mask_ranks.gen.ts";

/** What decides which of two overlapping masks is the better one. */
export type RankKey = "ioa" | "area" | "k" | "coherence";

/** Columns of the fates that {@linkcode greedyNms} returns, in order. */
export const FATE_COLUMNS = ["rank", "rival", "shared"] as const;

/** Options of {@linkcode greedyNms}. */
export interface NmsOptions {
  /** Masks of a larger IoU with a better one are suppressed, in steps of 1e-4. */
  readonly threshold: number;
  /**
   * `ioa` the larger salient share; `area` the larger; `k` the smaller cluster count; `coherence`
   * the larger. Ties go to the larger area, the smaller k, the first cell.
   */
  readonly order: RankKey;
}

/**
 * Mesa's software adapter ends all loops of an invocation after 65,535 rounds in total, without an
 * error, and long dispatches trip the watchdogs of drivers: the walk is cut into dispatches of at
 * most this many rounds. What comes after the last survivor returns at once.
 */
const ROUNDS = 40_000;
const KEYS: readonly RankKey[] = ["ioa", "area", "k", "coherence"];

/**
 * Greedy non-maximum suppression of bit masks by IoU, compared exactly.
 *
 * @param verdicts which masks take part (0), and how many of their cells are salient.
 * @param coherence `[images, capacity]` f32.
 * @returns `[images, capacity, 3]` u32: the rank among those that take part (0xffffffff for the
 *   others), the mask that suppressed this one (0xffffffff when kept), the cells both share.
 * @throws {ShapeError} when sizes disagree.
 * @throws {RangeError} when the threshold is outside 0 … 1 or no whole number of steps of 1e-4.
 */
export function greedyNms(
  gpu: Gpu,
  { bits, table, totals, columns }: MaskSet,
  { verdicts, overlaps }: Verdicts,
  coherence: Tensor,
  { threshold, order: key }: NmsOptions,
): Tensor<"u32"> {
  const { images, capacity, words } = expectMasks("greedyNms", bits);
  expectShape("greedyNms: verdicts", verdicts, `[${images}, ${capacity}]`);
  expectShape("greedyNms: coherence", coherence, `[${images}, ${capacity}]`);
  const steps = toSteps("greedyNms: threshold", threshold);
  return gpu.scope(() => {
    const order = gpu.empty([images, capacity], "u32");
    const survivors = gpu.empty([images], "u32");
    const fates = gpu.empty([images, capacity, FATE_COLUMNS.length], "u32");
    gpu.run(maskRanksKernel, {
      table,
      totals,
      verdicts,
      overlaps,
      coherence,
      order,
      survivors,
      fates,
      params: { capacity, key: KEYS.indexOf(key) },
    }, { workgroups: [Math.ceil(capacity / maskRanksKernel.overrides.WORKGROUP), images] });
    // A mask of a cells spans at most a · columns / 32 + 2 words, and those of one map together
    // have no more cells than the grid.
    const perRank = 1 + capacity * (3 + columns / 32) / greedyNmsKernel.overrides.WORKGROUP;
    const ranks = Math.max(1, Math.floor(ROUNDS / perRank));
    for (let start = 0; start < capacity; start += ranks) {
      gpu.run(greedyNmsKernel, {
        bits,
        table,
        order,
        survivors,
        fates,
        params: { words, capacity, threshold: steps, start, ranks },
      }, { workgroups: [images] });
    }
    return fates;
  });
}
