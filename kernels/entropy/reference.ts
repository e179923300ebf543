/** −Σ p ln p of each row of scale · x, in f64. */
export function rowEntropy(x: ArrayLike<number>, columns: number, scale = 1): Float64Array {
  const out = new Float64Array(x.length / columns);
  for (let at = 0; at < x.length; at++) {
    const p = scale * x[at];
    if (p > 0) out[Math.floor(at / columns)] -= p * Math.log(p);
  }
  return out;
}
