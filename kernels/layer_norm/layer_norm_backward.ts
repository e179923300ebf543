import { expectShape, type Gpu, grid1d, ShapeError, type Tensor } from "@fiedler/gpu";
import { columnSums } from "../column_sums/column_sums.ts";
import { rowGrid, type RowGridOptions } from "../reduce/row_grid.ts";
import { layerNormBackwardKernel } from "./layer_norm_backward.gen.ts";
import { layerNormBackwardSubgroupKernel } from "./layer_norm_backward_subgroup.gen.ts";
import { layerNormBackwardSumsKernel } from "./layer_norm_backward_sums.gen.ts";

/** What computes a row: lanes of a workgroup, or a subgroup. They round differently. */
export type LayerNormBackwardForm = "lanes" | "subgroup";

/** Quads of a row that a lane can keep: variants of the subgroup's form. */
const QUADS = [6, 12, 24];

/** Lanes from which on CPU adapters take the subgroup's form, as they do forwards. */
const LANES = 8;

/** Rows that one invocation adds up, enough of them to keep many busy. */
const SLICE_ROWS = 64;

/** What the forward pass was given. */
export interface LayerNormRecord {
  /** `[rows, columns]` f32. */
  readonly x: Tensor;
  /** `[columns]` f32. */
  readonly weight: Tensor;
}

/** Options of {@linkcode layerNormBackward}. */
export interface LayerNormBackwardOptions extends RowGridOptions {
  /** Of the forward pass. Default 1e-6. */
  readonly epsilon?: number;
  /** For tests. Default: by adapter and columns. */
  readonly form?: LayerNormBackwardForm;
}

/** Gradients of a layer norm. */
export interface LayerNormGradients {
  /** As `x`. */
  readonly dx: Tensor;
  /** `[columns]` f32. */
  readonly dWeight: Tensor;
  /** `[columns]` f32. */
  readonly dBias: Tensor;
}

/**
 * The gradient of `layerNorm` with respect to its input, weight and bias. Means and variances are
 * computed anew; sums over rows are made in stages of 64, in a fixed order.
 *
 * Source: Ba et al. 2016, arXiv 1607.06450, eq. 4, differentiated.
 *
 * @param dOut `[rows, columns]` f32; columns a multiple of 4.
 * @throws {ShapeError} when sizes disagree, columns is not a multiple of 4 or too many for `form`.
 */
export function layerNormBackward(
  gpu: Gpu,
  dOut: Tensor,
  { x, weight }: LayerNormRecord,
  { epsilon = 1e-6, lanes, form }: LayerNormBackwardOptions = {},
): LayerNormGradients {
  const { rows, columns } = expectShape("layerNormBackward: x", x, "[rows, columns]");
  expectShape("layerNormBackward: dOut", dOut, `[${rows}, ${columns}]`);
  expectShape("layerNormBackward: weight", weight, `[${columns}]`);
  if (columns % 4 !== 0) {
    throw new ShapeError(`layerNormBackward: columns must be a multiple of 4, got ${columns}`);
  }
  const dx = gpu.empty([rows, columns]);
  return gpu.scope(() => {
    const statistics = gpu.empty([rows, 2]);
    const tensors = { dOut, x, weight, dx, statistics };
    const params = { rows, columns, epsilon };
    if ((form ?? layerNormBackwardForms(gpu, columns)[0]) === "subgroup") {
      runSubgroups(gpu, tensors, params);
    } else {
      const { launch, across } = rowGrid(gpu, rows, { lanes });
      gpu.run(layerNormBackwardKernel, { ...tensors, params: { ...params, across } }, launch);
    }
    return { dx, ...sumsOverRows(gpu, tensors) };
  });
}

/**
 * Every form for such rows on this adapter, the default first: on CPU adapters a subgroup where it can
 * hold a row.
 */
export function layerNormBackwardForms(gpu: Gpu, columns: number): LayerNormBackwardForm[] {
  const { software, subgroupSize } = gpu.adapter;
  if (quadsPerLane(gpu, columns) === undefined) return ["lanes"];
  return software && subgroupSize! >= LANES ? ["subgroup", "lanes"] : ["lanes", "subgroup"];
}

/** The smallest variant that holds a row, if any does. */
function quadsPerLane({ adapter: { subgroupSize } }: Gpu, columns: number): number | undefined {
  return QUADS.find((quads) => 4 * quads * (subgroupSize ?? 0) >= columns);
}

interface BackwardTensors extends LayerNormRecord {
  readonly dOut: Tensor;
  readonly dx: Tensor;
  readonly statistics: Tensor;
}

function runSubgroups(
  gpu: Gpu,
  tensors: BackwardTensors,
  params: { readonly rows: number; readonly columns: number; readonly epsilon: number },
): void {
  const quads = quadsPerLane(gpu, params.columns);
  if (quads === undefined) {
    throw new ShapeError(
      `layerNormBackward: form subgroup needs subgroups of one size that hold a row, got ` +
        `${gpu.adapter.subgroupSize} lanes for ${params.columns} columns; leave the form out`,
    );
  }
  gpu.run(layerNormBackwardSubgroupKernel, { ...tensors, params }, {
    workgroups: [Math.ceil(params.rows / layerNormBackwardSubgroupKernel.overrides.ROWS)],
    overrides: { WORKGROUP: gpu.adapter.subgroupSize! },
    variants: { QUADS: quads },
  });
}

/** The gradients of weight and bias, in stages. */
function sumsOverRows(
  gpu: Gpu,
  { dOut, x, statistics }: BackwardTensors,
): Omit<LayerNormGradients, "dx"> {
  const [rows, columns] = x.shape;
  const slices = Math.max(1, Math.ceil(rows / SLICE_ROWS));
  const [dWeight, dBias] = [gpu.empty([slices, columns]), gpu.empty([slices, columns])];
  const quads = columns / 4;
  const count = slices * quads;
  const { workgroups, row } = grid1d(count, layerNormBackwardSumsKernel.overrides.WORKGROUP);
  gpu.run(layerNormBackwardSumsKernel, {
    ...{ dOut, x, statistics, dWeight, dBias },
    params: { count, row, rows, quads, sliceRows: SLICE_ROWS },
  }, { workgroups });
  return { dWeight: columnSums(gpu, dWeight), dBias: columnSums(gpu, dBias) };
}
