/** Masks and weights of the entries; masks are `[masks, height, width]` of 0 and 1. */
export interface MaskLossInput {
  readonly masks: ArrayLike<number>;
  readonly maskOf: readonly number[];
  readonly weights: readonly number[];
  readonly height: number;
  readonly width: number;
}

const sigmoid = (t: number): number => 1 / (1 + Math.exp(-t));

/** Dice loss of two vectors, and its gradient with respect to the first. */
function dice(u: readonly number[], v: readonly number[], epsilon: number) {
  const product = u.reduce((sum, value, i) => sum + value * v[i], 0);
  const squares = [...u, ...v].reduce((sum, value) => sum + value ** 2, epsilon);
  const slope = u.map((value, i) => 4 * product * value / squares ** 2 - 2 * v[i] / squares);
  return { value: 1 - 2 * product / squares, slope };
}

/** The lines of an image: pixels of each column, then pixels of each row. */
function lines(height: number, width: number): { columns: number[][]; rows: number[][] } {
  const grid = (count: number, length: number, at: (line: number, i: number) => number) =>
    Array.from({ length: count }, (_, line) => Array.from({ length }, (_, i) => at(line, i)));
  return {
    columns: grid(width, height, (x, y) => y * width + x),
    rows: grid(height, width, (y, x) => y * width + x),
  };
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/** Index of the largest value, the lowest of equal ones. */
const argmax = (values: readonly number[]) => values.indexOf(Math.max(...values));

/** Projection losses of the maxima and of the means, and their gradients, in f64. */
export function projectionLoss(
  logits: ArrayLike<number>,
  { masks, maskOf, weights, height, width }: MaskLossInput,
): { terms: [number, number]; gradients: [Float64Array, Float64Array] } {
  const pixels = height * width;
  const terms: [number, number] = [0, 0];
  const gradients: [Float64Array, Float64Array] = [
    new Float64Array(logits.length),
    new Float64Array(logits.length),
  ];
  maskOf.forEach((mask, n) => {
    const z = Array.from({ length: pixels }, (_, i) => logits[n * pixels + i]);
    const p = z.map(sigmoid);
    const t = Array.from({ length: pixels }, (_, i) => masks[mask * pixels + i]);
    for (const group of Object.values(lines(height, width))) {
      const tops = group.map((line) => line[argmax(line.map((i) => z[i]))]);
      const largest = dice(
        tops.map((i) => p[i]),
        group.map((line) => Math.max(...line.map((i) => t[i]))),
        1e-5,
      );
      const average = dice(
        group.map((line) => mean(line.map((i) => p[i]))),
        group.map((line) => mean(line.map((i) => t[i]))),
        1e-5,
      );
      terms[0] += weights[n] * largest.value;
      terms[1] += weights[n] * average.value;
      const add = (kind: number, i: number, slope: number) => {
        gradients[kind][n * pixels + i] += weights[n] * slope * p[i] * sigmoid(-z[i]);
      };
      tops.forEach((i, line) => add(0, i, largest.slope[line]));
      group.forEach((line, at) => line.forEach((i) => add(1, i, average.slope[at] / line.length)));
    }
  });
  return { terms, gradients };
}

/** Pixel dice loss of plain SOLOv2 and its gradient, in f64. */
export function maskDice(
  logits: ArrayLike<number>,
  { masks, maskOf, weights, height, width }: MaskLossInput,
): { term: number; dLogits: Float64Array } {
  const pixels = height * width;
  const dLogits = new Float64Array(logits.length);
  let term = 0;
  maskOf.forEach((mask, n) => {
    const z = Array.from({ length: pixels }, (_, i) => logits[n * pixels + i]);
    const t = Array.from({ length: pixels }, (_, i) => masks[mask * pixels + i]);
    const { value, slope } = dice(z.map(sigmoid), t, 2e-3);
    term += weights[n] * value;
    z.forEach((value, i) => {
      dLogits[n * pixels + i] = weights[n] * slope[i] * sigmoid(value) * sigmoid(-value);
    });
  });
  return { term, dLogits };
}
