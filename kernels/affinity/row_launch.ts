import type { Gpu, Launch } from "@fiedler/gpu";

/** How many invocations share a row. */
export interface RowLanes {
  /** Power of two. Default 1 on a CPU adapter, where barriers are dear, else 32. */
  readonly lanes?: number;
}

/** Launch of a kernel that reduces rows: workgroups of 64 invocations, `lanes` for each row. */
export function rowLaunch(
  gpu: Gpu,
  rows: number,
  lanes: number = gpu.adapter.software ? 1 : 32,
): Launch {
  const overrides = { LANES: lanes, ROWS: Math.ceil(64 / lanes) };
  return { workgroups: [Math.ceil(rows / overrides.ROWS)], overrides };
}
