import {
  expectShape,
  type Gpu,
  grid1d,
  MAX_WORKGROUPS,
  ShapeError,
  type Tensor,
} from "@fiedler/gpu";
import { softmaxKernel } from "./softmax.gen.ts";
import { softmaxSubgroupKernel } from "./softmax_subgroup.gen.ts";
import { softmaxWorkgroupKernel } from "./softmax_workgroup.gen.ts";

/** What computes a row. They round differently, so that nothing measured may choose. */
export type SoftmaxForm = "invocation" | "subgroup" | "workgroup";

/** Options of {@linkcode softmaxRows}. */
export interface SoftmaxOptions {
  /** Columns that count; the rest of each row becomes zero. Default: all. */
  readonly columns?: number;
  /** For tests. Default: by adapter and pitch. */
  readonly form?: SoftmaxForm;
}

/** Quads of a row that a lane can keep: variants of the subgroup's form. */
const QUADS = [8, 16, 24, 32];

/**
 * Lanes from which on CPU adapters take the subgroup's form: 0.6 to 0.8 of the time on llvmpipe, of
 * 8. With 4 a row needs twice the registers, as in `layerNorm`.
 */
const LANES = 8;

/** Quads a lane has at most where that form gains nothing, since half of its registers are empty. */
const LEAST_QUADS = 4;

/**
 * Softmax of each row, in place.
 *
 * @param x `[rows, pitch]` f32, overwritten; pitch a multiple of 4.
 * @throws {ShapeError} when pitch is not a multiple of 4 or too long for `form`, or columns is not in
 *   1 … pitch.
 */
export function softmaxRows(
  gpu: Gpu,
  x: Tensor,
  { columns, form }: SoftmaxOptions = {},
): void {
  const { rows, pitch } = expectShape("softmaxRows: x", x, "[rows, pitch]");
  const used = columns ?? pitch;
  if (pitch % 4 !== 0 || used < 1 || used > pitch) {
    throw new ShapeError(
      `softmaxRows: needs 1 ≤ columns ≤ pitch, pitch a multiple of 4; got ${used} of ${pitch}`,
    );
  }
  const params = { rows, columns: used, pitch };
  switch (form ?? softmaxForm(gpu, pitch)) {
    case "invocation": {
      const { workgroups, row } = grid1d(rows, softmaxKernel.overrides.WORKGROUP);
      gpu.run(softmaxKernel, { x, params: { ...params, stride: row } }, { workgroups });
      break;
    }
    case "subgroup": {
      const quads = quadsPerLane(gpu, pitch);
      if (quads === undefined) {
        throw new ShapeError(
          `softmaxRows: form subgroup needs subgroups of one size that hold a row, got ` +
            `${gpu.adapter.subgroupSize} lanes for a pitch of ${pitch}; leave the form out`,
        );
      }
      const groups = Math.ceil(rows / softmaxSubgroupKernel.overrides.ROWS);
      const { workgroups, row } = grid1d(groups, 1);
      gpu.run(softmaxSubgroupKernel, { x, params: { ...params, stride: row } }, {
        workgroups,
        overrides: { WORKGROUP: gpu.adapter.subgroupSize! },
        variants: { QUADS: quads },
      });
      break;
    }
    case "workgroup": {
      const across = Math.min(rows, MAX_WORKGROUPS);
      gpu.run(softmaxWorkgroupKernel, { x, params: { ...params, stride: across } }, {
        workgroups: [across, Math.ceil(rows / Math.max(across, 1))],
      });
    }
  }
}

/** A workgroup on cards; on CPU adapters a subgroup where a row fills it, else an invocation. */
export function softmaxForm(gpu: Gpu, pitch: number): SoftmaxForm {
  if (!gpu.adapter.software) return "workgroup";
  const lanes = gpu.adapter.subgroupSize ?? 0;
  const fills = lanes >= LANES && pitch > 4 * LEAST_QUADS * lanes;
  return fills && quadsPerLane(gpu, pitch) !== undefined ? "subgroup" : "invocation";
}

/** The smallest variant that holds a row, if any does. */
function quadsPerLane({ adapter: { subgroupSize } }: Gpu, pitch: number): number | undefined {
  return QUADS.find((quads) => 4 * quads * (subgroupSize ?? 0) >= pitch);
}
