import type { Gpu } from "@fiedler/gpu";

/** Scores of some heads at a time in memory: two products of matrices around a softmax of rows. */
export interface ScoresForm {
  /** Takes heads of any size, and the memory that `scoreBytes` allows. */
  readonly kernel: "scores";
}

/** Scores in registers alone, as many as a block of keys has, while a running softmax goes on. */
export interface RegisterAttentionForm {
  /** `"broadcast"` hands keys and values round by subgroup, and needs one subgroup size. */
  readonly kernel: "direct" | "broadcast";
  /** Queries of an invocation. */
  readonly rows: 1 | 4 | 8;
}

/** Tiles of queries, keys and values in workgroup memory. */
export interface SharedAttentionForm {
  /** Barriers: what GPUs are made for, and CPU adapters are slowest at. */
  readonly kernel: "shared";
}

/**
 * Which kernel computes attention. Those with registers give the same bits, whatever their rows; the
 * others add up in another order and differ by some roundings.
 */
export type AttentionForm = ScoresForm | RegisterAttentionForm | SharedAttentionForm;

/** What of a call decides which forms can compute it. */
export interface AttentionSizes {
  /** Of a picture. */
  readonly tokens: number;
  /** Of a head. */
  readonly size: number;
}

/** Head sizes in vectors of 4 that the kernels have variants for; smaller heads leave some empty. */
const QUADS = [2, 4, 8, 16, 32];

/** Subgroup sizes that `attention_broadcast` has a variant for. */
const SUBGROUPS = [4, 8, 16, 32, 64];

/** llvmpipe ends loops after 65,535 rounds; the register kernels make 17 for 8 keys. */
const MOST_TOKENS = 30_000;

/** The variant that a head of `size` takes; undefined where there is none. */
export const headQuads = (size: number): number | undefined =>
  QUADS.find((quads) => 4 * quads >= size);

/** Every form that computes such attention on this adapter. */
export function attentionForms(gpu: Gpu, { tokens, size }: AttentionSizes): AttentionForm[] {
  const forms: AttentionForm[] = [{ kernel: "scores" }];
  const quads = headQuads(size);
  if (quads === undefined) return forms;
  forms.push({ kernel: "shared" });
  if (gpu.adapter.software && tokens > MOST_TOKENS) return forms;
  const subgroups = SUBGROUPS.includes(gpu.adapter.subgroupSize ?? 0);
  for (const kernel of subgroups ? ["direct", "broadcast"] as const : ["direct"] as const) {
    // Eight long queries would take compilers half a minute.
    for (const rows of quads > 16 ? [1, 4] as const : [1, 4, 8] as const) {
      forms.push({ kernel, rows });
    }
  }
  return forms;
}

/**
 * The default form: on software adapters as many queries in registers as compile in a second or two,
 * since their loads cost far more than their arithmetic; elsewhere tiles in workgroup memory, which
 * was not measured on any GPU.
 */
export function defaultAttentionForm(gpu: Gpu, sizes: AttentionSizes): AttentionForm {
  const forms = attentionForms(gpu, sizes);
  const of = (wanted: AttentionForm["kernel"]) => forms.findLast(({ kernel }) => kernel === wanted);
  const registers = gpu.adapter.software ? of("broadcast") ?? of("direct") : of("shared");
  return registers ?? { kernel: "scores" };
}
