import { expectShape, type Gpu, ShapeError, type Tensor } from "@fiedler/gpu";
import { linkEdgesKernel } from "./link_edges.gen.ts";
import { nearestLinksKernel } from "./nearest_links.gen.ts";

/** Largest distance weight: beyond it colours would keep fewer than 512 levels. */
const MAX_DISTANCE_WEIGHT = 64;

/** Most patches: nearest_links.wgsl takes 7 loop rounds for each, of a CPU adapter's 65,535. */
const MAX_NODES = 9000;

/** Options of {@linkcode addColourEdges}. */
export interface ColourEdgesOptions {
  /** Patches down and across, `[rows, columns]`. */
  readonly grid: readonly [number, number];
  /** λ, what a link adds to an edge, ≥ 0; 0 leaves the affinity as it is. */
  readonly weight: number;
  /**
   * K of each neighbour search. A patch counts among its own K; where the grid has fewer patches,
   * K is their number. Default `[20, 10]` (Deep Spectral Methods' code; the paper names none).
   */
  readonly neighbours?: readonly number[];
  /**
   * How much the position counts beside the colour in each search, 0 … 64. Default `[2, 0.1]`:
   * one search for near patches of like colour, one for like colours nearly anywhere.
   */
  readonly distanceWeights?: readonly number[];
  /** Whether a patch's link to itself counts. Default `"dropped"`, as in `cosineAffinity`. */
  readonly diagonal?: "dropped" | "kept";
}

/**
 * Adds `weight` · W_colour to the patch graph, in place: a patch is linked to its K nearest by
 * (r, g, b, w·x, w·y) with x and y in 0 … 1, for each pair K, w; a link adds 1 to W_colour at
 * (i, j) and at (j, i), so that mutual neighbours have 2.
 *
 * Distances are whole numbers, of colours on 2^14 levels for w = 2 and 2^15 for w = 0.1: every
 * adapter finds the same links, of patches equally far the one of lower index first. A symmetric
 * affinity stays symmetric to the last bit, and an image has the same edges in any batch.
 *
 * Source: Melas-Kyriazi et al. 2022, §3, its W_knn; parameters from its code.
 *
 * @param affinity `[images, patches, patches]` f32, changed in place; patches ≤ 9,000.
 * @param colours `[images, patches, 4]` f32, r, g, b in 0 … 1: of `patchColours`.
 * @returns `affinity`.
 * @throws {ShapeError} when the shapes and the grid do not fit together, or beyond 9,000 patches.
 * @throws {RangeError} for a weight or a number of neighbours out of range.
 */
export function addColourEdges(
  gpu: Gpu,
  affinity: Tensor,
  colours: Tensor,
  { grid, weight, neighbours = [20, 10], distanceWeights = [2, 0.1], diagonal = "dropped" }:
    ColourEdgesOptions,
): Tensor {
  const { images, nodes } = expectShape(
    "addColourEdges: affinity",
    affinity,
    "[images, nodes, nodes]",
  );
  checkSizes(colours, images, nodes, grid);
  checkRanges(weight, neighbours, distanceWeights);
  if (weight === 0) return affinity;
  const words = Math.ceil(nodes / 32);
  const drop_diagonal = diagonal === "dropped" ? 1 : 0;
  gpu.scope(() => {
    for (const [pair, k] of neighbours.entries()) {
      const links = nearestLinks(gpu, colours, grid, Math.min(k, nodes), distanceWeights[pair]);
      gpu.run(
        linkEdgesKernel,
        { links, affinity, params: { nodes, words, weight, drop_diagonal } },
        {
          workgroups: [Math.ceil(nodes / linkEdgesKernel.overrides.WORKGROUP), nodes, images],
        },
      );
    }
  });
  return affinity;
}

/** Who is among whose nearest, a bit each: `[images, nodes, words]`. */
function nearestLinks(
  gpu: Gpu,
  colours: Tensor,
  [rows, columns]: readonly [number, number],
  neighbours: number,
  distanceWeight: number,
): Tensor<"u32"> {
  const [images, nodes] = colours.shape;
  const words = Math.ceil(nodes / 32);
  const levels = colourLevels(distanceWeight);
  const links = gpu.empty([images, nodes, words], "u32");
  const spans = gpu.upload(
    Uint32Array.of(
      ...squaredSpans(columns, distanceWeight * levels),
      ...squaredSpans(rows, distanceWeight * levels),
    ),
    [columns + rows],
  );
  const params = { nodes, columns, words, neighbours, levels };
  gpu.run(nearestLinksKernel, { colours, spans, links, params }, {
    workgroups: [Math.ceil(nodes / nearestLinksKernel.overrides.WORKGROUP), images],
  });
  return links;
}

/** The most levels, a power of two, for which 3 levels² + 2 (weight · levels)² < 2^32. */
const colourLevels = (distanceWeight: number): number =>
  2 ** Math.floor(Math.log2(65535 / Math.sqrt(3 + 2 * distanceWeight ** 2)));

/** (scale · Δ / (size − 1))² for Δ = 0 … size − 1, rounded. */
const squaredSpans = (size: number, scale: number): number[] =>
  Array.from({ length: size }, (_, apart) => Math.round((scale * apart / (size - 1 || 1)) ** 2));

function checkSizes(
  colours: Tensor,
  images: number,
  nodes: number,
  [rows, columns]: readonly [number, number],
): void {
  if (nodes > MAX_NODES) {
    throw new ShapeError(`addColourEdges: nodes must be at most ${MAX_NODES}, got ${nodes}`);
  }
  const own = expectShape("addColourEdges: colours", colours, "[images, nodes, 4]");
  if (own.images !== images || own.nodes !== nodes || rows * columns !== nodes) {
    throw new ShapeError(
      `addColourEdges: affinity [${images}, ${nodes}, ${nodes}], colours ` +
        `[${own.images}, ${own.nodes}, 4] and a grid of ${rows} × ${columns} do not fit together`,
    );
  }
}

function checkRanges(
  weight: number,
  neighbours: readonly number[],
  distanceWeights: readonly number[],
): void {
  const fail = (what: string) => {
    throw new RangeError(`addColourEdges: ${what}`);
  };
  if (!(weight >= 0 && weight < Infinity)) fail(`weight must be finite and ≥ 0, got ${weight}`);
  if (neighbours.length !== distanceWeights.length) {
    fail(`${neighbours.length} neighbours need as many weights, got ${distanceWeights.length}`);
  }
  if (!neighbours.every((k) => Number.isInteger(k) && k >= 1)) {
    fail(`neighbours must be whole numbers ≥ 1, got [${neighbours}]`);
  }
  if (!distanceWeights.every((w) => w >= 0 && w <= MAX_DISTANCE_WEIGHT)) {
    fail(`distanceWeights must be 0 … ${MAX_DISTANCE_WEIGHT}, got [${distanceWeights}]`);
  }
}
