import { type Gpu, type Launch, MAX_WORKGROUPS } from "@fiedler/gpu";

/** How many invocations share a row. */
export interface RowGridOptions {
  /** Power of two up to 64. Default 1 on a CPU adapter, where barriers are dear, else 32. */
  readonly lanes?: number;
}

/** How a kernel that reduces rows is launched, and the workgroups of an axis for its uniforms. */
export interface RowGrid {
  readonly launch: Launch;
  readonly across: number;
}

/**
 * Workgroups of 64 invocations, `LANES` for each of `ROWS` rows, for any number of rows: the first
 * row of a workgroup is `(group.x + group.y · across) · ROWS`.
 */
export function rowGrid(
  gpu: Gpu,
  rows: number,
  { lanes = gpu.adapter.software ? 1 : 32 }: RowGridOptions = {},
): RowGrid {
  const overrides = { LANES: lanes, ROWS: Math.ceil(64 / lanes) };
  const groups = Math.ceil(rows / overrides.ROWS);
  const across = Math.max(1, Math.min(groups, MAX_WORKGROUPS));
  return { launch: { workgroups: [across, Math.ceil(groups / across)], overrides }, across };
}
