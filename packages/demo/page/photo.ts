/** Longest side of what is drawn large and small, in pixels. */
const SIDES = { large: 1600, small: 320 };

/** A picture as the page draws it; what is computed on is its file. */
export interface Photo {
  readonly name: string;
  readonly file: Blob;
  /** Columns of its pixels, after EXIF orientation. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Address of a copy for the stage. */
  readonly large: string;
  /** Address of a copy for panels and thumbnails. */
  readonly small: string;
}

/**
 * Reads a picture for drawing. What is transparent lies on white, as for the network.
 *
 * @throws {DOMException} when the browser cannot decode it.
 */
export async function readPhoto(file: Blob, name: string): Promise<Photo> {
  const bitmap = await createImageBitmap(file);
  try {
    const { width, height } = bitmap;
    const [large, small] = await Promise.all(
      [SIDES.large, SIDES.small].map((side) => copy(bitmap, side)),
    );
    return { name, file, width, height, large, small };
  } finally {
    bitmap.close();
  }
}

/** Frees its copies. */
export function forgetPhoto({ large, small }: Photo): void {
  URL.revokeObjectURL(large);
  URL.revokeObjectURL(small);
}

/**
 * All its pixels.
 *
 * @returns `[height, width, 3]` RGB.
 */
export async function photoPixels({ file, width, height }: Photo): Promise<Uint8Array> {
  const bitmap = await createImageBitmap(file);
  const context = onWhite(bitmap, width, height);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) rgb.set(data.subarray(i * 4, i * 4 + 3), i * 3);
  return rgb;
}

async function copy(bitmap: ImageBitmap, side: number): Promise<string> {
  const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
  const size = (length: number) => Math.max(1, Math.round(length * scale));
  const { canvas } = onWhite(bitmap, size(bitmap.width), size(bitmap.height));
  const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.9 });
  return URL.createObjectURL(blob);
}

function onWhite(bitmap: ImageBitmap, width: number, height: number) {
  const context = new OffscreenCanvas(width, height).getContext("2d")!;
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  return context;
}
