import { polarFactor } from "../polar_factor/reference.ts";

/** Labels of one image's `[patches, k]` points in f64, numbered by first occurrence. */
export function discretize(
  points: ArrayLike<number>,
  patches: number,
  k: number,
  start: number,
): Uint32Array {
  const columns = Array.from({ length: k }, (_, j) => j);
  const lengths = columns.map((j) =>
    Math.hypot(...Array.from({ length: patches }, (_, i) => points[i * k + j]))
  );
  const rows = Array.from({ length: patches }, (_, i) => {
    const row = columns.map((j) => lengths[j] > 0 ? points[i * k + j] / lengths[j] : 0);
    const length = Math.hypot(...row);
    return row.map((x) => length > 0 ? x / length : 0);
  });
  const dot = (a: number[], b: number[]) => a.reduce((sum, x, j) => sum + x * b[j], 0);
  let rotation = [rows[start]];
  const overlaps = new Array<number>(patches).fill(0);
  while (rotation.length < k) {
    rows.forEach((row, i) => overlaps[i] += Math.abs(dot(row, rotation.at(-1)!)));
    rotation.push(rows[overlaps.indexOf(Math.min(...overlaps))]);
  }
  let labels: number[] = [];
  for (let step = 0; step <= 20; step++) {
    const before = labels;
    labels = rows.map((row) => {
      const along = rotation.map((axis) => dot(row, axis));
      return along.indexOf(Math.max(...along));
    });
    if (labels.every((label, i) => label === before[i])) break;
    const members = new Float64Array(k * k);
    filled(labels, rows.map((row, i) => dot(row, rotation[labels[i]])), k)
      .forEach((label, i) => columns.forEach((j) => members[label * k + j] += rows[i][j]));
    const factor = polarFactor(members, k);
    rotation = columns.map((c) => [...factor.subarray(c * k, (c + 1) * k)]);
  }
  const order = [...new Set(labels)];
  return Uint32Array.from(labels, (label) => order.indexOf(label));
}

/** Labels with one node, that of the least fit among those not alone, in each empty cluster. */
function filled(labels: readonly number[], fits: number[], k: number): number[] {
  const out = [...labels];
  for (let c = 0; c < k; c++) {
    if (out.includes(c)) continue;
    const free = fits.map((fit, i) => out.filter((label) => label === out[i]).length > 1 ? fit : 2);
    const place = free.indexOf(Math.min(...free));
    if (free[place] === 2) continue;
    out[place] = c;
    fits[place] = 2;
  }
  return out;
}
