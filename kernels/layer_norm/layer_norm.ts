import { expectShape, type Gpu, MAX_WORKGROUPS, ShapeError, type Tensor } from "@fiedler/gpu";
import { layerNormKernel } from "./layer_norm.gen.ts";
import { layerNormSubgroupKernel } from "./layer_norm_subgroup.gen.ts";
import { layerNormWorkgroupKernel } from "./layer_norm_workgroup.gen.ts";

/** Scale and shift of a layer norm. */
export interface LayerNormWeights {
  /** `[columns]` f32. */
  readonly weight: Tensor;
  /** `[columns]` f32. */
  readonly bias: Tensor;
}

/** What computes a row. They round differently, so that nothing measured may choose. */
export type LayerNormForm = "invocation" | "subgroup" | "workgroup";

/** Quads of a row that a lane can keep: variants of the subgroup's form. */
const QUADS = [6, 12, 24, 32];

/**
 * Lanes from which on CPU adapters take the subgroup's form: a third of the time on llvmpipe, of 8,
 * whose driver keeps what it compiled in 1.3 s. With 4 a row needs twice the registers, which
 * SwiftShader compiles anew for seconds.
 */
const LANES = 8;

/**
 * Normalises each row to mean 0 and variance 1, then scales and shifts each column.
 *
 * Source: Ba et al. 2016, arXiv 1607.06450, eq. 4.
 *
 * @param x `[rows, columns]` f32; columns a multiple of 4.
 * @param epsilon added to the variance. Default 1e-6: all the ViTs of the paper.
 * @param form for tests. Default: by adapter and columns.
 * @returns `[rows, columns]` f32.
 * @throws {ShapeError} when sizes disagree, columns is not a multiple of 4 or too many for `form`.
 */
export function layerNorm(
  gpu: Gpu,
  x: Tensor,
  { weight, bias }: LayerNormWeights,
  epsilon = 1e-6,
  form?: LayerNormForm,
): Tensor {
  const { rows, columns } = expectShape("layerNorm: x", x, "[rows, columns]");
  expectShape("layerNorm: weight", weight, `[${columns}]`);
  expectShape("layerNorm: bias", bias, `[${columns}]`);
  if (columns % 4 !== 0) {
    throw new ShapeError(`layerNorm: columns must be a multiple of 4, got ${columns}`);
  }
  const out = gpu.empty([rows, columns]);
  const tensors = { x, weight, bias, out };
  const params = { rows, columns, epsilon };
  switch (form ?? layerNormForm(gpu, columns)) {
    case "invocation":
      gpu.run(layerNormKernel, { ...tensors, params }, {
        workgroups: [Math.ceil(rows / layerNormKernel.overrides.WORKGROUP)],
      });
      break;
    case "subgroup": {
      const quads = quadsPerLane(gpu, columns);
      if (quads === undefined) {
        throw new ShapeError(
          `layerNorm: form subgroup needs subgroups of one size that hold a row, got ` +
            `${gpu.adapter.subgroupSize} lanes for ${columns} columns; leave the form out`,
        );
      }
      gpu.run(layerNormSubgroupKernel, { ...tensors, params }, {
        workgroups: [Math.ceil(rows / layerNormSubgroupKernel.overrides.ROWS)],
        overrides: { WORKGROUP: gpu.adapter.subgroupSize! },
        variants: { QUADS: quads },
      });
      break;
    }
    case "workgroup": {
      const stride = Math.max(1, Math.min(rows, MAX_WORKGROUPS));
      gpu.run(layerNormWorkgroupKernel, { ...tensors, params: { ...params, stride } }, {
        workgroups: [stride, Math.ceil(rows / stride)],
      });
    }
  }
  return out;
}

/** A workgroup on cards; on CPU adapters a subgroup where it can hold a row, else an invocation. */
export function layerNormForm(gpu: Gpu, columns: number): LayerNormForm {
  if (!gpu.adapter.software) return "workgroup";
  const fits = (gpu.adapter.subgroupSize ?? 0) >= LANES && quadsPerLane(gpu, columns) !== undefined;
  return fits ? "subgroup" : "invocation";
}

/** The smallest variant that holds a row, if any does. */
function quadsPerLane({ adapter: { subgroupSize } }: Gpu, columns: number): number | undefined {
  return QUADS.find((quads) => 4 * quads * (subgroupSize ?? 0) >= columns);
}
