import { expectShape, type Gpu, ShapeError, type Tensor } from "@fiedler/gpu";
import { rowGrid, type RowGridOptions } from "../reduce/row_grid.ts";
import { patchTargetsKernel } from "./patch_targets.gen.ts";

/** Options of {@linkcode patchTargets}. */
export interface PatchTargetsOptions extends RowGridOptions {
  /**
   * Added to the variance. Default 1e-3, our choice, of pixels from −1 to 1: a flat patch stays flat,
   * and its noise is not what a network learns. MAE has 1e-6.
   */
  readonly floor?: number;
}

/**
 * What a masked autoencoder is to predict: the pixels of each patch, less their mean, over their
 * unbiased deviation.
 *
 * Source: He et al. 2022 (MAE), arXiv 2111.06377, §4.1.
 *
 * @param x `[rows, columns]` f32, a patch a row; columns a multiple of 4, at least 8.
 * @returns As `x`.
 * @throws {ShapeError} for other shapes.
 */
export function patchTargets(
  gpu: Gpu,
  x: Tensor,
  { floor = 1e-3, lanes }: PatchTargetsOptions = {},
): Tensor {
  const { rows, columns } = expectShape("patchTargets: x", x, "[rows, columns]");
  if (columns % 4 !== 0 || columns < 8) {
    throw new ShapeError(
      `patchTargets: columns must be a multiple of 4 from 8 on, got ${columns}`,
    );
  }
  const out = gpu.empty([rows, columns]);
  const { launch, across } = rowGrid(gpu, rows, { lanes });
  gpu.run(patchTargetsKernel, { x, out, params: { rows, columns, floor, across } }, launch);
  return out;
}
