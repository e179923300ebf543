/**
 * Run lengths of a coarse mask at picture size.
 *
 * @module
 */

/**
 * Run lengths of a grid mask at picture size, upsampled to the nearest cell.
 *
 * The picture is never built: time and memory are those of the runs, not of the pixels.
 *
 * @param mask `[rows, columns]` row-major, 0 or anything else.
 * @param columns Columns of the grid.
 * @param rowOf `[height]` grid row of each picture row; −1 where the grid does not reach.
 * @param columnOf `[width]` grid column of each picture column; −1 likewise.
 * @returns Column-major counts of a `[height, width]` mask, equal to those of `encodeRle`.
 * @throws {RangeError} when a map points outside the grid.
 */
export function rleFromGrid(
  mask: Uint8Array,
  columns: number,
  rowOf: Int32Array,
  columnOf: Int32Array,
): number[] {
  const rows = mask.length / columns;
  expectWithin("rowOf", rowOf, rows);
  expectWithin("columnOf", columnOf, columns);
  const flips = Array.from({ length: columns }, (_, column) => {
    return flipsOfColumn((y) => rowOf[y] >= 0 && mask[rowOf[y] * columns + column] !== 0, rowOf);
  });
  const counts: number[] = [];
  const height = rowOf.length;
  let start = 0; // where the open run began
  let inside = false;
  const flipAt = (position: number) => {
    counts.push(position - start);
    start = position;
    inside = !inside;
  };
  columnOf.forEach((column, x) => {
    const rowFlips = column < 0 ? [] : flips[column];
    const startsInside = rowFlips[0] === 0;
    if (startsInside !== inside) flipAt(x * height);
    for (const y of rowFlips) if (y > 0) flipAt(x * height + y);
  });
  counts.push(columnOf.length * height - start);
  return counts;
}

/** The rows at which a column changes, from background above the first row. */
function flipsOfColumn(isSet: (y: number) => boolean, { length }: Int32Array): number[] {
  const flips: number[] = [];
  for (let y = 0, inside = false; y < length; y++) {
    if (isSet(y) === inside) continue;
    flips.push(y);
    inside = !inside;
  }
  return flips;
}

function expectWithin(name: string, map: Int32Array, size: number): void {
  const at = map.findIndex((cell) => cell < -1 || cell >= size);
  if (at >= 0) {
    throw new RangeError(`rleFromGrid: ${name}[${at}] must be -1 to ${size - 1}, got ${map[at]}`);
  }
}
