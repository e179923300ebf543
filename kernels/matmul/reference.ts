/** Operands of {@linkcode matmul}; all row-major. */
export interface MatmulInput {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  readonly scale?: number;
  readonly bias?: ArrayLike<number>;
  readonly gelu?: boolean;
  readonly residual?: ArrayLike<number>;
  readonly relu?: boolean;
}

/** Product of `[rows, inner]` and `[inner, columns]` with the epilogue, in f64. */
export function matmul(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  { rows, inner, columns, scale = 1, bias, gelu: withGelu, residual, relu }: MatmulInput,
): Float64Array {
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += a[i * inner + k] * b[k * columns + j];
      let value = scale * sum + (bias?.[j] ?? 0);
      if (withGelu) value = gelu(value);
      value += residual?.[i * columns + j] ?? 0;
      out[i * columns + j] = relu ? Math.max(value, 0) : value;
    }
  }
  return out;
}

/** Exact GELU x Φ(x); erf by its Taylor series, or its continued fraction for large |x|. */
export function gelu(x: number): number {
  return 0.5 * x * (1 + erf(x / Math.SQRT2));
}

/** Error function to about 1e-15. */
export function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  if (Math.abs(x) < 3) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum) && n < 200; n++) {
      term *= -x * x / n;
      sum += term / (2 * n + 1);
    }
    return 2 / Math.sqrt(Math.PI) * sum;
  }
  const z = Math.abs(x);
  let tail = 0;
  for (let n = 100; n > 0; n--) tail = (n / 2) / (z + tail);
  return Math.sign(x) * (1 - Math.exp(-z * z) / (Math.sqrt(Math.PI) * (z + tail)));
}
