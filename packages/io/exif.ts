import { viewOf } from "./bytes.ts";
import type { RgbImage } from "./rgb.ts";

/**
 * How stored pixels must be turned to stand upright (EXIF tag 0x0112): 1 as stored, 2 mirrored,
 * 3 by 180°, 4 flipped, 5 transposed, 6 by 90° clockwise, 7 transversed, 8 by 90° anticlockwise.
 */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const ORIENTATION_TAG = 0x0112;
const SHORT = 3;

/**
 * Orientation in an EXIF block, the TIFF structure inside a JPEG's APP1 or a PNG's eXIf.
 *
 * @param tiff From the byte order mark (`II` or `MM`) on.
 * @returns `undefined` where the block has no such tag.
 * @throws {RangeError} when the block is malformed or the value is not 1 to 8.
 */
export function readOrientation(tiff: Uint8Array): Orientation | undefined {
  const view = viewOf(tiff);
  const order = view.getUint16(0);
  if (order !== 0x4949 && order !== 0x4d4d) throw new RangeError("no byte order mark");
  const little = order === 0x4949;
  if (view.getUint16(2, little) !== 42) throw new RangeError("no TIFF magic number");
  const directory = view.getUint32(4, little);
  const entries = view.getUint16(directory, little);
  for (let i = 0; i < entries; i++) {
    const entry = directory + 2 + 12 * i;
    if (view.getUint16(entry, little) !== ORIENTATION_TAG) continue;
    const type = view.getUint16(entry + 2, little);
    const value = view.getUint16(entry + 8, little);
    if (type !== SHORT || value < 1 || value > 8) {
      throw new RangeError(`orientation must be a SHORT of 1 to 8, got type ${type}: ${value}`);
    }
    return value as Orientation;
  }
}

/** Turns stored pixels upright: one of the eight mirrorings and quarter turns of EXIF. */
export function applyOrientation(image: RgbImage, orientation: Orientation): RgbImage {
  if (orientation === 1) return image;
  const { width: storedWidth, height: storedHeight, data: stored } = image;
  const turned = orientation >= 5;
  const width = turned ? storedHeight : storedWidth;
  const height = turned ? storedWidth : storedHeight;
  const data = new Uint8Array(stored.length);
  const flipX = [2, 3, 7, 8].includes(orientation); // in stored coordinates
  const flipY = [3, 4, 6, 7].includes(orientation);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += 3) {
      const u = turned ? y : x;
      const v = turned ? x : y;
      const column = flipX ? storedWidth - 1 - u : u;
      const row = flipY ? storedHeight - 1 - v : v;
      const from = 3 * (row * storedWidth + column);
      data[to] = stored[from];
      data[to + 1] = stored[from + 1];
      data[to + 2] = stored[from + 2];
    }
  }
  return { width, height, data };
}
