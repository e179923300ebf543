/**
 * The outline of a grid mask as SVG path data in grid units: closed loops along cell borders.
 *
 * Holes come out with the opposite sense, so both fill rules draw the mask. Cells that touch only
 * at a corner get separate loops, as the component split (4-neighbours) sees them.
 *
 * @param mask `[rows, columns]` row-major, 0 or anything else.
 * @returns Path data such as `M1 2h3v1h-3z`; empty for an empty mask.
 */
export function contour(mask: Uint8Array, rows: number, columns: number): string {
  const isSet = (y: number, x: number) =>
    y >= 0 && y < rows && x >= 0 && x < columns && mask[y * columns + x] !== 0;
  // Walking direction d at the corner (y, x): 0 right, 1 down, 2 left, 3 up; the mask is on the
  // right hand. An edge is there when the cell on its right is set and the one on its left is not.
  const isEdge = (y: number, x: number, d: number) =>
    isSet(y + RIGHT_HAND[d][0], x + RIGHT_HAND[d][1]) &&
    !isSet(y + RIGHT_HAND[(d + 3) % 4][0], x + RIGHT_HAND[(d + 3) % 4][1]);
  const seen = new Uint8Array(rows * (columns + 1)); // top borders already walked
  let path = "";
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      if (seen[y * (columns + 1) + x] || !isEdge(y, x, 0)) continue;
      path += loop(y, x, isEdge, (row, column) => seen[row * (columns + 1) + column] = 1);
    }
  }
  return path;
}

/** From a corner (y, x): the cell on the right hand of someone who leaves in direction d. */
const RIGHT_HAND = [[0, 0], [0, -1], [-1, -1], [-1, 0]] as const;
const STEP = [[0, 1], [1, 0], [0, -1], [-1, 0]] as const;

/** Walks one loop from an edge to the right, turning right where it can. */
function loop(
  startY: number,
  startX: number,
  isEdge: (y: number, x: number, d: number) => boolean,
  visit: (y: number, x: number) => void,
): string {
  let [y, x, d, run] = [startY, startX, 0, 0];
  let path = `M${x} ${y}`;
  do {
    if (d === 0) visit(y, x);
    y += STEP[d][0];
    x += STEP[d][1];
    run++;
    const next = [(d + 1) % 4, d, (d + 3) % 4].find((turn) => isEdge(y, x, turn));
    if (next === undefined) throw new Error(`contour: open at corner (${y}, ${x})`);
    if (next === d) continue;
    path += (d % 2 === 0 ? "h" : "v") + (d < 2 ? run : -run);
    [d, run] = [next, 0];
  } while (y !== startY || x !== startX || d !== 0);
  return path + "z";
}
