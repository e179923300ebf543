import { ImageError } from "./errors.ts";
import { type Filter, resizeImage } from "./resize.ts";
import { type RgbImage, type Size, sizeText } from "./rgb.ts";

/** How a picture of one size becomes a grid of patches. */
export interface SizePlan {
  /** The picture as it came. */
  readonly source: Size;
  /** After resizing, before cropping. */
  readonly resized: Size;
  /** The part used, from the top left corner: whole patches. */
  readonly crop: Size;
  /** Patches down and across. */
  readonly grid: { readonly rows: number; readonly columns: number };
}

const FORMS = "native, short:N, long:N or fixed:HxW with positive whole numbers";

/**
 * Plans the size at which a picture is looked at.
 *
 * - `native` keeps the size, as Deep Spectral Methods do;
 * - `short:N` makes the shorter side N pixels, `long:N` the longer one; the other side keeps the
 *   aspect, rounded to nearest (halves up);
 * - `fixed:HxW` stretches to H rows and W columns.
 *
 * Pixels right and below that fill no whole patch are cropped.
 *
 * ```ts
 * import { planSize } from "@fiedler/io";
 * import assert from "node:assert/strict";
 *
 * const { resized, crop, grid } = planSize(640, 427, "short:240", 16);
 * assert.deepEqual(resized, { width: 360, height: 240 });
 * assert.deepEqual(crop, { width: 352, height: 240 });
 * assert.deepEqual(grid, { rows: 15, columns: 22 });
 * ```
 *
 * @param patch Side of a patch in pixels.
 * @throws {RangeError} for a rule of no known form, or sizes that are not positive integers.
 * @throws {ImageError} `too-small` when not one patch fits.
 */
export function planSize(width: number, height: number, rule: string, patch: number): SizePlan {
  for (const [name, value] of Object.entries({ width, height, patch })) {
    if (Number.isSafeInteger(value) && value > 0) continue;
    throw new RangeError(`planSize: ${name} must be a positive integer, got ${value}`);
  }
  const source = { width, height };
  const resized = resizedBy(rule, source);
  const grid = {
    rows: Math.floor(resized.height / patch),
    columns: Math.floor(resized.width / patch),
  };
  if (grid.rows === 0 || grid.columns === 0) {
    throw new ImageError(
      "too-small",
      `image: ${sizeText(resized)} pixels (${sizeText(source)} by rule ${rule}) ` +
        `is less than one patch of ${
          sizeText({ width: patch, height: patch })
        }; ask for a larger size`,
    );
  }
  const crop = { width: grid.columns * patch, height: grid.rows * patch };
  return { source, resized, crop, grid };
}

function resizedBy(rule: string, { width, height }: Size): Size {
  if (rule === "native") return { width, height };
  const [, side, length] = /^(short|long):([1-9]\d{0,6})$/.exec(rule) ?? [];
  if (side) {
    const reference = side === "short" ? Math.min(width, height) : Math.max(width, height);
    // The product first: it is exact, so that the reference side comes out as N.
    const scaled = (value: number) => Math.round(value * Number(length) / reference);
    return { width: scaled(width), height: scaled(height) };
  }
  const [, rows, columns] = /^fixed:([1-9]\d{0,6})x([1-9]\d{0,6})$/.exec(rule) ?? [];
  if (rows) return { width: Number(columns), height: Number(rows) };
  throw new RangeError(`planSize: rule must be ${FORMS}, got ${JSON.stringify(rule)}`);
}

/**
 * Resizes and crops a picture to whole patches, as {@linkcode planSize} says.
 *
 * @throws {RangeError} for a rule of no known form.
 * @throws {ImageError} `too-small` when not one patch fits.
 */
export function prepareImage(
  image: RgbImage,
  rule: string,
  patch: number,
  filter?: Filter,
): { image: RgbImage; plan: SizePlan } {
  const plan = planSize(image.width, image.height, rule, patch);
  return { image: cropTopLeft(resizeImage(image, { ...plan.resized, filter }), plan.crop), plan };
}

function cropTopLeft(image: RgbImage, { width, height }: Size): RgbImage {
  if (width === image.width) {
    return { width, height, data: image.data.subarray(0, 3 * width * height) };
  }
  const data = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    const from = 3 * y * image.width;
    data.set(image.data.subarray(from, from + 3 * width), 3 * y * width);
  }
  return { width, height, data };
}
