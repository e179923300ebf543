import type { Facet } from "@fiedler/models";

/** How similar two patches are, from the cosine c of their keys. */
export type AffinityKind = "relu" | "minmax" | "threshold";
/** How cells become pixels, and whether features are enlarged before they are clustered. */
export type UpsampleKind = "nearest" | "features-x2" | "soft";
/** Which columns of which eigenvectors are clustered. */
export type EmbeddingKind = "sklearn" | "dss" | "njw";
/** What makes clusters of them. */
export type LabelKind = "kmeans" | "cluster_qr" | "discretize";
/** What the share of a mask inside the saliency mask is measured against. */
export type SaliencyScore = "ioa" | "iou" | "ios";
/** Which mask of two that overlap is kept. */
export type NmsOrder = "ioa" | "area" | "k" | "coherence";

/**
 * Options of the proposal stage. Every default cites the paper (arXiv 2311.14665) or another source,
 * or says "our choice".
 */
export interface ProposalOptions {
  /** What is taken of the attention block. Default `key` (§3). */
  readonly facet: Facet;
  /** Block, negative counts from the end. Default −1, the last (§3). */
  readonly layer: number;
  /** Cluster counts, one clustering each (§4, Table 4). Default `[2, 3, 4, 5]`. */
  readonly clusterCounts: readonly number[];
  /**
   * Edge weights: `relu` max(c, 0); `minmax` c scaled to 0 … 1; `threshold` c > τ ? 1 : 1e-5.
   * Default `relu`: our choice. Not c itself: its degrees may be negative.
   */
  readonly affinity: AffinityKind;
  /** τ of affinity `threshold`. Default 0.2: TokenCut. */
  readonly affinityThreshold: number;
  /** Whether a patch is linked to itself. Default `dropped`: scikit-learn. */
  readonly diagonal: "dropped" | "kept";
  /**
   * λ of the colour term that Deep Spectral Methods add to the graph: neighbours in colour and
   * place. Default 0: off, as in their command line.
   */
  readonly colourWeight: number;
  /** `sklearn`: k vectors over √degree; `dss`: vectors 2 … K; `njw`: k vectors, unit rows. */
  readonly embedding: EmbeddingKind;
  /** K of embedding `dss`. Default 5. */
  readonly dssVectors: number;
  /**
   * `kmeans`; `cluster_qr`: pivoted QR, without a seed, for embedding `sklearn`; `discretize`: the
   * rotation closest to a labelling, for `sklearn` and `njw`. Default `kmeans`: scikit-learn.
   */
  readonly labels: LabelKind;
  /** Restarts of k-means. Default 10: scikit-learn's spectral clustering. */
  readonly restarts: number;
  /** Seed of k-means, of discretize and of the eigensolver's start. Default 0: our choice. */
  readonly seed: number;
  /**
   * Whether each cluster is split into its connected pieces. Default `true` (§4); without, each
   * cluster of each clustering is one mask (Table 6).
   */
  readonly split: boolean;
  /** Neighbours of a patch in the component split. Default 4: our choice. */
  readonly connectivity: 4 | 8;
  /** Masks of fewer patches are dropped. */
  readonly minPatches: number;
  /** Masks over a larger share of the grid are dropped; 1 drops none. */
  readonly maxShare: number;
  /**
   * `nearest`: masks keep the outline of their patches. `features-x2`: features are enlarged twice,
   * so that cells are half a patch (SelfMask). `soft`: kept masks are drawn by bilinear one-hot
   * labels, argmax. Default `nearest`: our choice.
   */
  readonly upsample: UpsampleKind;
  /**
   * Whether kept masks are drawn to the edges of the picture's colours with a dense CRF (Deep
   * Spectral Methods). Default `false`: the paper has none.
   */
  readonly crf: boolean;
  /** What the intersection with the saliency mask is divided by. Default `ioa`: our choice. */
  readonly saliencyScore: SaliencyScore;
  /** Masks with a lower score are dropped (§4). Default 0.5. In steps of 1e-4. */
  readonly saliencyThreshold: number;
  /** Masks of a larger mask IoU with a better one are dropped. Default 0.8. In steps of 1e-4. */
  readonly nmsThreshold: number;
  /** Default `ioa`; ties go to the larger area, the smaller k, the first cell. */
  readonly nmsOrder: NmsOrder;
}

/** What the paper fixes, and the recommended reading where it is silent. */
export const PAPER: ProposalOptions = {
  facet: "key",
  layer: -1,
  clusterCounts: [2, 3, 4, 5],
  affinity: "relu",
  affinityThreshold: 0.2,
  diagonal: "dropped",
  colourWeight: 0,
  embedding: "sklearn",
  dssVectors: 5,
  labels: "kmeans",
  restarts: 10,
  seed: 0,
  split: true,
  connectivity: 4,
  minPatches: 0,
  maxShare: 1,
  upsample: "nearest",
  crf: false,
  saliencyScore: "ioa",
  saliencyThreshold: 0.5,
  nmsThreshold: 0.8,
  nmsOrder: "ioa",
};

/**
 * What we recommend for photos: no specks, no near-copies, no whole-picture masks, smooth outlines.
 * The command line then takes the saliency mask from the model itself unless told otherwise.
 */
export const PRACTICAL: ProposalOptions = {
  ...PAPER,
  minPatches: 4,
  maxShare: 0.6,
  upsample: "soft",
  nmsThreshold: 0.7,
};

/** The presets by name. */
export const PRESETS: { readonly [name in "paper" | "practical"]: ProposalOptions } = {
  paper: PAPER,
  practical: PRACTICAL,
};

/**
 * Refuses options that do not go together.
 *
 * @throws {RangeError} when the labels need another embedding.
 */
export function checkOptions({ labels, embedding }: ProposalOptions): void {
  if (labels !== "kmeans" && embedding === "dss") {
    throw new RangeError(
      `labels ${labels} need embedding sklearn, got dss: they find as many clusters as there are ` +
        "vectors, and dss has the same vectors for every k",
    );
  }
  if (labels === "cluster_qr" && embedding === "njw") {
    throw new RangeError(
      "labels cluster_qr need embedding sklearn, got njw: they go by the lengths of points, and " +
        "njw makes them all equal",
    );
  }
}
