import { rleFromGrid, rleToString } from "@fiedler/coco";
import { decodeImage, encodePng, ImageError, sha256Hex } from "@fiedler/io";
import type { MaskRecord, PictureRecord } from "@fiedler/pipeline";
import { overlay, type OverlayMask } from "@fiedler/report";
import { usage } from "./args.ts";
import { type Disk, exists } from "./disk.ts";
import { CliError, EXIT } from "./exit.ts";
import { gridOf } from "./mask_numbers.ts";
import { join } from "./paths.ts";
import type { RunFile } from "./run_file.ts";

/**
 * Draws masks over the picture that they were found in. A dropped mask has no outline of its own:
 * its patches are drawn.
 *
 * @param target A file that must not exist: a slip of the hand must not cost a photo.
 * @throws {CliError} exit 2 when the target exists, 3 when the picture is gone or another.
 */
export async function drawMasks(
  run: RunFile,
  record: PictureRecord,
  masks: readonly MaskRecord[],
  target: string,
  disk: Disk,
): Promise<void> {
  if (await exists(target)) {
    throw usage("the file exists, and is not written over", target, "choose another name");
  }
  const path = join(run.inputs.base, record.image);
  const bytes = await originalBytes(path, record);
  const { width, height, data } = await decode(bytes, path, Number(run.config["max-pixels"]));
  const outlines = masks.map((mask) => mask.segmentation ?? patchOutline(mask, record));
  const drawn = overlay({ width, height, data }, outlines, { opacity: 0.3 });
  await disk.writeWhole(target, encodePng({ width, height, channels: 3, data: drawn }));
}

async function originalBytes(path: string, { sha256 }: PictureRecord): Promise<Uint8Array> {
  const bytes = await Deno.readFile(path).catch((error: unknown) => {
    throw new CliError(EXIT.input, "the picture cannot be read", path, (error as Error).message);
  });
  if (await sha256Hex(bytes) === sha256) return bytes;
  const advice = "put the picture of the run back, or run again with this one";
  throw new CliError(EXIT.input, "the picture is another than in the run", path, advice);
}

async function decode(bytes: Uint8Array, path: string, maxPixels: number) {
  try {
    return await decodeImage(bytes, { maxPixels });
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    throw new CliError(EXIT.input, "the picture cannot be read", path, error.message);
  }
}

/** The patches of a mask at picture size; what was cropped off belongs to the last patches. */
function patchOutline({ grid }: MaskRecord, record: PictureRecord): OverlayMask {
  const { size, resized, patch } = record;
  const cells = (axis: 0 | 1) =>
    Int32Array.from({ length: size[axis] }, (_, i) => {
      const cell = Math.floor((i + 0.5) * resized[axis] / size[axis] / patch);
      return Math.min(cell, grid.size[axis] - 1);
    });
  const counts = rleFromGrid(gridOf(grid), grid.size[1], cells(0), cells(1));
  return { size, counts: rleToString(counts) };
}
