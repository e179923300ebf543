import { polarFactor } from "../polar_factor/reference.ts";

/** Labels of one image's `[patches, k]` points in f64, numbered by first occurrence. */
export function clusterQr(points: ArrayLike<number>, patches: number, k: number): Uint32Array {
  const rows = Array.from(
    { length: patches },
    (_, i) => Array.from({ length: k }, (_, j) => points[i * k + j]),
  );
  const dot = (a: number[], b: number[]) => a.reduce((sum, x, j) => sum + x * b[j], 0);
  const residuals = rows.map((row) => row.slice());
  const pivots = new Float64Array(k * k);
  for (let c = 0; c < k; c++) {
    const squares = residuals.map((rest, i) => {
      const square = dot(rest, rest);
      return square > 1e-10 * dot(rows[i], rows[i]) ? square : 0;
    });
    const most = Math.max(...squares);
    if (most === 0) break;
    const pivot = squares.indexOf(most);
    pivots.set(rows[pivot], c * k);
    const direction = residuals[pivot].map((x) => x / Math.sqrt(most));
    for (const rest of residuals) {
      const share = dot(rest, direction);
      direction.forEach((x, j) => rest[j] -= share * x);
    }
  }
  const rotation = polarFactor(pivots, k);
  const labels = rows.map((row) => {
    const along = Array.from(
      { length: k },
      (_, c) => Math.abs(dot(row, [...rotation.subarray(c * k, (c + 1) * k)])),
    );
    return along.indexOf(Math.max(...along));
  });
  const order = [...new Set(labels)];
  return Uint32Array.from(labels, (label) => order.indexOf(label));
}
