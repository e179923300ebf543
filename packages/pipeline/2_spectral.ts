import { expectShape, type Gpu, GpuMemoryError, type Tensor } from "@fiedler/gpu";
import {
  addColourEdges,
  binaryGraph,
  binaryOperator,
  clusterQr,
  type Clusters,
  cosineAffinity,
  discretize,
  type Eigenvectors,
  expandGraph,
  invSqrtDegree,
  kMeans,
  l2Normalise,
  needsPanels,
  normalizeAffinity,
  panelGraph,
  panelOperator,
  spectralEmbedding,
  type SymmetricOperator,
  topEigenvectors,
} from "@fiedler/kernels";
import { checkOptions, type ProposalOptions } from "./options.ts";

/** Vectors that are solved for even where the clusterings need fewer, for the report. */
const LEAST_VECTORS = 6;

/** Stage 2 of a batch, on the GPU. */
export interface SpectralCut {
  /** `[images, maps, patches]` u32: one clustering per entry of `clusterCounts`. */
  readonly labels: Tensor<"u32">;
  /** Non-empty clusters of each clustering, `[images]` u32 each. */
  readonly clusters: readonly Tensor<"u32">[];
  /** Of the normalised affinity; the Laplacian's eigenvalues are 1 minus its values. */
  readonly eigen: Eigenvectors;
  /** `[images, patches, dim]` f32: keys of length 1. */
  readonly unitKeys: Tensor;
  /** `[images, patches, patches]` f32, normalised; for inspection. Null unless it is kept. */
  readonly affinity: Tensor | null;
}

/** Colours of the patches, for the colour term of the graph. */
export interface PatchColours {
  /** `[images, patches, 4]` f32, see `patchColours`. */
  readonly colours: Tensor;
  /** `[rows, columns]` of patches. */
  readonly grid: readonly [number, number];
}

/** The eigenvectors of a batch's graphs: what clusterings of any k are made of. */
export interface SpectralVectors extends Pick<SpectralCut, "eigen" | "unitKeys" | "affinity"> {
  /** `[images, patches]` f32: degree^(-1/2). */
  readonly scale: Tensor;
}

/**
 * Stage 2: cuts the graph of patches into k segments, for several k (§3, §4). One graph and one
 * eigenproblem serve all: {@linkcode spectralVectors}, then for each k {@linkcode clusterVectors}.
 *
 * @param keys `[images, patches, dim]` f32.
 * @param colour adds `colourWeight` times the colour neighbours to the graph.
 * @param keepAffinity whether the matrix of the graph is wanted, which bits are written out for.
 * @throws {RangeError} when options do not go together.
 * @throws {GpuMemoryError} when a graph in panels is to have a colour term, or to be kept.
 */
export function spectralCut(
  gpu: Gpu,
  keys: Tensor,
  options: ProposalOptions,
  colour: PatchColours | null = null,
  keepAffinity = true,
): SpectralCut {
  const { clusterCounts } = options;
  return gpu.scope(() => {
    const vectors = spectralVectors(gpu, keys, options, colour, keepAffinity);
    const results = clusterCounts.map((k) => clusterVectors(gpu, vectors, k, options));
    const { eigen, unitKeys, affinity } = vectors;
    return {
      labels: labelMaps(gpu, results.map(({ labels }) => labels)),
      clusters: results.map(({ clusters }) => clusters),
      ...{ eigen, unitKeys, affinity },
    };
  });
}

/**
 * The graph of patches and its eigenvectors. A graph of affinity `threshold` without a colour term
 * is kept as bits, a 32nd of the memory; another one that the adapter cannot bind at once, in panels.
 *
 * Arguments and errors are those of {@linkcode spectralCut}.
 */
export function spectralVectors(
  gpu: Gpu,
  keys: Tensor,
  options: ProposalOptions,
  colour: PatchColours | null = null,
  keepAffinity = true,
): SpectralVectors {
  const { images, patches, dim } = expectShape("spectralCut: keys", keys, "[images, patches, dim]");
  checkOptions(options);
  return gpu.scope(() => {
    const flat = l2Normalise(gpu, { ...keys, shape: [images * patches, dim] });
    const unitKeys = { ...flat, shape: keys.shape };
    const graph = gpu.stage(
      "affinity",
      () =>
        isPacked(options)
          ? packedGraph(gpu, unitKeys, options)
          : needsPanels(gpu, images, patches)
          ? graphInPanels(gpu, unitKeys, options, colour)
          : denseGraph(gpu, unitKeys, options, colour),
    );
    const [count, { seed }] = [vectorCount(options), options];
    const eigen = gpu.stage(
      "eigenvectors",
      () => topEigenvectors(gpu, graph.operator, { count, seed }),
    );
    const affinity = keepAffinity ? graph.matrix() : null;
    return { eigen, scale: graph.scale, unitKeys, affinity };
  });
}

/**
 * The clustering of the patches into k, from the eigenvectors.
 *
 * @param options of them those that concern the clustering; `clusterCounts` is not read.
 */
export function clusterVectors(
  gpu: Gpu,
  { eigen, scale }: Pick<SpectralVectors, "eigen" | "scale">,
  k: number,
  options: ProposalOptions,
): Clusters {
  return gpu.stage("clustering", () =>
    gpu.scope(() => {
      const points = embed(gpu, eigen.vectors, scale, k, options);
      const { labels, clusters } = cluster(gpu, points, k, options);
      return { labels, clusters };
    }));
}

/**
 * The label maps of several clusterings as one tensor.
 *
 * @param clusterings `[images, patches]` u32 each.
 * @returns `[images, maps, patches]` u32.
 */
export function labelMaps(gpu: Gpu, clusterings: readonly Tensor<"u32">[]): Tensor<"u32"> {
  const [images, patches] = clusterings[0].shape;
  const labels = gpu.empty([images, clusterings.length, patches], "u32");
  clusterings.forEach((each, map) => {
    for (let image = 0; image < images; image++) {
      const row = { ...each, offset: each.offset + 4 * image * patches, shape: [patches] };
      gpu.copy(row, labels, (image * clusterings.length + map) * patches);
    }
  });
  return labels;
}

/** Whether the graph has two edge weights only, so that a bit says which. */
export const isPacked = ({ affinity, colourWeight }: ProposalOptions): boolean =>
  affinity === "threshold" && colourWeight === 0;

/** The normalised graph of a batch. */
interface PatchGraph {
  /** Its matrix, or what multiplies by it. */
  readonly operator: Tensor | SymmetricOperator;
  /** `[images, patches]` f32: degree^(-1/2). */
  readonly scale: Tensor;
  /** Its matrix, written out if need be. */
  readonly matrix: () => Tensor;
}

function denseGraph(
  gpu: Gpu,
  unitKeys: Tensor,
  { affinity: kind, affinityThreshold: threshold, diagonal, colourWeight }: ProposalOptions,
  colour: PatchColours | null,
): PatchGraph {
  const affinity = cosineAffinity(gpu, unitKeys, { kind, threshold, diagonal });
  if (colour) {
    const { colours, grid } = colour;
    addColourEdges(gpu, affinity, colours, { grid, weight: colourWeight, diagonal });
  }
  const scale = invSqrtDegree(gpu, affinity); // [images, patches]
  const matrix = normalizeAffinity(gpu, affinity, scale); // [images, patches, patches]
  return { operator: matrix, scale, matrix: () => matrix };
}

function graphInPanels(
  gpu: Gpu,
  unitKeys: Tensor,
  { affinity: kind, affinityThreshold: threshold, diagonal }: ProposalOptions,
  colour: PatchColours | null,
): PatchGraph {
  const refuse = (what: string): never => {
    const most = gpu.device.limits.maxStorageBufferBindingSize;
    throw new GpuMemoryError(
      `a graph of ${unitKeys.shape[1]} patches ${what}: its matrix is larger than the ${most} ` +
        "bytes that the adapter binds; use smaller pictures",
    );
  };
  if (colour) refuse("takes no colour term");
  const graph = panelGraph(gpu, unitKeys, { kind, threshold, diagonal });
  return {
    operator: panelOperator(gpu, graph),
    scale: graph.invSqrtDegree,
    matrix: () => refuse("cannot be saved"),
  };
}

function packedGraph(
  gpu: Gpu,
  unitKeys: Tensor,
  { affinityThreshold: threshold, diagonal }: ProposalOptions,
): PatchGraph {
  const graph = binaryGraph(gpu, unitKeys, { threshold, diagonal });
  return {
    operator: binaryOperator(gpu, graph),
    scale: graph.invSqrtDegree,
    matrix: () => expandGraph(gpu, graph),
  };
}

/** Vectors to solve for: one more than the largest k, for its gap. */
export function vectorCount({ clusterCounts, embedding, dssVectors }: ProposalOptions): number {
  const used = embedding === "dss" ? dssVectors : 0;
  return Math.max(LEAST_VECTORS, used, Math.max(...clusterCounts) + 1);
}

function embed(
  gpu: Gpu,
  vectors: Tensor,
  scale: Tensor,
  k: number,
  { embedding: kind, dssVectors }: ProposalOptions,
): Tensor {
  return spectralEmbedding(gpu, vectors, scale, {
    kind,
    columns: kind === "dss" ? dssVectors : k,
  });
}

function cluster(
  gpu: Gpu,
  points: Tensor,
  k: number,
  { labels, seed, restarts }: ProposalOptions,
): Clusters {
  if (labels === "cluster_qr") return clusterQr(gpu, points);
  if (labels === "discretize") return discretize(gpu, points, { seed });
  return kMeans(gpu, points, { k, seed, restarts });
}
