/** Factors of the terms of the loss; a term of factor 0 is not computed. */
export interface LossSettings {
  /** Focal loss of the cells. */
  readonly category: number;
  /** Dice of the maxima of columns and rows. */
  readonly maxProjection: number;
  /** Dice of their means. */
  readonly meanProjection: number;
  /** Pairs of pixels of alike colour, */
  readonly pairwise: number;
  /** which reaches its factor linearly after so many steps. */
  readonly pairwiseWarmUp: number;
  /** Similarity of colour from which pixels are alike. */
  readonly similarity: number;
  /** Dice of the pixels. */
  readonly dice: number;
}

/** How parameters follow their gradients. */
export interface OptimiserSettings {
  /** SGD with momentum, or AdamW with the betas of PyTorch. */
  readonly kind: "sgd" | "adamw";
  /** Learning rate after the warm-up. */
  readonly rate: number;
  /** Of SGD. */
  readonly momentum: number;
  /** Pull on weights and biases towards zero, but not of norms. */
  readonly weightDecay: number;
  /** The rate rises linearly from this share of itself, */
  readonly warmUpFrom: number;
  /** over so many steps, */
  readonly warmUp: number;
  /** and then stays, or falls to a hundredth along a cosine. */
  readonly decay: "constant" | "cosine";
  /** Largest norm of the gradient; null for any. */
  readonly clip: number | null;
}

/**
 * Crops that are enlarged again, of the frozen feature maps: they cost no pass of the backbone. Our
 * choice. Colours cannot be compared in them.
 */
export interface ZoomSettings {
  /** That a weak view is zoomed. */
  readonly probability: number;
  /** Least share of each side that a window has; the largest is all of it. */
  readonly least: number;
  /** Objects with a smaller share of the view's pixels left are dropped. */
  readonly leastArea: number;
}

/** How pictures become views. */
export interface ViewSettings {
  /** Lengths of the shorter side in pixels. */
  readonly shortSides: readonly number[];
  /** Most pixels of the longer side. */
  readonly longest: number;
  /** Probability that left and right are exchanged. */
  readonly flip: number;
  /** Whether each picture is also seen in other colours, in part erased, with objects pasted. */
  readonly strong: boolean;
  /** Whether strong views get objects of another picture. */
  readonly copyPaste: boolean;
  /** Windows of the feature maps in place of the whole maps; null for none. */
  readonly zoom: ZoomSettings | null;
  /** Rows at the bottom, in pixels of the original picture, that colours are not compared in. */
  readonly bottomRows: number;
}

/** A course of training. */
export interface TrainSettings {
  /** Updates of the parameters. */
  readonly steps: number;
  /** Pictures of a step; each gives one view, or two with `views.strong`. */
  readonly batch: number;
  /** Views that go through the network together; changes the result by rounding alone. */
  readonly together: number;
  /** Decides starting weights, the order of pictures, and views. */
  readonly seed: number;
  /** How pictures become views. */
  readonly views: ViewSettings;
  /** What is minimised. */
  readonly loss: LossSettings;
  /** By what. */
  readonly optimiser: OptimiserSettings;
}

/** FreeSOLO (arXiv 2202.12181) as the paper changes it (A.2.1): batch 4, 60,000 steps, one round. */
export const PAPER_TRAINING: TrainSettings = {
  steps: 60_000,
  batch: 4,
  together: 1,
  seed: 0,
  views: {
    shortSides: [640, 672, 704, 736, 768, 800],
    longest: 1333,
    flip: 0.5,
    strong: true,
    copyPaste: true,
    zoom: null,
    bottomRows: 10,
  },
  loss: {
    category: 1,
    maxProjection: 1,
    meanProjection: 0.1,
    pairwise: 1,
    pairwiseWarmUp: 1000,
    similarity: 0.3,
    dice: 0,
  },
  optimiser: {
    kind: "sgd",
    rate: 0.00025,
    momentum: 0.9,
    weightDecay: 1e-4,
    warmUpFrom: 0.01,
    warmUp: 1000,
    decay: "constant",
    clip: null,
  },
};

/** The same with smaller pictures and fewer steps, some fifteen times less arithmetic. Our choice. */
export const REDUCED_TRAINING: TrainSettings = {
  ...PAPER_TRAINING,
  steps: 8000,
  views: { ...PAPER_TRAINING.views, shortSides: [320, 352, 384], longest: 640 },
};

/**
 * Minutes on two cores, for small pictures and an embedded model: our choice. Few steps leave no time
 * for projections and pairs, which alone teach nothing in some hundreds of them: masks are learnt
 * pixel by pixel, as in plain SOLOv2.
 */
export const TINY_TRAINING: TrainSettings = {
  steps: 1200,
  batch: 4,
  together: 4,
  seed: 0,
  views: {
    shortSides: [192],
    longest: 512,
    flip: 0.5,
    strong: false,
    copyPaste: false,
    zoom: { probability: 0.7, least: 0.6, leastArea: 0.0037 },
    bottomRows: 0,
  },
  loss: {
    category: 1,
    maxProjection: 0,
    meanProjection: 0,
    pairwise: 0,
    pairwiseWarmUp: 1000,
    similarity: 0.3,
    dice: 3,
  },
  optimiser: {
    kind: "adamw",
    rate: 0.002,
    momentum: 0.9,
    weightDecay: 1e-4,
    warmUpFrom: 0.05,
    warmUp: 20,
    decay: "cosine",
    clip: 5,
  },
};
