/** U Vᵀ of `[size, size]` = U diag(σ) Vᵀ, without the pairs with σ = 0; in f64, one-sided Jacobi. */
export function polarFactor(matrix: ArrayLike<number>, size: number): Float64Array {
  const row = (j: number) => Array.from({ length: size }, (_, i) => matrix[j * size + i]);
  const turned = Array.from({ length: size }, (_, j) => row(j)); // becomes diag(σ) Vᵀ
  const turns = turned.map((_, j) => turned.map((_, i) => i === j ? 1 : 0)); // becomes Uᵀ
  const dot = (a: number[], b: number[]) => a.reduce((sum, x, i) => sum + x * b[i], 0);
  for (let sweep = 0, rotated = true; rotated && sweep < 40; sweep++) {
    rotated = false;
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) {
        const [a, b] = [dot(turned[p], turned[p]), dot(turned[q], turned[q])];
        const coupling = dot(turned[p], turned[q]);
        if (!(Math.abs(coupling) > 1e-15 * Math.sqrt(a * b))) continue;
        rotated = true;
        const slope = (b - a) / (2 * coupling);
        const tangent = (slope >= 0 ? 1 : -1) / (Math.abs(slope) + Math.hypot(1, slope));
        const c = 1 / Math.hypot(1, tangent);
        for (const rows of [turned, turns]) {
          const [x, y] = [rows[p], rows[q]];
          rows[p] = x.map((value, i) => c * value - c * tangent * y[i]);
          rows[q] = x.map((value, i) => c * tangent * value + c * y[i]);
        }
      }
    }
  }
  const lengths = turned.map((one) => Math.hypot(...one));
  const largest = Math.max(...lengths);
  const out = new Float64Array(size * size);
  for (let j = 0; j < size; j++) {
    if (!(lengths[j] > 1e-6 * largest)) continue;
    for (let c = 0; c < size; c++) {
      for (let i = 0; i < size; i++) {
        out[c * size + i] += turns[j][c] * turned[j][i] / lengths[j];
      }
    }
  }
  return out;
}
