/** Numbers of {@linkcode crossEntropy}. */
export interface CrossEntropyArrays {
  readonly columns: number;
  /** `[sources, columns]`. */
  readonly targets: ArrayLike<number>;
  /** Of each row, two rows of the targets, or what is none. */
  readonly pairs: readonly (readonly [number, number])[];
  readonly temperature: number;
  readonly scale: number;
}

/** Softmax and target of each row. */
function* rowsOf(
  x: ArrayLike<number>,
  { columns, targets, pairs, temperature }: CrossEntropyArrays,
) {
  for (const [i, pair] of pairs.entries()) {
    const logits = Array.from({ length: columns }, (_, j) => x[i * columns + j] / temperature);
    const peak = Math.max(...logits);
    const total = logits.reduce((sum, value) => sum + Math.exp(value - peak), 0);
    const logs = logits.map((value) => value - peak - Math.log(total));
    const wanted = logs.map((_, j) =>
      pair.reduce((sum, source) => sum + (targets[source * columns + j] ?? 0), 0)
    );
    yield { i, logs, wanted };
  }
}

/** −scale · Σ q log softmax(x / temperature), in f64. */
export function crossEntropy(x: ArrayLike<number>, arrays: CrossEntropyArrays): number {
  let sum = 0;
  for (const { logs, wanted } of rowsOf(x, arrays)) {
    logs.forEach((log, j) => sum -= wanted[j] * log);
  }
  return arrays.scale * sum;
}

/** Its gradient with respect to x, in f64. */
export function crossEntropyBackward(
  x: ArrayLike<number>,
  arrays: CrossEntropyArrays,
): Float64Array {
  const { columns, scale, temperature } = arrays;
  const dx = new Float64Array(x.length);
  for (const { i, logs, wanted } of rowsOf(x, arrays)) {
    const share = wanted.reduce((a, b) => a + b, 0);
    logs.forEach((log, j) =>
      dx[i * columns + j] = scale / temperature * (Math.exp(log) * share - wanted[j])
    );
  }
  return dx;
}
