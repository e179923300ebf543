import {
  expectShape,
  type Gpu,
  grid1d,
  MAX_WORKGROUPS,
  ShapeError,
  type Tensor,
} from "@fiedler/gpu";
import { softmaxKernel } from "./softmax.gen.ts";
import { softmaxWorkgroupKernel } from "./softmax_workgroup.gen.ts";

/** Options of {@linkcode softmaxRows}. */
export interface SoftmaxOptions {
  /** Columns that count; the rest of each row becomes zero. Default: all. */
  readonly columns?: number;
  /** One row per invocation or per workgroup. Default: by adapter. */
  readonly form?: "invocation" | "workgroup";
}

/**
 * Softmax of each row, in place.
 *
 * @param x `[rows, pitch]` f32, overwritten; pitch a multiple of 4.
 * @throws {ShapeError} when pitch is not a multiple of 4 or columns is not in 1 … pitch.
 */
export function softmaxRows(
  gpu: Gpu,
  x: Tensor,
  { columns, form = gpu.adapter.software ? "invocation" : "workgroup" }: SoftmaxOptions = {},
): void {
  const { rows, pitch } = expectShape("softmaxRows: x", x, "[rows, pitch]");
  const used = columns ?? pitch;
  if (pitch % 4 !== 0 || used < 1 || used > pitch) {
    throw new ShapeError(
      `softmaxRows: needs 1 ≤ columns ≤ pitch, pitch a multiple of 4; got ${used} of ${pitch}`,
    );
  }
  if (form === "invocation") {
    const { workgroups, row } = grid1d(rows, softmaxKernel.overrides.WORKGROUP);
    const params = { rows, columns: used, pitch, stride: row };
    gpu.run(softmaxKernel, { x, params }, { workgroups });
    return;
  }
  const across = Math.min(rows, MAX_WORKGROUPS);
  const params = { rows, columns: used, pitch, stride: across };
  gpu.run(softmaxWorkgroupKernel, { x, params }, {
    workgroups: [across, Math.ceil(rows / Math.max(across, 1))],
  });
}
