/** Multi-head attention on `[tokens, 3 × dim]`, in f64. */
export function attention(
  qkv: ArrayLike<number>,
  tokens: number,
  dim: number,
  heads: number,
): Float64Array {
  const size = dim / heads;
  const out = new Float64Array(tokens * dim);
  for (let h = 0; h < heads; h++) {
    const at = (i: number, part: number, d: number) => qkv[(i * 3 + part) * dim + h * size + d];
    for (let i = 0; i < tokens; i++) {
      const weights = new Float64Array(tokens);
      for (let j = 0; j < tokens; j++) {
        for (let d = 0; d < size; d++) weights[j] += at(i, 0, d) * at(j, 1, d) / Math.sqrt(size);
      }
      const top = Math.max(...weights);
      const exps = weights.map((weight) => Math.exp(weight - top));
      const sum = exps.reduce((a, b) => a + b);
      for (let j = 0; j < tokens; j++) {
        for (let d = 0; d < size; d++) {
          out[i * dim + h * size + d] += exps[j] / sum * at(j, 2, d);
        }
      }
    }
  }
  return out;
}
