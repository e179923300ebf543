import { decodeRle, rleArea, rleBox, rleFromString } from "@fiedler/coco";
import { cyclic, luma, MASK_COLOURS, mix, type Rgb } from "./colour.ts";

/** A picture of 8-bit RGB pixels. */
export interface OverlayImage {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** `[height, width, 3]` row-major. */
  readonly data: Uint8Array;
}

/** A mask at picture size: compressed run lengths, `size` = `[height, width]`. */
export interface OverlayMask {
  /** `[height, width]`, that of the picture. */
  readonly size: readonly [number, number];
  /** COCO compressed run lengths. */
  readonly counts: string;
}

/** Options of {@linkcode overlay}. */
export interface OverlayOptions {
  /** Share of the colour in the fill, 0 to 1. Default 0.45: our choice. */
  readonly opacity?: number;
  /**
   * Width of the outline in pixels, inside the mask. Default 2 for pictures of up to 640 pixels a
   * side, in proportion above.
   */
  readonly outlinePixels?: number;
  /** Mask i gets colour i modulo their number. Default {@linkcode MASK_COLOURS}. */
  readonly colours?: readonly Rgb[];
}

/**
 * Draws masks over a picture: a see-through fill and an outline.
 *
 * The smallest mask is painted last, so that each stays visible. Colours go by the place in `masks`,
 * not by painting order. The outline is the colour, lighter on dark ground and darker on light.
 *
 * @param image `[height, width, 3]` RGB; not changed.
 * @param masks Kept masks, all of the size of the picture.
 * @returns `[height, width, 3]` RGB.
 * @throws {RangeError} when a size differs or run lengths do not fill the picture.
 */
export function overlay(
  image: OverlayImage,
  masks: readonly OverlayMask[],
  options: OverlayOptions = {},
): Uint8Array {
  const { width, height, data } = image;
  const { opacity = 0.45, colours = MASK_COLOURS } = options;
  const radius = options.outlinePixels ?? Math.max(2, Math.round(Math.max(width, height) / 320));
  if (data.length !== width * height * 3) {
    throw new RangeError(`overlay: image must be [${height}, ${width}, 3], got ${data.length}`);
  }
  const parsed = masks.map(({ size, counts }, index) => {
    if (size[0] !== height || size[1] !== width) {
      throw new RangeError(
        `overlay: mask ${index} must be [${height}, ${width}], got [${size.join(", ")}]`,
      );
    }
    const runs = rleFromString(counts);
    return { index, runs, area: rleArea(runs) };
  });
  const out = data.slice();
  for (const { index, runs } of parsed.sort((a, b) => b.area - a.area || a.index - b.index)) {
    const mask = decodeRle(runs, height, width);
    const box = rleBox(runs, height);
    paint(out, mask, erode(mask, width, box, radius), width, box, cyclic(colours, index), opacity);
  }
  return out;
}

type Box = readonly [x: number, y: number, width: number, height: number];

function paint(
  out: Uint8Array,
  mask: Uint8Array,
  core: Uint8Array,
  width: number,
  [left, top, boxWidth, boxHeight]: Box,
  colour: Rgb,
  opacity: number,
): void {
  const ground = meanLuma(out, mask, width, [left, top, boxWidth, boxHeight]);
  const outline = ground < 128 ? mix(colour, [255, 255, 255], 0.25) : mix(colour, [0, 0, 0], 0.25);
  for (let y = top; y < top + boxHeight; y++) {
    for (let i = y * width + left; i < y * width + left + boxWidth; i++) {
      if (!mask[i]) continue;
      const tint = core[i] ? colour : outline;
      const share = core[i] ? opacity : 1;
      for (let c = 0; c < 3; c++) {
        out[i * 3 + c] = Math.round(out[i * 3 + c] + (tint[c] - out[i * 3 + c]) * share);
      }
    }
  }
}

function meanLuma(out: Uint8Array, mask: Uint8Array, width: number, box: Box): number {
  const [left, top, boxWidth, boxHeight] = box;
  let sum = 0;
  let pixels = 0;
  for (let y = top; y < top + boxHeight; y++) {
    for (let i = y * width + left; i < y * width + left + boxWidth; i++) {
      if (!mask[i]) continue;
      sum += luma([out[i * 3], out[i * 3 + 1], out[i * 3 + 2]]);
      pixels++;
    }
  }
  return pixels === 0 ? 0 : sum / pixels;
}

/**
 * The pixels of a mask that are more than `radius` from its border, by rows and by columns.
 *
 * Beyond the picture counts as outside, so that an outline is always closed. Two sweeps, each in
 * time proportional to the box: a pixel stays when the run it is in reaches far enough both ways.
 */
function erode(mask: Uint8Array, width: number, box: Box, radius: number): Uint8Array {
  const [left, top, boxWidth, boxHeight] = box;
  const core = mask.slice();
  const trimRuns = (start: number, step: number, length: number) => {
    for (let i = 0, run = 0; i <= length; i++) {
      if (i < length && core[start + i * step]) {
        run++;
        continue;
      }
      for (let j = 0; j < Math.min(run, radius); j++) {
        core[start + (i - run + j) * step] = 0;
        core[start + (i - 1 - j) * step] = 0;
      }
      run = 0;
    }
  };
  for (let y = top; y < top + boxHeight; y++) trimRuns(y * width + left, 1, boxWidth);
  for (let x = left; x < left + boxWidth; x++) trimRuns(top * width + x, width, boxHeight);
  return core;
}
