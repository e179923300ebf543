/** Sizes and tables of {@linkcode placeRows}. */
export interface PlaceRowsArrays {
  readonly rows: number;
  readonly columns: number;
  readonly fill?: ArrayLike<number>;
  /** `[period, columns]`. */
  readonly table?: ArrayLike<number>;
}

/** Rows of x, or what fills where the source is none, plus a periodic table, in f64. */
export function placeRows(
  x: ArrayLike<number>,
  source: ArrayLike<number>,
  { rows, columns, fill, table }: PlaceRowsArrays,
): Float64Array {
  const out = new Float64Array(source.length * columns);
  for (let n = 0; n < source.length; n++) {
    for (let c = 0; c < columns; c++) {
      const value = source[n] < rows ? x[source[n] * columns + c] : fill?.[c] ?? 0;
      const at = n * columns + c;
      out[at] = value + (table ? table[at % table.length] : 0);
    }
  }
  return out;
}

/** Its gradients with respect to x and to what fills, in f64. */
export function placeRowsBackward(
  dOut: ArrayLike<number>,
  source: ArrayLike<number>,
  { rows, columns }: PlaceRowsArrays,
): { dx: Float64Array; dFill: Float64Array } {
  const [dx, dFill] = [new Float64Array(rows * columns), new Float64Array(columns)];
  for (let n = 0; n < source.length; n++) {
    for (let c = 0; c < columns; c++) {
      if (source[n] < rows) dx[source[n] * columns + c] += dOut[n * columns + c];
      else dFill[c] += dOut[n * columns + c];
    }
  }
  return { dx, dFill };
}
