import { expectShape, type Gpu, grid1d, type Tensor } from "@fiedler/gpu";
import { rowGrid, type RowGridOptions } from "../reduce/row_grid.ts";
import { sinkhornAssignKernel } from "./sinkhorn_assign.gen.ts";
import { sinkhornScaleKernel } from "./sinkhorn_scale.gen.ts";

/** Options of {@linkcode sinkhorn}. */
export interface SinkhornOptions extends RowGridOptions {
  /** What logits are divided by. */
  readonly temperature: number;
  /** How often columns and then rows are scaled, at least once. Default 3. */
  readonly iterations?: number;
}

/**
 * Distributions over columns, one a row, of which all columns get about as much: exp(x / temperature)
 * with its columns, then its rows scaled to equal sums, some times over. Rows add up to 1.
 *
 * Source: Cuturi 2013, arXiv 1306.0895, as Caron et al. 2020 (SwAV), arXiv 2006.09882, §3.1, assign
 * prototypes. Factors are kept as logarithms, so that no sum under- or overflows.
 *
 * @param x `[rows, columns]` f32, at least one of each.
 * @returns As `x`.
 * @throws {ShapeError} when `x` is not a matrix.
 * @throws {RangeError} when it is empty, the temperature is not positive, or the iterations are no
 * whole number from 1 on.
 */
export function sinkhorn(
  gpu: Gpu,
  x: Tensor,
  { temperature, iterations = 3, lanes }: SinkhornOptions,
): Tensor {
  const { rows, columns } = expectShape("sinkhorn: x", x, "[rows, columns]");
  if (rows * columns === 0 || !(temperature > 0)) {
    throw new RangeError(
      `sinkhorn: needs elements and a positive temperature, got [${rows}, ${columns}] and ` +
        `${temperature}`,
    );
  }
  if (!Number.isInteger(iterations) || iterations < 1) {
    throw new RangeError(
      `sinkhorn: iterations must be a whole number from 1 on, got ${iterations}`,
    );
  }
  const sharpness = 1 / temperature;
  return gpu.scope(() => {
    const scaled = (other: Tensor, by: "rows" | "columns") => {
      const [count, length] = by === "rows" ? [rows, columns] : [columns, rows];
      const [stride, step] = by === "rows" ? [columns, 1] : [1, columns];
      const out = gpu.empty([count]);
      const { launch, across } = rowGrid(gpu, count, { lanes });
      const params = { count, length, stride, step, sharpness, across };
      gpu.run(sinkhornScaleKernel, { x, other, out, params }, launch);
      return out;
    };
    let ofRow: Tensor = gpu.zeros([rows]);
    let ofColumn = ofRow;
    for (let i = 0; i < iterations; i++) {
      ofColumn = scaled(ofRow, "columns");
      ofRow = scaled(ofColumn, "rows");
    }
    const out = gpu.empty([rows, columns]);
    const count = rows * columns;
    const { workgroups, row } = grid1d(count, sinkhornAssignKernel.overrides.WORKGROUP);
    const params = { count, row, columns, sharpness };
    gpu.run(sinkhornAssignKernel, { x, ofRow, ofColumn, out, params }, { workgroups });
    return out;
  });
}
