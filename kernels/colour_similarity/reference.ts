/** CIE Lab (D65, 2°) of sRGB in 0 … 1. */
export function labOf(srgb: readonly number[]): [number, number, number] {
  const linear = srgb.map((c) => c > 0.04045 ? ((c + 0.055) / 1.055) ** 2.4 : c / 12.92);
  const f = [
    [0.412453 / 0.95047, 0.357580 / 0.95047, 0.180423 / 0.95047],
    [0.212671, 0.715160, 0.072169],
    [0.019334 / 1.08883, 0.119193 / 1.08883, 0.950227 / 1.08883],
  ].map((row) => {
    const t = row.reduce((sum, weight, i) => sum + weight * linear[i], 0);
    return t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116;
  });
  return [116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])];
}

/** Sizes as the kernel takes them. */
export interface QuarterLabSizes {
  readonly size: readonly [number, number];
  readonly grid: readonly [number, number];
  readonly valid: readonly [number, number];
}

/** A `[height, width, 3]` picture at a quarter of its size in Lab, and validity: `[rows, columns, 4]`. */
export function quarterLab(
  rgb: ArrayLike<number>,
  { size: [height, width], grid: [rows, columns], valid }: QuarterLabSizes,
): Float64Array {
  const out = new Float64Array(rows * columns * 4);
  for (let cell = 0; cell < rows * columns; cell++) {
    const [top, left] = [4 * Math.floor(cell / columns), 4 * (cell % columns)];
    const levels = [0, 1, 2].map((channel) => {
      let sum = 0;
      for (let y = top; y < Math.min(top + 4, height); y++) {
        for (let x = left; x < Math.min(left + 4, width); x++) {
          sum += rgb[3 * (y * width + x) + channel];
        }
      }
      return Math.floor(sum / 16);
    });
    out.set(labOf(levels.map((level) => level / 255)), 4 * cell);
    out[4 * cell + 3] = top + 2 < valid[0] && left + 2 < valid[1] ? 1 : 0;
  }
  return out;
}

/** Rows and columns to each neighbour, in the order of the bits. */
export const NEIGHBOURS: readonly (readonly [number, number])[] = [
  [-2, -2],
  [-2, 0],
  [-2, 2],
  [0, -2],
  [0, 2],
  [2, -2],
  [2, 0],
  [2, 2],
];

/** Similarity of each pixel to each of its 8 neighbours, 0 where there is no valid one. */
export function colourSimilarities(
  lab: ArrayLike<number>,
  rows: number,
  columns: number,
): Float64Array {
  const out = new Float64Array(rows * columns * 8);
  for (let i = 0; i < rows * columns; i++) {
    NEIGHBOURS.forEach(([down, across], k) => {
      const [y, x] = [Math.floor(i / columns) + down, i % columns + across];
      if (y < 0 || y >= rows || x < 0 || x >= columns) return;
      const j = y * columns + x;
      const distance = Math.hypot(...[0, 1, 2].map((c) => lab[4 * i + c] - lab[4 * j + c]));
      out[8 * i + k] = Math.exp(-distance / 2) * lab[4 * j + 3];
    });
  }
  return out;
}
