/** The sum of each column of `[rows, columns]`, in f64. */
export function columnSums(x: ArrayLike<number>, columns: number): Float64Array {
  const out = new Float64Array(columns);
  for (let at = 0; at < x.length; at++) out[at % columns] += x[at];
  return out;
}
