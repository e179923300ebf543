/** The masks of one clustering as one map: which mask each cell of the grid belongs to. */
type PieceMap = Int32Array<ArrayBuffer>;

/**
 * Grid masks at picture size with smooth outlines, as COCO run lengths: "soft" upsampling.
 *
 * A pixel weighs the four cells around it bilinearly and belongs to the mask (the piece) with the
 * largest sum of weights: the argmax of the bilinearly enlarged one-hot map. Of equal sums the
 * piece of the nearest cell wins, then the lower index. So the pieces of a clustering still
 * partition the picture. A small piece may lose all its pixels.
 *
 * Source: our choice; the paper names no upsampling.
 *
 * @param grid `[rows, columns]`.
 * @param masks `[rows, columns]` each, 0 or anything else: the connected pieces of the clusters,
 *   which together cover each cell once.
 * @param rowOf `[height]` grid row of each picture row; the centre of cell r is r, values
 *   outside the grid count as its first or last row.
 * @param columnOf `[width]` grid column of each picture column, likewise.
 * @param wanted Indices into `masks`.
 * @returns For each wanted mask its column-major counts, equal to those of `encodeRle`; only
 *   background when it has no pixel left.
 * @throws {RangeError} when sizes disagree, the masks do not cover each cell once, a coordinate is
 *   not a number, or an index is outside.
 */
export function softMasks(
  [rows, columns]: readonly [rows: number, columns: number],
  masks: readonly Uint8Array[],
  rowOf: Float64Array,
  columnOf: Float64Array,
  wanted: readonly number[],
): number[][] {
  const pieces = pieceMap(rows * columns, masks);
  const pixels = upsample(
    pieces,
    columns,
    places("rowOf", rowOf, rows),
    places("columnOf", columnOf, columns),
  );
  return runsOf(pixels, masks.length, wanted);
}

function pieceMap(cells: number, masks: readonly Uint8Array[]): PieceMap {
  const pieces = new Int32Array(cells).fill(-1);
  masks.forEach((mask, piece) => {
    expectLength(`masks[${piece}]`, mask, cells);
    for (let i = 0; i < cells; i++) {
      if (mask[i] === 0) continue;
      if (pieces[i] >= 0) {
        throw new RangeError(`softMasks: masks ${pieces[i]} and ${piece} both have cell ${i}`);
      }
      pieces[i] = piece;
    }
  });
  const bare = pieces.indexOf(-1);
  if (bare >= 0) {
    throw new RangeError(`softMasks: masks must cover the grid, none has cell ${bare}`);
  }
  return pieces;
}

function expectLength(name: string, array: ArrayLike<number>, cells: number): void {
  if (array.length === cells) return;
  throw new RangeError(`softMasks: ${name} must have ${cells} entries, got ${array.length}`);
}

/** For each pixel of an axis the two cells it lies between, and the weight of the second. */
interface Places {
  readonly low: Int32Array<ArrayBuffer>;
  readonly high: Int32Array<ArrayBuffer>;
  readonly weight: Float64Array<ArrayBuffer>;
}

function places(name: string, coordinates: Float64Array, cells: number): Places {
  const bad = coordinates.findIndex(Number.isNaN);
  if (bad >= 0) throw new RangeError(`softMasks: ${name}[${bad}] must be a number, got NaN`);
  const at = Float64Array.from(coordinates, (place) => Math.min(Math.max(place, 0), cells - 1));
  const low = Int32Array.from(at, Math.floor);
  return {
    low,
    high: low.map((cell) => Math.min(cell + 1, cells - 1)),
    weight: at.map((place, i) => place - low[i]),
  };
}

/** The piece of each pixel, `[width, height]`: column by column, as COCO counts. */
function upsample(pieces: PieceMap, columns: number, rowOf: Places, columnOf: Places): PieceMap {
  const height = rowOf.low.length;
  const pixels = new Int32Array(columnOf.low.length * height);
  let i = 0;
  columnOf.low.forEach((left, x) => {
    const right = columnOf.high[x];
    const toRight = columnOf.weight[x];
    for (let y = 0; y < height; y++) {
      const top = rowOf.low[y] * columns;
      const bottom = rowOf.high[y] * columns;
      const a = pieces[top + left];
      const b = pieces[top + right];
      const c = pieces[bottom + left];
      const d = pieces[bottom + right];
      const alike = a === b && a === c && a === d;
      pixels[i++] = alike ? a : heaviest(a, b, c, d, toRight, rowOf.weight[y]);
    }
  });
  return pixels;
}

/** The piece with the largest sum of weights among four cells `a b / c d`. */
function heaviest(
  a: number,
  b: number,
  c: number,
  d: number,
  toRight: number,
  toBottom: number,
): number {
  const ofA = (1 - toBottom) * (1 - toRight);
  const ofB = (1 - toBottom) * toRight;
  const ofC = toBottom * (1 - toRight);
  const ofD = toBottom * toRight;
  let best = a;
  let bestSum = -1;
  let bestWeight = 0; // the nearest cell is the one of the largest weight
  const offer = (piece: number, weight: number) => {
    const sum = (piece === a ? ofA : 0) + (piece === b ? ofB : 0) +
      (piece === c ? ofC : 0) + (piece === d ? ofD : 0);
    if (sum < bestSum) return;
    if (sum === bestSum) {
      if (weight < bestWeight || (weight === bestWeight && piece >= best)) return;
    }
    best = piece;
    bestSum = sum;
    bestWeight = weight;
  };
  offer(a, ofA);
  offer(b, ofB);
  offer(c, ofC);
  offer(d, ofD);
  return best;
}

/** Run lengths of the wanted pieces, in one sweep over the pixels. */
function runsOf(pixels: PieceMap, pieces: number, wanted: readonly number[]): number[][] {
  const counts: (number[] | undefined)[] = new Array(pieces).fill(undefined);
  for (const piece of wanted) {
    if (!Number.isInteger(piece) || piece < 0 || piece >= pieces) {
      throw new RangeError(`softMasks: wanted must be 0 to ${pieces - 1}, got ${piece}`);
    }
    counts[piece] = [];
  }
  const starts = new Int32Array(pieces); // where the open run of each piece began
  const flip = (piece: number, at: number) => {
    counts[piece]?.push(at - starts[piece]);
    starts[piece] = at;
  };
  let inside = -1;
  for (let i = 0; i < pixels.length; i++) {
    if (pixels[i] === inside) continue;
    if (inside >= 0) flip(inside, i);
    inside = pixels[i];
    flip(inside, i);
  }
  return wanted.map((piece) => [...counts[piece]!, pixels.length - starts[piece]]);
}
