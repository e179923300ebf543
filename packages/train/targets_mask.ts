/** The mask features have one cell for so many pixels, in each direction. */
export const MASK_STRIDE = 4;

/** What each output place mixes along one side: `first` and the place after it, in whole weights. */
interface Taps {
  readonly first: Int32Array;
  /** Weight of the place after `first`, out of `2 × outputs`; `first` has the rest. */
  readonly nextWeight: Int32Array;
}

/**
 * Bilinear taps without antialiasing, pixel centres at halves: output i lies at
 * (i + ½) · inputs / outputs − ½ = ((2i + 1) · inputs − outputs) / (2 · outputs). A side is at least
 * halved here, so that both taps are inside.
 */
function tapsOf(inputs: number, outputs: number): Taps {
  const first = new Int32Array(outputs);
  const nextWeight = new Int32Array(outputs);
  for (let i = 0; i < outputs; i++) {
    const place = (2 * i + 1) * inputs - outputs;
    first[i] = Math.floor(place / (2 * outputs));
    nextWeight[i] = place % (2 * outputs);
  }
  return { first, nextWeight };
}

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
  const [down, across] = [tapsOf(height, rows), tapsOf(width, columns)];
  // Weights of a pixel sum to (2 · rows) · (2 · columns).
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
