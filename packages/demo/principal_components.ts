/** Axes that are looked for beside the wanted ones: these settle the sooner for it. */
const GUARDS = 3;
/** Most steps: our choice. Axes that have not settled by then have almost the same variance. */
const STEPS = 40;
/** Cosine of an axis to itself a step before from which it has settled. */
const SETTLED = 1 - 1e-8;
/** Sweeps over all pairs after which nothing is left of a small matrix beside its diagonal. */
const SWEEPS = 10;

/**
 * The first principal components of rows, by subspace iteration with Rayleigh-Ritz in f64. The
 * entry of largest magnitude of each axis is positive, so that the same rows have the same signs.
 *
 * Source: Golub and Van Loan, Matrix Computations, §8.2 and §8.5 (Jacobi).
 *
 * @param rows `[count, dim]`.
 * @param wanted at most `dim` of them.
 * @returns `[count]` each, most variance first: the rows less their mean, along an axis.
 */
export function principalComponents(
  rows: Float32Array,
  dim: number,
  wanted: number,
): Float64Array[] {
  const count = rows.length / dim;
  const mean = new Float64Array(dim);
  for (let i = 0; i < rows.length; i++) mean[i % dim] += rows[i] / count;
  const centred = Float64Array.from(rows, (value, i) => value - mean[i % dim]);
  let found = ritzPairs(centred, startAxes(Math.min(wanted + GUARDS, dim), dim));
  for (let step = 0; step < STEPS; step++) {
    const before = found.axes;
    found = ritzPairs(centred, orthonormal(found.columns.map((c) => back(centred, c, dim))));
    const cosines = found.axes.slice(0, wanted).map((axis, i) => Math.abs(dot(axis, before[i])));
    if (cosines.every((cosine) => cosine > SETTLED)) break;
  }
  return found.columns.slice(0, wanted).map((column, i) =>
    largestOf(found.axes[i]) < 0 ? column.map((value) => -value) : column
  );
}

/** Axes, and the rows along each of them. */
interface Pairs {
  readonly axes: Float64Array[];
  readonly columns: Float64Array[];
}

/** Axes that no data is likely to be orthogonal to, always the same. */
function startAxes(count: number, dim: number): Float64Array[] {
  const axes = Array.from(
    { length: count },
    (_, axis) => Float64Array.from({ length: dim }, (_, i) => Math.cos((axis + 1) * (i + 0.5) * 2)),
  );
  return orthonormal(axes);
}

/** By Gram and Schmidt, twice, since once is not exact; what is left of nothing is zero. */
function orthonormal(axes: readonly Float64Array[]): Float64Array[] {
  const done: Float64Array[] = [];
  for (const axis of axes) {
    let rest = axis;
    const length = Math.sqrt(dot(axis, axis));
    for (let pass = 0; pass < 2; pass++) {
      for (const other of done) {
        const share = dot(rest, other);
        rest = rest.map((value, i) => value - share * other[i]);
      }
    }
    const left = Math.sqrt(dot(rest, rest));
    done.push(rest.map((value) => left > 1e-12 * length ? value / left : 0));
  }
  return done;
}

/** The axes turned within their span to those of most variance, first the largest. */
function ritzPairs(centred: Float64Array, axes: readonly Float64Array[]): Pairs {
  const columns = axes.map((axis) => along(centred, axis));
  const matrix = columns.map((a) => columns.map((b) => dot(a, b)));
  const turns = diagonalise(matrix);
  const order = axes.map((_, i) => i).sort((a, b) => matrix[b][b] - matrix[a][a] || a - b);
  const turned = (vectors: readonly Float64Array[]) =>
    order.map((column) =>
      vectors[0].map((_, i) => vectors.reduce((sum, v, j) => sum + turns[j][column] * v[i], 0))
    );
  return { axes: turned(axes), columns: turned(columns) };
}

/** Turns a small symmetric matrix into its eigenvalues on the diagonal; returns eigenvectors. */
function diagonalise(a: number[][]): number[][] {
  const n = a.length;
  const v = a.map((_, i) => a.map((_, j) => Number(i === j)));
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        if (a[p][q] === 0) continue;
        const theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
        const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        const s = t * c;
        for (const row of a) [row[p], row[q]] = [c * row[p] - s * row[q], s * row[p] + c * row[q]];
        for (let k = 0; k < n; k++) {
          [a[p][k], a[q][k]] = [c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]];
        }
        for (const row of v) [row[p], row[q]] = [c * row[p] - s * row[q], s * row[p] + c * row[q]];
      }
    }
  }
  return v;
}

/** `[count, dim]` times an axis. */
function along(rows: Float64Array, axis: Float64Array): Float64Array {
  const [dim, out] = [axis.length, new Float64Array(rows.length / axis.length)];
  for (let row = 0, at = 0; row < out.length; row++) {
    let sum = 0;
    for (let i = 0; i < dim; i++) sum += rows[at++] * axis[i];
    out[row] = sum;
  }
  return out;
}

/** The transpose of `[count, dim]` times a column. */
function back(rows: Float64Array, column: Float64Array, dim: number): Float64Array {
  const out = new Float64Array(dim);
  for (let row = 0, at = 0; row < column.length; row++) {
    for (let i = 0; i < dim; i++) out[i] += rows[at++] * column[row];
  }
  return out;
}

const largestOf = (axis: Float64Array): number =>
  axis.reduce((a, b) => Math.abs(b) > Math.abs(a) ? b : a, 0);

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
