import type { Gpu, Launch } from "@fiedler/gpu";

/** How many invocations share a row. */
export interface RowLanes {
  /**
   * Power of two. Default 1 on a CPU adapter, where barriers are dear, and by four columns a load
   * where that is possible and loads go through textures; else 32.
   */
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

/** Launch of the form with four columns a load and a lane for a row; null where it is not for. */
export function quadRowLaunch(gpu: Gpu, rows: number, columns: number): Launch | null {
  if (!gpu.adapter.texels || columns % 4 !== 0) return null;
  return { workgroups: [Math.ceil(rows / 64)] };
}
