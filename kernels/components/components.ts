import { expectShape, type Gpu, type Tensor } from "@fiedler/gpu";
import { componentMergeKernel } from "./component_merge.gen.ts";
import { componentNumberKernel } from "./component_number.gen.ts";
import { componentRunsKernel } from "./component_runs.gen.ts";
import { valueNumberKernel } from "./value_number.gen.ts";

/** What {@linkcode connectedComponents} writes for background cells. */
export const NO_COMPONENT = 0xffffffff;

/** Options of {@linkcode connectedComponents}. */
export interface ComponentsOptions {
  /** Neighbours of a cell: 4 share a side, 8 a side or a corner. Default 4. */
  readonly connectivity?: 4 | 8;
  /** Cells of this value belong to no component. Default: every cell belongs to one. */
  readonly background?: number;
}

/** What {@linkcode connectedComponents} returns. */
export interface Components {
  /** `[maps, rows, columns]` u32: 0, 1, … in raster order of the first cell; `NO_COMPONENT`. */
  readonly components: Tensor<"u32">;
  /** `[maps, rows, columns]` u32: first cell of component c at place c, unset from counts on. */
  readonly firsts: Tensor<"u32">;
  /** `[maps]` u32: number of components. */
  readonly counts: Tensor<"u32">;
}

/**
 * Connected components of label maps: cells connect when they are neighbours and equal in value,
 * so that a map of k labels is split in one go. A binary mask is the case `background: 0`.
 *
 * Three passes whatever the maps look like; every map is computed on its own.
 *
 * Source: Playne & Hawick 2018, union-find by atomic minimum.
 *
 * @param maps `[maps, rows, columns]` u32; maps ≤ 65535.
 * @throws {ShapeError} when `maps` has another shape.
 * @throws {RangeError} for a connectivity other than 4 or 8.
 */
export function connectedComponents(
  gpu: Gpu,
  maps: Tensor<"u32">,
  { connectivity = 4, background }: ComponentsOptions = {},
): Components {
  const { maps: count, rows, columns } = expectShape(
    "connectedComponents: maps",
    maps,
    "[maps, rows, columns]",
  );
  if (connectivity !== 4 && connectivity !== 8) {
    throw new RangeError(`connectedComponents: connectivity must be 4 or 8, got ${connectivity}`);
  }
  const cells = rows * columns;
  return gpu.scope(() => {
    const parents = gpu.empty([count, rows, columns], "u32");
    const lines = count * rows;
    gpu.run(componentRunsKernel, {
      values: maps,
      parents,
      params: {
        lines,
        rows,
        columns,
        background: background ?? 0,
        has_background: background === undefined ? 0 : 1,
      },
    }, { workgroups: [Math.ceil(lines / componentRunsKernel.overrides.WORKGROUP)] });
    gpu.run(componentMergeKernel, {
      values: maps,
      parents,
      params: { rows, columns, diagonals: connectivity === 8 ? 1 : 0 },
    }, { workgroups: [Math.ceil(cells / componentMergeKernel.overrides.WORKGROUP), count] });
    const components = gpu.empty([count, rows, columns], "u32");
    const firsts = gpu.empty([count, rows, columns], "u32");
    const counts = gpu.empty([count], "u32");
    gpu.run(
      componentNumberKernel,
      { parents, components, firsts, counts, params: { cells } },
      { workgroups: [count] },
    );
    return { components, firsts, counts };
  });
}

/** Values of a map that {@linkcode numberValues} can tell apart. */
export const MOST_VALUES = 64;

/**
 * Label maps as components that need not be connected: all cells of one value are one. Numbered as
 * {@linkcode connectedComponents} does, and taken by whatever takes those.
 *
 * @param maps `[maps, rows, columns]` u32, values below `values`; maps ≤ 65535.
 * @throws {ShapeError} when `maps` has another shape.
 * @throws {RangeError} for more than 64 values.
 */
export function numberValues(
  gpu: Gpu,
  maps: Tensor<"u32">,
  { values }: { readonly values: number },
): Components {
  const { maps: count, rows, columns } = expectShape(
    "numberValues: maps",
    maps,
    "[maps, rows, columns]",
  );
  if (values > MOST_VALUES) {
    throw new RangeError(`numberValues: values must be at most ${MOST_VALUES}, got ${values}`);
  }
  const components = gpu.empty([count, rows, columns], "u32");
  const firsts = gpu.empty([count, rows, columns], "u32");
  const counts = gpu.empty([count], "u32");
  gpu.run(
    valueNumberKernel,
    { values: maps, components, firsts, counts, params: { cells: rows * columns } },
    { workgroups: [count] },
  );
  return { components, firsts, counts };
}
