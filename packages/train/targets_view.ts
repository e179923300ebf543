import type { RgbImage } from "@fiedler/io";

/** An object in a picture. */
export interface Instance {
  /** `[height, width]` of its picture, row by row; 0 outside the object, 1 inside. */
  readonly mask: Uint8Array;
  /** Class, from 0. Proposals have one class: 0. */
  readonly label: number;
}

/** A picture as the network sees it in training, and the objects in it in annotation order. */
export interface TrainingView extends RgbImage {
  /** May be empty. */
  readonly instances: readonly Instance[];
}

/** Where a mask lies, in whole numbers. */
export interface Extent {
  /** Pixels of the mask, at least 1. */
  readonly area: number;
  /** Columns of the tight box. */
  readonly width: number;
  /** Rows of the tight box. */
  readonly height: number;
  /** Sum of the column indices of its pixels: area × the centre of mass. */
  readonly sumX: number;
  /** Sum of the row indices of its pixels. */
  readonly sumY: number;
}

/** The extent of a mask of rows of `columns` pixels; null of an empty one. */
export function extentOf(mask: Uint8Array, columns: number): Extent | null {
  let [area, sumX, sumY] = [0, 0, 0];
  let [left, right, top, bottom] = [columns, -1, -1, -1];
  for (let row = 0, y = 0; row < mask.length; row += columns, y++) {
    let inRow = 0;
    for (let x = 0; x < columns; x++) {
      if (mask[row + x] === 0) continue;
      inRow++;
      sumX += x;
      if (x < left) left = x;
      if (x > right) right = x;
    }
    if (inRow === 0) continue;
    area += inRow;
    sumY += inRow * y;
    if (top < 0) top = y;
    bottom = y;
  }
  if (area === 0) return null;
  return { area, width: right - left + 1, height: bottom - top + 1, sumX, sumY };
}

/**
 * Checks that masks are of their picture's size and labels are classes.
 *
 * @param where names the caller in the message.
 * @throws {RangeError} when one is not.
 */
export function expectInstances(
  where: string,
  { width, height, instances }: Pick<TrainingView, "width" | "height" | "instances">,
): void {
  instances.forEach(({ mask, label }, i) => {
    if (mask.length !== height * width) {
      throw new RangeError(
        `${where}: the mask of instance ${i} must have ${height} × ${width} entries, ` +
          `got ${mask.length}`,
      );
    }
    if (!Number.isInteger(label) || label < 0) {
      throw new RangeError(
        `${where}: the label of instance ${i} must be a whole number from 0, got ${label}`,
      );
    }
  });
}
