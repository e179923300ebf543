import { expectShape, type Gpu, type Tensor } from "@fiedler/gpu";
import { uniforms } from "../random/philox.ts";
import { kMeansCentreKernel } from "./k_means_centre.gen.ts";
import { kMeansLloydKernel } from "./k_means_lloyd.gen.ts";
import { kMeansPickKernel } from "./k_means_pick.gen.ts";
import { kMeansSeedKernel } from "./k_means_seed.gen.ts";

/** The most clusters that {@linkcode kMeans} finds. */
export const MAX_CLUSTERS = 16;
/** The most dimensions that {@linkcode kMeans} looks at. */
export const MAX_COLUMNS = 20;
const MAX_RESTARTS = 65535;
/** Numbers per image in the kernels' `moments`. */
const MOMENTS = 24;
/**
 * Mesa's software adapter ends all loops of an invocation after 65,535 rounds in total, without an
 * error, and long dispatches trip the watchdogs of drivers: the iterations are cut into dispatches
 * of at most this many rounds. Restarts that have converged return at once.
 */
const ROUNDS = 40_000;

/** Options of {@linkcode kMeans}. Defaults are those of scikit-learn's spectral clustering. */
export interface KMeansOptions {
  /** Number of clusters, 1 … 16. */
  readonly k: number;
  /** Use the first `columns` dimensions of each point, 1 … 20. Default: all. */
  readonly columns?: number;
  /** Seed of the random draws; the same seed gives the same labels. */
  readonly seed: number;
  /** Independent starts, of which the best is kept. Default 10. */
  readonly restarts?: number;
  /** Most iterations of a start. Default 300. */
  readonly maxIterations?: number;
  /** Stop when the squared shift of the centres is at most this × mean variance. Default 1e-4. */
  readonly tolerance?: number;
  /**
   * `[images, k, columns]` f32, centres to start from instead of random ones; one restart, and
   * `seed` does not matter.
   */
  readonly starts?: Tensor;
}

/** What {@linkcode kMeans} returns. */
export interface KMeansResult {
  /** `[images, n]` u32, numbered by first occurrence. */
  readonly labels: Tensor<"u32">;
  /** `[images]` f32, sum of squared distances to the own centre. */
  readonly inertia: Tensor;
  /** `[images]` u32, clusters that hold a point; fewer than k when points coincide. */
  readonly clusters: Tensor<"u32">;
}

/** Candidates of each k-means++ step: 2 + ⌊ln k⌋, as in scikit-learn. */
export const localTrials = (k: number): number => 2 + Math.floor(Math.log(k));

/**
 * The random numbers of a clustering, `[restarts, 1 + (k − 1) × trials]`: the first centre's, then
 * the candidates' of each further centre. The same for every image; k names the stream.
 */
export function kMeansDraws(k: number, restarts: number, seed: number): Float32Array<ArrayBuffer> {
  return uniforms(restarts * (1 + (k - 1) * localTrials(k)), { seed, stream: k });
}

/**
 * Splits the points of each image into k clusters of small squared distance to their mean.
 *
 * k-means++ with local trials, Lloyd's iterations, the best of several restarts. A label image
 * depends on its own points, `k` and `seed` alone, not on the other images of the batch. Points
 * that all coincide give one cluster.
 *
 * Source: Arthur & Vassilvitskii 2007; scikit-learn's `KMeans`.
 *
 * @param points `[images, n, dims]` f32, finite.
 * @throws {ShapeError} when `points` or `starts` have another shape.
 * @throws {RangeError} when an option is out of range.
 *
 * @example
 * ```ts
 * import { Gpu } from "@fiedler/gpu";
 * import { kMeans } from "@fiedler/kernels";
 * import assert from "node:assert/strict";
 *
 * const gpu = await Gpu.open();
 * const points = gpu.upload(Float32Array.of(0, 9, 1, 8), [1, 4, 1]); // one image, four numbers
 * const { labels } = kMeans(gpu, points, { k: 2, seed: 0 });
 * assert.deepEqual([...await gpu.read(labels)], [0, 1, 0, 1]);
 * gpu.close();
 * ```
 */
export function kMeans(
  gpu: Gpu,
  points: Tensor,
  {
    k,
    columns = points.shape[2],
    seed,
    restarts = 10,
    maxIterations = 300,
    tolerance = 1e-4,
    starts,
  }: KMeansOptions,
): KMeansResult {
  const { images, n, dims } = expectShape("kMeans: points", points, "[images, n, dims]");
  expectWhole("k", k, 1, MAX_CLUSTERS);
  expectWhole("n", n, 1, 2 ** 24); // counts are exact in f32
  expectWhole("columns", columns, 1, Math.min(dims, MAX_COLUMNS));
  expectWhole("restarts", restarts, 1, MAX_RESTARTS);
  expectWhole("maxIterations", maxIterations, 1, 2 ** 31);
  if (!(tolerance >= 0)) throw new RangeError(`kMeans: tolerance must be ≥ 0, got ${tolerance}`);
  if (starts) expectShape("kMeans: starts", starts, `[${images}, ${k}, ${columns}]`);
  const runs = starts ? 1 : restarts;
  const quads = Math.ceil(columns / 4);
  return gpu.scope(() => {
    const centred = gpu.empty([images, n, 4 * quads]);
    const moments = gpu.empty([images, MOMENTS]);
    gpu.run(
      kMeansCentreKernel,
      { points, centred, moments, params: { nodes: n, dims, columns, quads } },
      { workgroups: [images] },
    );
    const draws = starts ? new Float32Array(1) : kMeansDraws(k, runs, seed);
    const nearest = gpu.empty([images, runs, n]);
    const centres = gpu.empty([images, runs, k, 4 * quads]);
    const cut = lloydCut(gpu, k, quads);
    const launch = { workgroups: [runs, images], overrides: { WORKGROUP: cut.lanes } };
    gpu.run(kMeansSeedKernel, {
      centred,
      moments,
      draws: gpu.upload(draws, [draws.length]),
      starts: starts ?? gpu.upload(new Float32Array(1), [1]),
      nearest,
      centres,
      params: {
        nodes: n,
        k,
        columns,
        restarts: runs,
        trials: localTrials(k),
        given: starts ? 1 : 0,
      },
    }, { ...launch, variants: { QUADS: quads } });
    const candidates = gpu.empty([images, runs, n], "u32");
    const finished = gpu.empty([images, runs], "u32");
    const scores = gpu.empty([images, runs]);
    const partials = gpu.empty([images, runs, cut.lanes, 4 * cut.slots]);
    const block = iterationsPerDispatch(n, k, quads, cut);
    for (let done = 0; done < maxIterations; done += block) {
      gpu.run(kMeansLloydKernel, {
        centred,
        moments,
        centres,
        finished,
        candidates,
        partials,
        scores,
        params: {
          nodes: n,
          k,
          restarts: runs,
          iterations: Math.min(block, maxIterations - done),
          tolerance,
          first: done === 0 ? 1 : 0,
          last: done + block >= maxIterations ? 1 : 0,
        },
      }, { ...launch, variants: { QUADS: quads, CLUSTERS: cut.clusters } });
    }
    const labels = gpu.empty([images, n], "u32");
    const inertia = gpu.empty([images]);
    const clusters = gpu.empty([images], "u32");
    gpu.run(
      kMeansPickKernel,
      { candidates, scores, labels, inertia, clusters, params: { nodes: n, restarts: runs } },
      { workgroups: [images] },
    );
    return { labels, inertia, clusters };
  });
}

/** How k_means_lloyd.wgsl is cut for k centres of `quads` vec4. */
interface LloydCut {
  /** Invocations of a restart: few on a CPU adapter, whose sums are then few to add up. */
  readonly lanes: number;
  /** Centres that there are registers for. */
  readonly clusters: number;
  /** Sums of an invocation, and counts, in vec4. */
  readonly slots: number;
}

function lloydCut(gpu: Gpu, k: number, quads: number): LloydCut {
  const lanes = gpu.adapter.software ? 16 : kMeansLloydKernel.overrides.WORKGROUP;
  const clusters = [4, 8].find((most) => k <= most) ?? MAX_CLUSTERS;
  return { lanes, clusters, slots: clusters * quads + clusters / 4 };
}

/** Iterations of one dispatch, from the rounds of the loops of k_means_lloyd.wgsl. */
function iterationsPerDispatch(
  n: number,
  k: number,
  quads: number,
  { lanes, slots }: LloydCut,
): number {
  const assign = Math.ceil(n / lanes);
  const addUp = Math.ceil(slots / lanes) * (lanes + 1);
  const fillEmpty = k * (assign + lanes + k + quads + 1);
  return Math.max(1, Math.floor(ROUNDS / (assign + addUp + fillEmpty + k * quads)));
}

function expectWhole(name: string, value: number, low: number, high: number): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  throw new RangeError(`kMeans: ${name} must be a whole number ${low} … ${high}, got ${value}`);
}
