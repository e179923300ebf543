import { bilinearTaps } from "./targets_taps.ts";

/** The mask features have one cell for so many pixels, in each direction. */
export const MASK_STRIDE = 4;

/** A side of a mask at a quarter of its size: halves up. */
const quarterSide = (side: number): number => Math.floor(side / MASK_STRIDE + 0.5);

/**
 * Writes masks of one picture at a quarter of their size, as bits into the top left corner of an empty
 * canvas of mask features. A pixel is set where the bilinear mean of four is at least ½: computed in
 * whole numbers, hence exact.
 *
 * Source: Wang et al. 2020 (SOLOv2), arXiv 2003.10152, whose code resizes bytes as OpenCV does.
 *
 * @param size `[height, width]` of the masks.
 * @param canvas `[rows, columns]` of the mask features; not smaller than the quarter.
 * @returns `write`, which sets the bits of a mask: pixel p, row by row, is bit p % 32 of word p / 32.
 */
export function quarterMasks(
  [height, width]: readonly [number, number],
  canvas: readonly [rows: number, columns: number],
): (mask: Uint8Array, words: Uint32Array) => void {
  const [rows, columns] = [quarterSide(height), quarterSide(width)];
  const [down, across] = [bilinearTaps(height, rows), bilinearTaps(width, columns)];
  // Weights of a pixel sum to (2 · rows) · (2 · columns). Sides are at least halved, so that the place
  // after the first one is always inside.
  const half = 2 * rows * columns;
  return (mask, words) => {
    for (let y = 0; y < rows; y++) {
      const row = down.first[y] * width;
      const weight = down.nextWeight[y];
      for (let x = 0; x < columns; x++) {
        const at = row + across.first[x];
        const toRight = across.nextWeight[x];
        const toLeft = 2 * columns - toRight;
        const sum = (2 * rows - weight) *
            (toLeft * set(mask[at]) + toRight * set(mask[at + 1])) +
          weight * (toLeft * set(mask[at + width]) + toRight * set(mask[at + width + 1]));
        if (sum < half) continue;
        const p = y * canvas[1] + x;
        words[p >>> 5] |= 1 << (p & 31);
      }
    }
  };
}

const set = (value: number): number => value === 0 ? 0 : 1;
