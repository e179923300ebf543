import { expectShape, type Gpu, reshape, type Tensor } from "@fiedler/gpu";
import { type CosineAffinityOptions, KINDS, valueRange } from "../affinity/cosine_affinity.ts";
import { invSqrtDegreeKernel } from "../affinity/inv_sqrt_degree.gen.ts";
import { l2Normalise } from "../affinity/l2_normalise.ts";
import { normalizeColumns } from "../affinity/normalize_affinity.ts";
import { rowLaunch } from "../affinity/row_launch.ts";
import { panelProduct, type SymmetricOperator } from "../eigen/symmetric_product.ts";
import { matmulTransposed } from "../matmul/matmul.ts";
import { panelEdgesKernel } from "./panel_edges.gen.ts";

/** Options of {@linkcode panelGraph}; those of `cosineAffinity` besides. */
export interface PanelGraphOptions extends CosineAffinityOptions {
  /** Columns of a panel. Default: as many as the adapter binds at once. */
  readonly columns?: number;
}

/** The normalised affinities of graphs, cut into panels of columns. */
export interface PanelGraph {
  /** `[images, patches, columns]` f32, from left to right. */
  readonly panels: readonly Tensor[];
  /** `[images, patches]` f32: degree^(-1/2). */
  readonly invSqrtDegree: Tensor;
}

/** Whether a graph is larger than the adapter binds at once. */
export const needsPanels = (gpu: Gpu, images: number, patches: number): boolean =>
  4 * images * patches ** 2 > gpu.device.limits.maxStorageBufferBindingSize;

/**
 * The normalised patch graphs D^(-1/2) W D^(-1/2), with the edges of `cosineAffinity`, in tensors
 * that the adapter can bind: for more patches than `cosineAffinity` has room for.
 *
 * Source: von Luxburg 2007, §3.2.
 *
 * @param keys `[images, patches, dim]` f32.
 * @throws {ShapeError} when `keys` has another rank.
 *
 * @example
 * ```ts
 * import { Gpu } from "@fiedler/gpu";
 * import { panelGraph, panelOperator, topEigenvectors } from "@fiedler/kernels";
 * import assert from "node:assert/strict";
 *
 * const gpu = await Gpu.open();
 * const keys = gpu.upload(Float32Array.of(1, 0, 1, 0, 0, 1, 0, 1), [1, 4, 2]); // two and two
 * const graph = panelGraph(gpu, keys, { columns: 3 }); // of 3 columns and of 1
 * const { values } = topEigenvectors(gpu, panelOperator(gpu, graph), { count: 2 });
 * const [first, second] = await gpu.read(values);
 * assert.ok(Math.abs(first - 1) < 1e-5 && Math.abs(second - 1) < 1e-5); // two pieces
 * gpu.close();
 * ```
 */
export function panelGraph(
  gpu: Gpu,
  keys: Tensor,
  {
    kind = "relu",
    threshold = 0.2,
    epsilon = 1e-5,
    diagonal = "dropped",
    columns = defaultColumns(gpu, keys),
  }: PanelGraphOptions = {},
): PanelGraph {
  const { images, patches, dim } = expectShape("panelGraph: keys", keys, "[images, patches, dim]");
  return gpu.scope(() => {
    const flat = l2Normalise(gpu, reshape(keys, [images * patches, dim]));
    const units = reshape(flat, [images, patches, dim]);
    const panels: Tensor[] = [];
    for (let first = 0; first < patches; first += columns) {
      const rows = rowsOf(gpu, units, first, Math.min(columns, patches - first));
      panels.push(matmulTransposed(gpu, units, rows)); // [images, patches, columns]
    }
    const range = kind === "minmax" ? rangeOf(gpu, panels) : gpu.empty([images, 2]);
    const edges = {
      ...{ nodes: patches, kind: KINDS.indexOf(kind), threshold, epsilon },
      drop_diagonal: diagonal === "dropped" ? 1 : 0,
    };
    eachPanel(panels, (panel, first) => {
      const params = { ...edges, columns: panel.shape[2], first };
      const groups = Math.ceil(params.columns / panelEdgesKernel.overrides.WORKGROUP);
      gpu.run(panelEdgesKernel, { range, panel, params }, {
        workgroups: [groups, patches, images],
      });
    });
    const invSqrtDegree = degrees(gpu, panels);
    eachPanel(panels, (panel, first) => normalizeColumns(gpu, panel, invSqrtDegree, first));
    return { panels, invSqrtDegree };
  });
}

/** The operator of a graph in panels. */
export function panelOperator(gpu: Gpu, { panels }: PanelGraph): SymmetricOperator {
  const [images, nodes] = panels[0].shape;
  return { images, nodes, product: (x, options) => panelProduct(gpu, panels, x, options) };
}

/** As many columns as the adapter binds, whole rows of subgroups of any size. */
function defaultColumns(gpu: Gpu, { shape: [images, patches] }: Tensor): number {
  const most = gpu.device.limits.maxStorageBufferBindingSize / (4 * images * patches);
  return Math.max(1, Math.floor(most / 64) * 64);
}

/** Rows of each matrix, as matrices of their own. */
function rowsOf(gpu: Gpu, x: Tensor, first: number, count: number): Tensor {
  const [images, rows, columns] = x.shape;
  const out = gpu.empty([images, count, columns]);
  for (let image = 0; image < images; image++) {
    const offset = x.offset + 4 * (image * rows + first) * columns;
    gpu.copy({ ...x, offset, shape: [count, columns] }, out, image * count * columns);
  }
  return out;
}

function eachPanel(panels: readonly Tensor[], body: (panel: Tensor, first: number) => void): void {
  let first = 0;
  for (const panel of panels) {
    body(panel, first);
    first += panel.shape[2];
  }
}

/** Smallest and largest cosine of each graph: `[images, 2]`. */
function rangeOf(gpu: Gpu, panels: readonly Tensor[]): Tensor {
  const [images] = panels[0].shape;
  const ranges = gpu.empty([images, panels.length, 2]);
  panels.forEach((panel, at) => {
    const range = valueRange(gpu, panel);
    for (let image = 0; image < images; image++) {
      const one = { ...range, offset: range.offset + 8 * image, shape: [2] };
      gpu.copy(one, ranges, 2 * (image * panels.length + at));
    }
  });
  return reshape(valueRange(gpu, ranges), [images, 2]);
}

/** degree^(-1/2): a degree is the product with a column of ones, beside three of zeros. */
function degrees(gpu: Gpu, panels: readonly Tensor[]): Tensor {
  const [images, nodes] = panels[0].shape;
  const ones = Float32Array.from({ length: 4 * nodes }, (_, at) => at % 4 === 0 ? 1 : 0);
  const affinity = panelProduct(gpu, panels, gpu.upload(ones, [1, nodes, 4]));
  const rows = images * nodes;
  const out = gpu.empty([images, nodes]);
  const params = { rows, nodes: 4 };
  gpu.run(invSqrtDegreeKernel, { affinity, out, params }, rowLaunch(gpu, rows));
  return out;
}
