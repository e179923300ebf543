import { expectShape, type Gpu, reshape, type Tensor } from "@fiedler/gpu";
import { matmulTransposed } from "../matmul/matmul.ts";
import { affinityEdgesKernel } from "./affinity_edges.gen.ts";
import { l2Normalise } from "./l2_normalise.ts";
import { valueRangeKernel } from "./value_range.gen.ts";

/** How a cosine becomes the weight of an edge, see {@linkcode CosineAffinityOptions.kind}. */
export type CosineAffinityKind = "relu" | "minmax" | "threshold" | "raw";

/** In the order of the numbers in affinity_edges.wgsl and panel_edges.wgsl. */
export const KINDS: readonly CosineAffinityKind[] = ["relu", "minmax", "threshold", "raw"];

/** Parts the search for the range of an image's cosines is cut into. */
const RANGE_PARTS = 4096;

/** Options of {@linkcode cosineAffinity}. */
export interface CosineAffinityOptions {
  /**
   * Weight of an edge with cosine c: `"relu"` max(c, 0), as in Deep Spectral Methods; `"minmax"`
   * (c − min)/(max − min) over the image, as in SelfMask; `"threshold"` 1 where c > threshold, else
   * epsilon, as in TokenCut; `"raw"` c itself, whose degrees may be negative: not for
   * `invSqrtDegree`. Default `"relu"`: our choice.
   */
  readonly kind?: CosineAffinityKind;
  /** Cosine above which `"threshold"` sees an edge. Default 0.2 (TokenCut, §3.1). */
  readonly threshold?: number;
  /** Weight of no edge for `"threshold"`. Default 1e-5 (TokenCut, §3.1). */
  readonly epsilon?: number;
  /** Whether a patch is its own neighbour. Default `"dropped"`, as in scikit-learn. */
  readonly diagonal?: "dropped" | "kept";
}

/**
 * The patch graph of each image: weights of edges by the cosine similarity of keys.
 * Symmetric to the last bit. A key of zeros has cosine 0 with all others.
 *
 * @param keys `[images, patches, dim]` f32.
 * @returns `[images, patches, patches]` f32.
 * @throws {ShapeError} when `keys` has another rank.
 */
export function cosineAffinity(
  gpu: Gpu,
  keys: Tensor,
  { kind = "relu", threshold = 0.2, epsilon = 1e-5, diagonal = "dropped" }: CosineAffinityOptions =
    {},
): Tensor {
  const { images, patches, dim } = expectShape(
    "cosineAffinity: keys",
    keys,
    "[images, patches, dim]",
  );
  return gpu.scope(() => {
    const units = l2Normalise(gpu, reshape(keys, [images * patches, dim]));
    const batch = reshape(units, [images, patches, dim]);
    const affinity = matmulTransposed(gpu, batch, batch); // [images, patches, patches]
    const range = kind === "minmax" ? valueRange(gpu, affinity) : gpu.empty([images, 2]);
    const params = {
      nodes: patches,
      kind: KINDS.indexOf(kind),
      threshold,
      epsilon,
      drop_diagonal: diagonal === "dropped" ? 1 : 0,
    };
    gpu.run(affinityEdgesKernel, { range, affinity, params }, {
      workgroups: [
        Math.ceil(patches / affinityEdgesKernel.overrides.WORKGROUP),
        patches,
        images,
      ],
    });
    return affinity;
  });
}

/** Smallest and largest element of each matrix: `[images, 2]`. */
export function valueRange(gpu: Gpu, x: Tensor): Tensor {
  const [images, rows, columns] = x.shape;
  const range = (source: Tensor, size: number, parts: number) => {
    const out = gpu.empty([images, parts, 2]);
    gpu.run(valueRangeKernel, { x: source, out, params: { size, parts } }, {
      workgroups: [Math.ceil(parts / valueRangeKernel.overrides.WORKGROUP), images],
    });
    return out;
  };
  const parts = Math.min(RANGE_PARTS, rows * columns);
  const few = Math.min(64, parts);
  return range(range(range(x, rows * columns, parts), 2 * parts, few), 2 * few, 1);
}
