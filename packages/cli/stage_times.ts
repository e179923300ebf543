import type { KernelTime } from "@fiedler/gpu";

/** A part of a run and its time. */
export interface StageTime {
  readonly name: string;
  readonly ms: number;
}

/** Stages of the pipeline in the order of the paper; others follow. */
const ORDER = [
  "grey picture",
  "features",
  "affinity",
  "eigenvectors",
  "clustering",
  "saliency features",
  "masks",
];

/**
 * Time of each stage. Where the GPU keeps time, "compute" is told by stage of the pipeline, and
 * what is left of it is the CPU's share: recording, waiting, decoding of masks.
 */
export function stageTimes(
  parts: readonly StageTime[],
  kernels: readonly KernelTime[],
): StageTime[] {
  const gpu = new Map<string, number>();
  for (const { stage, ms } of kernels) {
    gpu.set(stage, (gpu.get(stage) ?? 0) + ms);
  }
  const place = ({ name }: StageTime) => ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length;
  const stages = [...gpu].map(([name, ms]) => ({ name, ms })).sort((a, b) => place(a) - place(b));
  const total = stages.reduce((sum, { ms }) => sum + ms, 0);
  return parts.flatMap(({ name, ms }) =>
    name === "compute" && stages.length > 0
      ? [...stages, { name: "rest of computing", ms: Math.max(0, ms - total) }]
      : [{ name, ms }]
  );
}
