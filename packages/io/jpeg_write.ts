import startEncoder, { type MozJPEGModule } from "@jsquash/jpeg/codec/enc/mozjpeg_enc.js";
import { defaultOptions } from "@jsquash/jpeg/meta.js";
import { type RgbImage, sizeText } from "./rgb.ts";

let encoder: Promise<MozJPEGModule> | undefined;

/**
 * Writes a JPEG with MozJPEG: for thumbnails, where a PNG would be ten times larger.
 *
 * @param quality 1 to 100. Default 80: our choice.
 * @throws {RangeError} when the quality or the picture's size is out of range.
 */
export async function encodeJpeg(
  { width, height, data }: RgbImage,
  quality = 80,
): Promise<Uint8Array<ArrayBuffer>> {
  if (!(quality >= 1 && quality <= 100)) {
    throw new RangeError(`encodeJpeg: quality must be 1 to 100, got ${quality}`);
  }
  const sides = [width, height].every((side) => Number.isInteger(side) && side > 0 && side < 65536);
  if (!sides || data.length !== 3 * width * height) {
    throw new RangeError(
      `encodeJpeg: need 1 to 65535 pixels a side and 3 bytes a pixel, ` +
        `got ${sizeText({ width, height })} and ${data.length} bytes`,
    );
  }
  const module = await (encoder ??= newEncoder());
  return module.encode(addAlpha(data), width, height, { ...defaultOptions, quality }).slice();
}

async function newEncoder(): Promise<MozJPEGModule> {
  try {
    return await startEncoder({ noInitialRun: true });
  } catch (cause) {
    encoder = undefined; // the next call tries again
    throw new Error("jpeg: the WebAssembly encoder could not be loaded", { cause });
  }
}

function addAlpha(rgb: Uint8Array): Uint8Array<ArrayBuffer> {
  const rgba = new Uint8Array(rgb.length / 3 * 4).fill(255);
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
    rgba[to] = rgb[from];
    rgba[to + 1] = rgb[from + 1];
    rgba[to + 2] = rgb[from + 2];
  }
  return rgba;
}
