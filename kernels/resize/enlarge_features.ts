import { expectShape, formatShape, type Gpu, ShapeError, type Tensor } from "@fiedler/gpu";
import { enlargeFeaturesKernel } from "./enlarge_features.gen.ts";
import { expectSides } from "./resize.ts";

/**
 * Features on a finer grid, linear between cells; the corners of both grids coincide.
 *
 * Output row o lies at row `o · (rows − 1) / (rows · factor − 1)` of the input, columns likewise.
 *
 * Source: torch's `interpolate` with mode "bilinear", `align_corners=True`, as SelfMask (Shin 2022)
 * enlarges keys before it clusters them.
 *
 * @param features `[images, rows × columns, dim]` f32; dim a multiple of 4.
 * @param grid `[rows, columns]` of the input.
 * @param factor How many times finer on each axis, a whole number; 1 copies.
 * @returns `[images, rows × factor × columns × factor, dim]` f32.
 * @throws {ShapeError} when `features` does not fit the grid or dim is not a multiple of 4.
 * @throws {RangeError} when factor is not whole or a side is not 1 … 32767.
 */
export function enlargeFeatures(
  gpu: Gpu,
  features: Tensor,
  [rows, columns]: readonly [rows: number, columns: number],
  factor: number,
): Tensor {
  const name = "enlargeFeatures";
  const { images, patches, dim } = expectShape(
    `${name}: features`,
    features,
    "[images, patches, dim]",
  );
  if (!Number.isInteger(factor) || factor < 1) {
    throw new RangeError(`${name}: factor must be a whole number from 1 on, got ${factor}`);
  }
  const [outRows, outColumns] = [rows * factor, columns * factor];
  expectSides(name, [rows, columns, outRows, outColumns]);
  if (patches !== rows * columns) {
    const wanted = `[images, ${rows} × ${columns}, dim]`;
    throw new ShapeError(
      `${name}: features must be ${wanted}, got ${formatShape(features.shape)}`,
    );
  }
  if (dim % 4 !== 0) throw new ShapeError(`${name}: dim must be a multiple of 4, got ${dim}`);
  const quads = dim / 4;
  const out = gpu.empty([images, outRows * outColumns, dim]);
  gpu.run(
    enlargeFeaturesKernel,
    { features, out, params: { rows, columns, out_rows: outRows, out_columns: outColumns, quads } },
    {
      workgroups: [
        Math.ceil(outColumns * quads / enlargeFeaturesKernel.overrides.WORKGROUP),
        outRows,
        images,
      ],
    },
  );
  return out;
}
