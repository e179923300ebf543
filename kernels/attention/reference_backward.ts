/** Gradient of multi-head attention on `[tokens, 3 × dim]`, in f64. */
export function attentionBackward(
  dOut: ArrayLike<number>,
  qkv: ArrayLike<number>,
  tokens: number,
  dim: number,
  heads: number,
): Float64Array {
  const size = dim / heads;
  const dQkv = new Float64Array(tokens * 3 * dim);
  for (let h = 0; h < heads; h++) {
    const place = (i: number, part: number, c: number) => (i * 3 + part) * dim + h * size + c;
    const at = (i: number, part: number, c: number) => qkv[place(i, part, c)];
    for (let i = 0; i < tokens; i++) {
      const scores = new Float64Array(tokens);
      const given = new Float64Array(tokens); // of the weights
      for (let j = 0; j < tokens; j++) {
        for (let c = 0; c < size; c++) {
          scores[j] += at(i, 0, c) * at(j, 1, c) / Math.sqrt(size);
          given[j] += dOut[i * dim + h * size + c] * at(j, 2, c);
        }
      }
      const top = Math.max(...scores);
      const exps = scores.map((score) => Math.exp(score - top));
      const sum = exps.reduce((a, b) => a + b);
      const weights = exps.map((value) => value / sum);
      const mean = weights.reduce((total, weight, j) => total + weight * given[j], 0);
      for (let j = 0; j < tokens; j++) {
        const dScore = weights[j] * (given[j] - mean) / Math.sqrt(size);
        for (let c = 0; c < size; c++) {
          dQkv[place(i, 0, c)] += dScore * at(j, 1, c);
          dQkv[place(j, 1, c)] += dScore * at(i, 0, c);
          dQkv[place(j, 2, c)] += weights[j] * dOut[i * dim + h * size + c];
        }
      }
    }
  }
  return dQkv;
}
