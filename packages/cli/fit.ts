/** Pictures for a segmenter, read in a worker. */
import { type RgbImage, sha256Hex } from "@fiedler/io";
import { fitPicture, type FittedPicture } from "@fiedler/segmenter";
import type { Readable } from "./picture_run.ts";
import { decodePicture, KEEP_PIXELS } from "./prepare.ts";
import { skipReason } from "./skip_reason.ts";

/** What it takes to read one picture for a segmenter. */
export interface FitTask {
  readonly kind: "fit";
  readonly path: string;
  readonly image: string;
  readonly id: number;
  /** Pixels of the shorter side, unless the longer one would have more than `longest`. */
  readonly shortSide: number;
  readonly longest: number;
  /** Both sides are padded to multiples of this. */
  readonly multiple: number;
  readonly maxPixels: number;
  /** Whether masks will be drawn over this picture. */
  readonly overlay: boolean;
}

/** A picture ready for a segmenter, and where it is from. */
export interface FittedInput {
  readonly image: string;
  readonly id: number;
  readonly sha256: string;
  readonly picture: FittedPicture;
  /** The upright picture, kept for its overlay unless it is large. */
  readonly original: RgbImage | null;
}

/** Reads, decodes and resizes one picture. */
export async function readFitted(task: FitTask): Promise<Readable<FittedInput>> {
  try {
    const bytes = await Deno.readFile(task.path);
    const decoded = await decodePicture(bytes, task.maxPixels);
    const keep = task.overlay && decoded.width * decoded.height <= KEEP_PIXELS;
    return {
      ok: true,
      image: task.image,
      id: task.id,
      sha256: await sha256Hex(bytes),
      picture: fitPicture(decoded, task),
      original: keep ? decoded : null,
    };
  } catch (error) {
    return { ok: false, ...skipReason(error) };
  }
}
