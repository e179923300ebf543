import { decodeRle, type Rle } from "@fiedler/coco";

/** Where a grid of patches lies in its picture: fields of a `PictureRecord`. */
export interface GridPlacement {
  /** `[height, width]` of the picture. */
  readonly size: readonly [number, number];
  /** `[height, width]` after resizing, of which the grid covers the top left part. */
  readonly resized: readonly [number, number];
  /** `[rows, columns]` of patches. */
  readonly grid: readonly [number, number];
  /** Side of a patch in resized pixels. */
  readonly patch: number;
}

/** Which instance each patch belongs to. */
export interface Cells {
  /** `[rows × columns]`: the instance that most of a patch belongs to, −1 for the background. */
  readonly owners: Int32Array;
  /** `[rows × columns]`: the share of a patch that belongs to its owner, 0 … 1. */
  readonly purity: Float64Array;
}

/**
 * Which instance each patch belongs to, by the majority of its pixels. Masks are resized to the
 * nearest pixel, as large as the picture that was cut into patches. The background wins ties, then
 * the instance that comes first.
 *
 * @param instances masks of the picture's size; they may overlap.
 * @throws {RangeError} when a mask is not of the picture's size.
 */
export function cellOwners(instances: readonly Rle[], placement: GridPlacement): Cells {
  const { size: [height, width], grid: [rows, columns], patch } = placement;
  const down = nearest(placement, 0);
  const across = nearest(placement, 1);
  const free = new Uint8Array(height * width).fill(1);
  const masks = instances.map(({ size, counts }, i) => {
    if (size[0] !== height || size[1] !== width) {
      throw new RangeError(
        `cellOwners: instance ${i} must be of ${height} × ${width} pixels, ` +
          `got ${size.join(" × ")}`,
      );
    }
    const mask = decodeRle(counts, height, width);
    const inside = pixelsOfCells(mask, placement, down, across);
    mask.forEach((value, at) => free[at] &= 1 - value);
    return inside;
  });
  const owners = new Int32Array(rows * columns).fill(-1);
  const most = pixelsOfCells(free, placement, down, across);
  masks.forEach((inside, i) => {
    inside.forEach((pixels, cell) => {
      if (pixels <= most[cell]) return;
      most[cell] = pixels;
      owners[cell] = i;
    });
  });
  return { owners, purity: Float64Array.from(most, (pixels) => pixels / patch ** 2) };
}

/** The picture's row or column under each resized one of the grid. */
function nearest({ size, resized, grid, patch }: GridPlacement, axis: 0 | 1): Int32Array {
  return Int32Array.from(
    { length: grid[axis] * patch },
    (_, i) => Math.floor((i + 0.5) * size[axis] / resized[axis]),
  );
}

/** Resized pixels of a mask in each patch. */
function pixelsOfCells(
  mask: Uint8Array,
  { size: [, width], grid: [rows, columns], patch }: GridPlacement,
  down: Int32Array,
  across: Int32Array,
): Uint32Array {
  const out = new Uint32Array(rows * columns);
  for (let y = 0; y < down.length; y++) {
    const row = Math.floor(y / patch) * columns;
    for (let x = 0; x < across.length; x++) {
      out[row + Math.floor(x / patch)] += mask[down[y] * width + across[x]];
    }
  }
  return out;
}
