/** The kernels of this folder on plain arrays, in f64. */

/** `a · x + shift · x` for a `[nodes, nodes]` and x `[nodes, block]`. */
export function symmetricProduct(
  a: ArrayLike<number>,
  x: ArrayLike<number>,
  nodes: number,
  block: number,
  shift = 0,
): Float64Array {
  const out = Float64Array.from({ length: nodes * block }, (_, at) => shift * x[at]);
  for (let i = 0; i < nodes; i++) {
    for (let k = 0; k < nodes; k++) {
      for (let j = 0; j < block; j++) out[i * block + j] += a[i * nodes + k] * x[k * block + j];
    }
  }
  return out;
}

/**
 * Orthonormal basis of the columns of `[nodes, block]` by Gram and Schmidt, twice; a column with
 * less than `rounding` of its length outside the span of those before it becomes zero.
 */
export function orthonormalise(
  x: ArrayLike<number>,
  nodes: number,
  block: number,
  rounding = 1e-5,
): Float64Array {
  const out = Float64Array.from(x);
  const dot = (a: number, b: number) => {
    let sum = 0;
    for (let i = 0; i < nodes; i++) sum += out[i * block + a] * out[i * block + b];
    return sum;
  };
  for (let j = 0; j < block; j++) {
    const length = Math.sqrt(dot(j, j));
    for (let again = 0; again < 2; again++) {
      for (let k = 0; k < j; k++) {
        const share = dot(k, j);
        for (let i = 0; i < nodes; i++) out[i * block + j] -= share * out[i * block + k];
      }
    }
    const rest = Math.sqrt(dot(j, j));
    const scale = rest > rounding * length ? 1 / rest : 0;
    for (let i = 0; i < nodes; i++) out[i * block + j] *= scale;
  }
  return out;
}

/** Eigenvalues, descending, and eigenvectors in columns of `[size, size]`, by cyclic Jacobi. */
export function jacobiEigen(
  matrix: ArrayLike<number>,
  size: number,
): { values: Float64Array; vectors: Float64Array } {
  const t = Float64Array.from(matrix);
  const u = Float64Array.from(t, (_, at) => at % (size + 1) === 0 ? 1 : 0);
  for (let sweep = 0; sweep < 30; sweep++) {
    let off = 0;
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) {
        const coupling = t[p * size + q];
        off = Math.max(off, Math.abs(coupling));
        if (coupling === 0) continue;
        const slope = (t[q * size + q] - t[p * size + p]) / (2 * coupling);
        const tangent = (slope >= 0 ? 1 : -1) / (Math.abs(slope) + Math.hypot(1, slope));
        const c = 1 / Math.hypot(1, tangent);
        const s = c * tangent;
        const turn = (m: Float64Array, first: number, second: number) => {
          const a = m[first];
          const b = m[second];
          m[first] = c * a - s * b;
          m[second] = s * a + c * b;
        };
        for (let k = 0; k < size; k++) turn(t, k * size + p, k * size + q);
        for (let k = 0; k < size; k++) turn(t, p * size + k, q * size + k);
        for (let k = 0; k < size; k++) turn(u, k * size + p, k * size + q);
      }
    }
    if (off < 1e-15) break;
  }
  const order = Array.from({ length: size }, (_, j) => j)
    .sort((a, b) => t[b * size + b] - t[a * size + a]);
  return {
    values: Float64Array.from(order, (j) => t[j * size + j]),
    vectors: Float64Array.from(
      u,
      (_, at) => u[Math.floor(at / size) * size + order[at % size]],
    ),
  };
}

/** Points from eigenvectors `[nodes, count]`: scaled, signs fixed, `"njw"` at unit length. */
export function spectralEmbedding(
  vectors: ArrayLike<number>,
  invSqrtDegree: ArrayLike<number>,
  nodes: number,
  count: number,
  { kind, columns }: { kind: "sklearn" | "dss" | "njw"; columns: number },
): Float64Array {
  const first = kind === "dss" ? 1 : 0;
  const width = columns - first;
  const out = new Float64Array(nodes * width);
  for (let j = 0; j < width; j++) {
    let largest = 0;
    for (let i = 0; i < nodes; i++) {
      const scale = kind === "njw" ? 1 : invSqrtDegree[i];
      const value = vectors[i * count + first + j] * scale;
      out[i * width + j] = value;
      if (Math.abs(value) > Math.abs(largest)) largest = value;
    }
    if (largest < 0) { for (let i = 0; i < nodes; i++) out[i * width + j] *= -1; }
  }
  if (kind !== "njw") return out;
  for (let i = 0; i < nodes; i++) {
    const row = out.subarray(i * width, (i + 1) * width);
    const length = Math.hypot(...row);
    if (length > 0) row.forEach((value, j) => row[j] = value / length);
  }
  return out;
}
