import type { Gpu } from "@fiedler/gpu";
import { SUBGROUPS } from "../matmul/forms.ts";

/**
 * Which kernel computes attention.
 *
 * - `"scores"`: scores of some heads at a time in memory, two products of matrices around a softmax
 *   of rows; for heads of any size.
 * - `"direct"`: an invocation has some queries in registers, and reads all keys and values.
 * - `"broadcast"`: the same sums in the same order, with keys and values handed round by subgroup,
 *   which needs one subgroup size.
 * - `"shared"`: tiles of queries, keys and values in workgroup memory, with barriers: what GPUs are
 *   made for, and CPU adapters are slowest at.
 *
 * All but the first keep scores where they are computed. Results differ by some roundings, so that
 * a fixed rule chooses, and no measurement.
 */
export interface AttentionForm {
  /** The kernel. */
  readonly kernel: "scores" | "direct" | "broadcast" | "shared";
}

/** What of a call decides which forms can compute it. */
export interface AttentionSizes {
  /** Of a picture. */
  readonly tokens: number;
  /** Of a head. */
  readonly size: number;
}

/** Head sizes in vectors of 4 that the kernels have variants for; smaller heads leave some empty. */
const QUADS = [2, 8, 16, 32];

/**
 * Most tokens on software adapters: llvmpipe silently ends loops after 65,535 rounds in all, checks of
 * their conditions included. That is 19 for 8 keys in registers, and up to 71 with workgroup memory.
 */
const MOST_TOKENS = { direct: 27_000, broadcast: 27_000, shared: 7_000 };

/** The variant that a head of `size` takes; undefined where there is none. */
export const headQuads = (size: number): number | undefined =>
  QUADS.find((quads) => 4 * quads >= size);

/** Every form that computes such attention on this adapter. */
export function attentionForms(gpu: Gpu, { tokens, size }: AttentionSizes): AttentionForm[] {
  const forms: AttentionForm[] = [{ kernel: "scores" }];
  if (headQuads(size) === undefined) return forms;
  const { software, subgroupSize } = gpu.adapter;
  for (const kernel of ["shared", "direct", "broadcast"] as const) {
    if (kernel === "broadcast" && !SUBGROUPS.includes(subgroupSize ?? 0)) continue;
    if (!software || tokens <= MOST_TOKENS[kernel]) forms.push({ kernel });
  }
  return forms;
}

/**
 * The default form: on software adapters queries in registers, since their loads cost far more than
 * their arithmetic (on llvmpipe 0.3 to 0.6 of the time of `"scores"`); elsewhere workgroup memory,
 * which was not measured on any GPU.
 */
export function defaultAttentionForm(gpu: Gpu, sizes: AttentionSizes): AttentionForm {
  const kernels = attentionForms(gpu, sizes).map(({ kernel }) => kernel);
  const wanted = gpu.adapter.software ? ["broadcast", "direct"] as const : ["shared"] as const;
  return { kernel: wanted.find((kernel) => kernels.includes(kernel)) ?? "scores" };
}
