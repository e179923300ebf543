import { type Gpu, ShapeError } from "@fiedler/gpu";
import type { Solov2Output } from "@fiedler/models";
import { findCells, kernelTable } from "./detect_cells.ts";
import { scoreMasks } from "./detect_masks.ts";
import { type DetectOptions, detectSettings } from "./detect_options.ts";
import { pasteDetections } from "./detect_paste.ts";
import type { Detection } from "./detection.ts";
import type { FittedSizes } from "./fitted_picture.ts";

/**
 * The objects that the heads of SOLOv2 found in pictures of one padded size.
 *
 * Cells that point NMS leaves and that are probable enough have their masks made; class score ×
 * maskness orders them, Matrix NMS lowers the scores of those that better ones cover, and what stays
 * is brought to the size of the picture as it was. The result of a picture does not depend on the
 * others, bit for bit. Three readbacks, more only for masks that exceed `blockBytes` together.
 *
 * Source: Wang et al. 2020 (SOLOv2), arXiv 2003.10152, §3.3 and §3.4, with the details of its code.
 *
 * @param output of the network; stays the caller's.
 * @param pictures as many as the output has images.
 * @returns for each picture its detections, best first.
 * @throws {ShapeError} when the pictures are not those of the output.
 * @throws {RangeError} for options that cannot be, or logits that are not finite.
 * @throws {GpuMemoryError} when a picture has more candidates than fit.
 */
export async function detect(
  gpu: Gpu,
  output: Solov2Output,
  pictures: readonly FittedSizes[],
  options: DetectOptions = {},
): Promise<Detection[][]> {
  const stride = strideOf(output, pictures);
  const settings = detectSettings(options);
  const { leastPixels = levelStrides(output.kernels.length, stride) } = settings;
  if (leastPixels.length !== output.kernels.length) {
    throw new RangeError(
      `detect: leastPixels must have one entry for each of ${output.kernels.length} levels, ` +
        `got ${leastPixels.length}`,
    );
  }
  const cells = await findCells(gpu, output, settings.scoreThreshold);
  if (cells.every(({ length }) => length === 0)) return pictures.map(() => []);
  const table = kernelTable(gpu, output);
  try {
    const scored = await scoreMasks(gpu, output, table, cells, { ...settings, leastPixels });
    return await pasteDetections(gpu, output, table, pictures, scored, settings);
  } finally {
    gpu.free(table.rows);
  }
}

/** Pixels from one cell to the next of each level: the finest is halved, the coarsest doubled. */
function levelStrides(levels: number, stride: number): number[] {
  return Array.from(
    { length: levels },
    (_, level) => stride * 2 ** Math.max(1, Math.min(level, levels - 2)),
  );
}

/** Pixels of the pictures to one of the mask features. */
function strideOf(
  { categories, kernels, features }: Solov2Output,
  pictures: readonly FittedSizes[],
): number {
  const [images, rows, columns] = features.shape;
  const stride = pictures.length > 0 ? pictures[0].padded[0] / rows : 0;
  const fits = images === pictures.length && categories.length === kernels.length &&
    Number.isInteger(stride) &&
    pictures.every(({ padded: [height, width], resized }) =>
      height === stride * rows && width === stride * columns && resized[0] <= height &&
      resized[1] <= width
    );
  if (fits) return stride;
  const sizes = pictures.map(({ padded }) => padded.join(" × ")).join(", ") || "none";
  throw new ShapeError(
    `detect: mask features [${features.shape.join(", ")}] need ${images} pictures, padded to a ` +
      `multiple of ${rows} × ${columns} pixels, got ${sizes}`,
  );
}
