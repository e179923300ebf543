/** Options of the reference; `draws` are the numbers that the kernel gets. */
export interface Options {
  readonly k: number;
  readonly columns: number;
  /** `[restarts, 1 + (k − 1) × trials]`; unused with `starts`. */
  readonly draws: ArrayLike<number>;
  readonly restarts: number;
  readonly maxIterations?: number;
  readonly tolerance?: number;
  /** `[k, columns]`, centres to start from. */
  readonly starts?: ArrayLike<number>;
}

/** One image's clustering. */
export interface Clustering {
  readonly labels: Uint32Array;
  readonly inertia: number;
  readonly clusters: number;
}

type Point = readonly number[];

const distance = (a: Point, b: Point) => a.reduce((sum, x, j) => sum + (x - b[j]) ** 2, 0);

const sumOf = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

/** Index of the smallest value; the first of equals. */
const argmin = (values: readonly number[]) => values.indexOf(Math.min(...values));

/** k-means of one image's `[n, dims]` points, in f64, by scikit-learn's rules. */
export function kMeans(
  points: ArrayLike<number>,
  n: number,
  dims: number,
  { k, columns, draws, restarts, maxIterations = 300, tolerance = 1e-4, starts }: Options,
): Clustering {
  const raw = Array.from(
    { length: n },
    (_, i) => Array.from({ length: columns }, (_, j) => points[i * dims + j]),
  );
  const mean = raw[0].map((_, j) => sumOf(raw.map((point) => point[j])) / n);
  const nodes = raw.map((point) => point.map((x, j) => x - mean[j]));
  const enough = tolerance * sumOf(nodes.flat().map((x) => x * x)) / (n * columns);
  const perRestart = draws.length / restarts;
  let best: { labels: number[]; inertia: number } | null = null;
  for (let restart = 0; restart < (starts ? 1 : restarts); restart++) {
    const own = Array.from({ length: perRestart }, (_, i) => draws[restart * perRestart + i]);
    const centres = starts
      ? Array.from({ length: k }, (_, c) => mean.map((x, j) => starts[c * columns + j] - x))
      : plusPlus(nodes, k, own);
    const outcome = lloyd(nodes, centres, maxIterations, enough);
    if (best === null || outcome.inertia < best.inertia) best = outcome;
  }
  const order = [...new Set(best!.labels)]; // by first occurrence
  return {
    labels: Uint32Array.from(best!.labels, (label) => order.indexOf(label)),
    inertia: best!.inertia,
    clusters: order.length,
  };
}

/** k-means++: of a few nodes drawn with probability ∝ squared distance, the best. */
function plusPlus(nodes: readonly Point[], k: number, draws: readonly number[]): Point[] {
  const last = nodes.length - 1;
  const trials = k > 1 ? (draws.length - 1) / (k - 1) : 0;
  const centres = [nodes[Math.min(Math.floor(draws[0] * nodes.length), last)]];
  let nearest = nodes.map((node) => distance(node, centres[0]));
  while (centres.length < k) {
    const total = sumOf(nearest);
    const at = 1 + (centres.length - 1) * trials;
    const candidates = draws.slice(at, at + trials).map((draw) => {
      let sum = 0;
      const found = nearest.findIndex((d) => (sum += d) >= draw * total);
      return nodes[found < 0 ? last : found];
    });
    const after = candidates.map((candidate) =>
      nodes.map((node, i) => Math.min(nearest[i], distance(node, candidate)))
    );
    const chosen = argmin(after.map(sumOf));
    nearest = after[chosen];
    centres.push(candidates[chosen]);
  }
  return centres;
}

function lloyd(
  nodes: readonly Point[],
  start: readonly Point[],
  maxIterations: number,
  enough: number,
): { labels: number[]; inertia: number } {
  let centres = start;
  let labels: number[] = [];
  const assign = () => nodes.map((node) => argmin(centres.map((c) => distance(node, c))));
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    const before = labels;
    labels = assign();
    const groups = fillEmpty(nodes, centres, labels);
    const moved = centres.map((centre, c) =>
      groups[c].length === 0
        ? centre
        : centre.map((_, j) => sumOf(groups[c].map((i) => nodes[i][j])) / groups[c].length)
    );
    const shift = sumOf(moved.map((centre, c) => distance(centre, centres[c])));
    centres = moved;
    if (shift <= enough || labels.every((label, i) => label === before[i])) break;
  }
  labels = assign();
  return { labels, inertia: sumOf(nodes.map((node, i) => distance(node, centres[labels[i]]))) };
}

/** Nodes of each cluster, after the farthest ones have gone to the empty clusters. */
function fillEmpty(
  nodes: readonly Point[],
  centres: readonly Point[],
  labels: readonly number[],
): number[][] {
  const groups = centres.map((_, c) => labels.flatMap((label, i) => label === c ? [i] : []));
  const far = nodes.map((node, i) => ({ i, d: distance(node, centres[labels[i]]) }))
    .filter(({ d }) => d > 0)
    .sort((a, b) => b.d - a.d || a.i - b.i);
  for (const group of groups.filter(({ length }) => length === 0)) {
    const farthest = far.shift();
    if (!farthest) break;
    const old = groups[labels[farthest.i]];
    old.splice(old.indexOf(farthest.i), 1);
    group.push(farthest.i);
  }
  return groups;
}
