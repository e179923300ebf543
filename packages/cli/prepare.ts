import {
  decodeImage,
  encodeJpeg,
  encodePng,
  ImageError,
  planSize,
  prepareImage,
  resizeImage,
  type RgbImage,
  sha256Hex,
} from "@fiedler/io";
import { overlay, type OverlayMask } from "@fiedler/report";
import type { PreparedPicture } from "./engine.ts";
import type { Readable } from "./picture_run.ts";
import { skipReason } from "./skip_reason.ts";

/** What it takes to read one picture. */
export interface PrepareTask {
  readonly kind: "prepare";
  readonly path: string;
  readonly image: string;
  readonly id: number;
  /** Resize rule, as `planSize` takes it. */
  readonly rule: string;
  readonly patch: number;
  /** Pictures of more patches are skipped. */
  readonly maxPatches: number;
  readonly maxPixels: number;
  /** Whether the report shows this picture. */
  readonly thumbnail: boolean;
  /** Whether masks will be drawn over this picture. */
  readonly overlay: boolean;
}

/** A picture ready for the GPU, or why it is not. */
export type Prepared = Readable<{
  readonly picture: PreparedPicture;
  /** JPEG, base64; empty unless asked for. */
  readonly thumbnail: string;
  /** The upright picture, kept for its overlay unless it is large. */
  readonly original: RgbImage | null;
}>;

/** Masks to draw over a picture. */
export interface DrawTask {
  readonly kind: "draw";
  readonly path: string;
  readonly maxPixels: number;
  readonly original: RgbImage | null;
  readonly masks: readonly OverlayMask[];
}

/** Larger pictures are decoded again for their overlay, so that memory stays bounded. */
export const KEEP_PIXELS = 4e6;
const THUMBNAIL_PIXELS = 512;

/** Reads, decodes and resizes one picture. */
export async function preparePicture(task: PrepareTask): Promise<Prepared> {
  try {
    const bytes = await Deno.readFile(task.path);
    const decoded = await decodePicture(bytes, task.maxPixels);
    expectPatches(decoded, task);
    const { image: pixels, plan } = prepareImage(decoded, task.rule, task.patch);
    const keep = task.overlay && decoded.width * decoded.height <= KEEP_PIXELS;
    return {
      ok: true,
      picture: {
        image: task.image,
        id: task.id,
        sha256: await sha256Hex(bytes),
        size: [decoded.height, decoded.width],
        resized: [plan.resized.height, plan.resized.width],
        pixels,
      },
      thumbnail: task.thumbnail ? await thumbnailOf(decoded) : "",
      original: keep ? decoded : null,
    };
  } catch (error) {
    return { ok: false, ...skipReason(error) };
  }
}

/** Refuses a picture of too many patches before it is enlarged to that size. */
function expectPatches({ width, height }: RgbImage, { rule, patch, maxPatches }: PrepareTask) {
  const { grid: { rows, columns } } = planSize(width, height, rule, patch);
  if (rows * columns <= maxPatches) return;
  throw new ImageError(
    "too-large",
    `image: ${width} × ${height} pixels make ${rows} × ${columns} patches at ${rule}, ` +
      `at most ${maxPatches} are taken; see --resize`,
  );
}

/** Draws masks over a picture. Returns a PNG. */
export async function drawOverlay(
  { path, maxPixels, original, masks }: DrawTask,
): Promise<Uint8Array<ArrayBuffer>> {
  const { width, height, data } = original ??
    await decodePicture(await Deno.readFile(path), maxPixels);
  const drawn = overlay({ width, height, data }, masks);
  return encodePng({ width, height, channels: 3, data: drawn });
}

/** A picture, upright. */
export async function decodePicture(bytes: Uint8Array, maxPixels: number): Promise<RgbImage> {
  const { width, height, data } = await decodeImage(bytes, { maxPixels });
  return { width, height, data };
}

async function thumbnailOf(image: RgbImage): Promise<string> {
  const scale = Math.min(1, THUMBNAIL_PIXELS / Math.max(image.width, image.height));
  const width = Math.max(1, Math.round(image.width * scale));
  const height = Math.max(1, Math.round(image.height * scale));
  const jpeg = await encodeJpeg(resizeImage(image, { width, height }), 80);
  return jpeg.toBase64();
}
