/**
 * Masks as SVG path data, from their run lengths.
 *
 * @module
 */
import { decodeRle, rleFromString } from "@fiedler/coco";
import { contour } from "@fiedler/report";

/** Longest side that outlines are followed at, in samples: finer than a screen shows. */
const LONGEST = 640;

/** Run lengths at some size, as records have them. */
export interface RleMask {
  readonly size: readonly [height: number, width: number];
  readonly counts: string;
}

/** An outline, in steps of `step` pixels. */
export interface Shape {
  readonly path: string;
  readonly step: number;
}

/** Shapes by run lengths: dragging a slider leaves most masks as they are. */
const known = new Map<string, Shape>();
const MOST_KNOWN = 500;

/** The outline of a mask; large ones are followed on every second pixel, or every third, … */
export function maskShape({ size, counts }: RleMask): Shape {
  const key = `${size.join()} ${counts}`;
  let shape = known.get(key);
  if (!shape) {
    const step = Math.ceil(Math.max(...size) / LONGEST);
    const { data, height, width } = sampleRle(rleFromString(counts), size, step);
    shape = { path: contour(data, height, width), step };
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(key, shape);
  }
  return shape;
}

/** The outline of a mask on the grid of patches, in patches. */
export function gridPath(grid: RleMask): string {
  return maskShape(grid).path;
}

/** The cells of a mask on the grid, `[rows, columns]` row-major, 0 or 1. */
export function gridCells({ size: [rows, columns], counts }: RleMask): Uint8Array {
  return decodeRle(rleFromString(counts), rows, columns);
}

/**
 * Every `step`-th pixel of a mask, from run lengths alone: pictures of many megapixels are never
 * written out.
 *
 * @param runs Column-major run lengths, background first.
 * @returns `[⌈height / step⌉, ⌈width / step⌉]` row-major, 0 or 1.
 */
export function sampleRle(
  runs: readonly number[],
  [height, width]: readonly [number, number],
  step: number,
): { readonly data: Uint8Array; readonly height: number; readonly width: number } {
  const [rows, columns] = [Math.ceil(height / step), Math.ceil(width / step)];
  const data = new Uint8Array(rows * columns);
  let end = 0; // of the run that the sample is in
  let run = -1;
  for (let column = 0; column < columns; column++) {
    for (let row = 0; row < rows; row++) {
      const at = column * step * height + row * step;
      while (end <= at) end += runs[++run];
      data[row * columns + column] = run % 2;
    }
  }
  return { data, height: rows, width: columns };
}
