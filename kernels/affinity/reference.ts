/** The kernels of this folder on plain arrays, in f64. */

/** Rows of `[rows, columns]` at unit length; a row of zeros stays. */
export function l2Normalise(
  x: ArrayLike<number>,
  rows: number,
  columns: number,
): Float64Array {
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    let square = 0;
    for (let j = 0; j < columns; j++) square += x[i * columns + j] ** 2;
    if (square === 0) continue;
    for (let j = 0; j < columns; j++) out[i * columns + j] = x[i * columns + j] / Math.sqrt(square);
  }
  return out;
}

/** Affinity `[patches, patches]` of keys `[patches, dim]`. */
export function cosineAffinity(
  keys: ArrayLike<number>,
  patches: number,
  dim: number,
  { kind = "relu", threshold = 0.2, epsilon = 1e-5, diagonal = "dropped" }: {
    kind?: "relu" | "minmax" | "threshold" | "raw";
    threshold?: number;
    epsilon?: number;
    diagonal?: "dropped" | "kept";
  } = {},
): Float64Array {
  const units = l2Normalise(keys, patches, dim);
  const out = new Float64Array(patches * patches);
  for (let i = 0; i < patches; i++) {
    for (let j = 0; j < patches; j++) {
      for (let k = 0; k < dim; k++) out[i * patches + j] += units[i * dim + k] * units[j * dim + k];
    }
  }
  const low = out.reduce((a, b) => Math.min(a, b), Infinity);
  const high = out.reduce((a, b) => Math.max(a, b), -Infinity);
  for (let at = 0; at < out.length; at++) {
    const cosine = out[at];
    if (kind === "relu") out[at] = Math.max(cosine, 0);
    if (kind === "minmax") out[at] = high - low < 1e-6 ? 1 : (cosine - low) / (high - low);
    if (kind === "threshold") out[at] = cosine > threshold ? 1 : epsilon;
    if (diagonal === "dropped" && at % (patches + 1) === 0) out[at] = 0;
  }
  return out;
}

/** 1 / sqrt(degree) of `[nodes, nodes]`, 1 where the degree is 0. */
export function invSqrtDegree(affinity: ArrayLike<number>, nodes: number): Float64Array {
  const out = new Float64Array(nodes);
  for (let i = 0; i < nodes; i++) {
    let degree = 0;
    for (let j = 0; j < nodes; j++) degree += affinity[i * nodes + j];
    out[i] = degree > 0 ? 1 / Math.sqrt(degree) : 1;
  }
  return out;
}

/** D^(-1/2) W D^(-1/2). */
export function normalizeAffinity(
  affinity: ArrayLike<number>,
  scale: ArrayLike<number>,
  nodes: number,
): Float64Array {
  return Float64Array.from(
    { length: nodes * nodes },
    (_, at) => affinity[at] * scale[Math.floor(at / nodes)] * scale[at % nodes],
  );
}
