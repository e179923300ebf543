/** Sum of each row of `[rows, columns]`, in f64. */
export function sumRows(x: ArrayLike<number>, rows: number, columns: number): Float64Array {
  const out = new Float64Array(rows);
  for (let at = 0; at < rows * columns; at++) out[Math.floor(at / columns)] += x[at];
  return out;
}

/** The Euclidean norm of several arrays taken as one vector. */
export function globalNorm(arrays: readonly ArrayLike<number>[]): number {
  let squares = 0;
  for (const x of arrays) for (let i = 0; i < x.length; i++) squares += x[i] ** 2;
  return Math.sqrt(squares);
}

/** Arrays scaled so that their common norm is at most `limit`, as PyTorch does it. */
export function clipToNorm(arrays: readonly ArrayLike<number>[], limit: number): Float64Array[] {
  const factor = Math.min(1, limit / (globalNorm(arrays) + 1e-6));
  return arrays.map((x) => Float64Array.from(x, (value) => value * factor));
}
