import { expectShape, type Gpu, ShapeError, type Tensor } from "@fiedler/gpu";
import { colourNeighboursKernel } from "./colour_neighbours.gen.ts";
import { quarterLabKernel } from "./quarter_lab.gen.ts";

/** Options of {@linkcode quarterLab}, all in pixels but the grid. */
export interface QuarterLabOptions {
  /** `[height, width]` of the picture. */
  readonly size: readonly [number, number];
  /** `[rows, columns]` of the result: a quarter of the padded size. */
  readonly grid: readonly [number, number];
  /** `[height, width]` of what counts as picture, from the top left. Default: `size`. */
  readonly valid?: readonly [number, number];
}

/**
 * A picture at a quarter of its size in CIE Lab: the mean of each 4 × 4 pixels, cut to whole levels.
 *
 * Source: Tian et al. 2021 (BoxInst), arXiv 2012.02310, §3.2.
 *
 * @param rgb `[words]` u32: the bytes of `[height, width, 3]`, neither normalised nor padded.
 * @returns `[rows, columns, 4]` f32: L, a, b, and 1 where the pixel at the cell's middle is valid.
 * @throws {ShapeError} when the picture's bytes do not fit its words, or its grid.
 */
export function quarterLab(
  gpu: Gpu,
  rgb: Tensor<"u32">,
  { size, grid: [rows, columns], valid = size }: QuarterLabOptions,
): Tensor {
  const [height, width] = size;
  const { words } = expectShape("quarterLab: rgb", rgb, "[words]");
  const needed = Math.ceil(height * width * 3 / 4);
  if (words !== needed) {
    throw new ShapeError(
      `quarterLab: ${height} × ${width} pixels need ${needed} words, got ${words}`,
    );
  }
  if (height > 4 * rows || width > 4 * columns) {
    throw new ShapeError(
      `quarterLab: ${height} × ${width} pixels do not fit a grid of ${rows} × ${columns} quarters`,
    );
  }
  const out = gpu.empty([rows, columns, 4]);
  const [validHeight, validWidth] = valid;
  const params = { height, width, rows, columns, validHeight, validWidth };
  gpu.run(quarterLabKernel, { rgb, out, params }, {
    workgroups: [Math.ceil(rows * columns / quarterLabKernel.overrides.WORKGROUP)],
  });
  return out;
}

/**
 * Which of its eight neighbours, two pixels away, each pixel resembles in colour: those that are valid
 * and where exp(−½ |Lab_i − Lab_j|) is at least `similarity`.
 *
 * Source: Tian et al. 2021 (BoxInst), arXiv 2012.02310, §3.2, eq. 8.
 *
 * @param lab `[rows, columns, 4]` f32 of {@linkcode quarterLab}.
 * @param similarity in 0 … 1, above 0. Default 0.3 (BoxInst, §4.1; FreeSOLO).
 * @returns `[words]` u32: pixel i is byte i % 4 of word i / 4; bits are the neighbours in reading
 * order.
 * @throws {RangeError} when the similarity is not above 0 and at most 1.
 */
export function colourNeighbours(gpu: Gpu, lab: Tensor, similarity = 0.3): Tensor<"u32"> {
  const { rows, columns } = expectShape("colourNeighbours: lab", lab, "[rows, columns, 4]");
  if (!(similarity > 0 && similarity <= 1)) {
    throw new RangeError(
      `colourNeighbours: similarity must be above 0 and at most 1, got ${similarity}`,
    );
  }
  const words = Math.ceil(rows * columns / 4);
  const bits = gpu.empty([words], "u32");
  const params = { rows, columns, words, reach: -2 * Math.log(similarity) };
  gpu.run(colourNeighboursKernel, { lab, bits, params }, {
    workgroups: [Math.ceil(words / colourNeighboursKernel.overrides.WORKGROUP)],
  });
  return bits;
}
