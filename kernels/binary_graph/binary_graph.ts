import { expectShape, type Gpu, reshape, type Tensor } from "@fiedler/gpu";
import { l2Normalise } from "../affinity/l2_normalise.ts";
import { resizeMatrix } from "../eigen/resize_matrix.ts";
import { quads } from "../matmul/matmul.ts";
import { defaultForm } from "../matmul/forms.ts";
import { matmulStrided } from "../matmul/strided.ts";
import { transpose } from "../transpose/transpose.ts";
import { binaryDegreeKernel } from "./binary_degree.gen.ts";
import { expandEdgesKernel } from "./expand_edges.gen.ts";
import { mirrorEdgesKernel } from "./mirror_edges.gen.ts";
import { packEdgesKernel } from "./pack_edges.gen.ts";

/** Cosines that exist at a time: 2 MiB. A block has at least 32 rows. */
const BLOCK_COSINES = 2 ** 19;

/** Options of {@linkcode binaryGraph}; defaults as in `cosineAffinity`. */
export interface BinaryGraphOptions {
  /** Cosine above which there is an edge. Default 0.2: TokenCut. */
  readonly threshold?: number;
  /** Weight where there is no edge, at least 0. Default 1e-5: TokenCut. */
  readonly epsilon?: number;
  /** Whether a patch is its own neighbour. Default `"dropped"`, as in scikit-learn. */
  readonly diagonal?: "dropped" | "kept";
}

/** Graphs with edges of weight 1 and, where there is none, of weight epsilon. */
export interface BinaryGraph {
  /** `[images, patches, ⌈patches / 32⌉]` u32: bit j mod 32 of word ⌊j / 32⌋ is the edge to j. */
  readonly bits: Tensor<"u32">;
  /** `[images, patches]` u32: edges of each patch. */
  readonly neighbours: Tensor<"u32">;
  /** `[images, patches]` f32: degree^(-1/2), 1 for a degree of 0, as `invSqrtDegree` has it. */
  readonly invSqrtDegree: Tensor;
  /** Weight where there is no edge. */
  readonly epsilon: number;
  /** With `"dropped"` a patch has weight 0 to itself, not epsilon. */
  readonly diagonal: "dropped" | "kept";
}

/**
 * The patch graph of `cosineAffinity` with kind `"threshold"` in a 32nd of the memory: the cosines
 * come in blocks of rows and are kept as bits. Each cosine has the bits that it has there, so that
 * one near the threshold falls on the same side; only those above the diagonal are computed.
 *
 * Source: TokenCut (Wang et al. 2022), §3.1, for the graph.
 *
 * @param keys `[images, patches, dim]` f32.
 * @throws {ShapeError} when `keys` has another rank.
 * @throws {RangeError} when epsilon is negative.
 *
 * @example
 * ```ts
 * import { Gpu } from "@fiedler/gpu";
 * import { binaryGraph } from "@fiedler/kernels";
 * import assert from "node:assert/strict";
 *
 * const gpu = await Gpu.open();
 * const keys = gpu.upload(Float32Array.of(1, 0, 2, 1, 0, 3), [1, 3, 2]); // three of the plane
 * const { bits } = binaryGraph(gpu, keys, { threshold: 0.5 });
 * assert.deepEqual([...await gpu.read(bits)], [0b010, 0b001, 0b000]);
 * gpu.close();
 * ```
 */
export function binaryGraph(
  gpu: Gpu,
  keys: Tensor,
  { threshold = 0.2, epsilon = 1e-5, diagonal = "dropped" }: BinaryGraphOptions = {},
): BinaryGraph {
  const { images, patches } = expectShape("binaryGraph: keys", keys, "[images, patches, dim]");
  if (!(epsilon >= 0)) throw new RangeError(`binaryGraph: epsilon must be ≥ 0, got ${epsilon}`);
  const words = Math.ceil(patches / 32);
  return gpu.scope(() => {
    const upper = packUpperHalf(gpu, keys, threshold);
    const bits = gpu.empty([images, patches, words], "u32");
    const params = { nodes: patches, words, drop_diagonal: diagonal === "dropped" ? 1 : 0 };
    gpu.run(mirrorEdgesKernel, { bits: upper, out: bits, params }, {
      workgroups: [Math.ceil(words / mirrorEdgesKernel.overrides.WORKGROUP), patches, images],
    });
    const neighbours = gpu.empty([images, patches], "u32");
    const invSqrtDegree = gpu.empty([images, patches]);
    const rows = images * patches;
    const others = diagonal === "dropped" ? patches - 1 : patches;
    gpu.run(binaryDegreeKernel, {
      bits,
      neighbours,
      inv_sqrt_degree: invSqrtDegree,
      params: { rows, words, others, epsilon },
    }, { workgroups: [Math.ceil(rows / binaryDegreeKernel.overrides.WORKGROUP)] });
    return { bits, neighbours, invSqrtDegree, epsilon, diagonal };
  });
}

/** Edges to the patch itself and to later ones; what is before them stays unwritten. */
function packUpperHalf(gpu: Gpu, keys: Tensor, threshold: number): Tensor<"u32"> {
  const [images, patches, dim] = keys.shape;
  const words = Math.ceil(patches / 32);
  const [inner, pitch] = [quads(dim), quads(patches)];
  return gpu.scope(() => {
    const flat = l2Normalise(gpu, reshape(keys, [images * patches, dim]));
    const units = reshape(flat, keys.shape);
    const a = inner === dim ? units : resizeMatrix(gpu, units, patches, inner);
    const b = transpose(gpu, units, { pitch }); // [images, dim, pitch]
    const bits = gpu.empty([images, patches, words], "u32");
    // The kernel that multiplies whole matrices of this size, for the sake of the same bits.
    const form = defaultForm(gpu, patches, patches, images);
    const most = Math.max(32, Math.floor(BLOCK_COSINES / (images * patches * 32)) * 32);
    const cosines = gpu.empty([images, Math.min(most, patches), patches]);
    for (let first = 0; first < patches; first += most) {
      const rows = Math.min(most, patches - first);
      const columns = patches - first;
      // A tile that sticks out to the right reads whatever follows in b, for sums nobody stores.
      matmulStrided(gpu, { a, b, out: cosines }, {
        rows,
        columns,
        inner,
        bRows: dim,
        images,
        a: { base: first * inner, image: patches * inner, row: inner },
        b: { base: first, image: dim * pitch, row: pitch },
        out: { image: rows * columns, row: columns },
        form,
      });
      const params = { nodes: patches, words, first, rows, threshold };
      const { WORKGROUP } = packEdgesKernel.overrides;
      gpu.run(packEdgesKernel, { cosines, bits, params }, {
        workgroups: [Math.ceil((words - first / 32) / WORKGROUP), rows, images],
      });
    }
    return bits;
  });
}

/**
 * The normalised affinity D^(-1/2) W D^(-1/2) written out, for inspection.
 *
 * @returns `[images, patches, patches]` f32, symmetric to the last bit.
 */
export function expandGraph(
  gpu: Gpu,
  { bits, invSqrtDegree, epsilon, diagonal }: BinaryGraph,
): Tensor {
  const [images, patches, words] = bits.shape;
  const out = gpu.empty([images, patches, patches]);
  const params = { nodes: patches, words, epsilon, drop_diagonal: diagonal === "dropped" ? 1 : 0 };
  gpu.run(expandEdgesKernel, { bits, scale: invSqrtDegree, out, params }, {
    workgroups: [Math.ceil(patches / expandEdgesKernel.overrides.WORKGROUP), patches, images],
  });
  return out;
}
