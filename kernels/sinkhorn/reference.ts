/** exp(x / temperature) with columns, then rows scaled to equal sums, in f64; rows add up to 1. */
export function sinkhorn(
  x: ArrayLike<number>,
  columns: number,
  { temperature, iterations }: { readonly temperature: number; readonly iterations: number },
): Float64Array {
  const peak = Math.max(...Array.from(x));
  const q = Float64Array.from(x, (value) => Math.exp((value - peak) / temperature));
  for (let iteration = 0; iteration < iterations; iteration++) {
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      for (let at = j; at < q.length; at += columns) sum += q[at];
      for (let at = j; at < q.length; at += columns) q[at] /= sum;
    }
    for (let first = 0; first < q.length; first += columns) {
      const row = q.subarray(first, first + columns);
      const sum = row.reduce((a, b) => a + b);
      row.forEach((value, j) => row[j] = value / sum);
    }
  }
  return q;
}
