import { type Facet, SOLOV2, type Solov2Config, TINY_SOLOV2 } from "@fiedler/models";

/** All that makes a segmenter besides its weights: written into every file of them. */
export interface SegmenterConfig {
  /** The heads, and with them the pyramid's width and number of levels. */
  readonly heads: Solov2Config;
  /** Least and largest √(width · height), in pixels, of the objects each level learns. */
  readonly scaleRanges: readonly (readonly [least: number, largest: number])[];
  /** Whether each level of the pyramid ends in a 3 × 3 convolution; an FPN has all of them. */
  readonly smooth: readonly boolean[];
  /** What a transformer backbone gives to the pyramid; a ResNet gives its stages. */
  readonly features: { readonly facet: Facet; readonly layer: number };
  /** Pictures are resized so that their shorter side has so many pixels, */
  readonly shortSide: number;
  /** unless the longer one would have more than this. */
  readonly longest: number;
}

/** SOLOv2 as FreeSOLO trains it (arXiv 2202.12181), with one category. */
export const FULL_SEGMENTER: SegmenterConfig = {
  heads: SOLOV2,
  scaleRanges: [[1, 96], [48, 192], [96, 384], [192, 768], [384, 2048]],
  smooth: [true, true, true, true, true],
  features: { facet: "key", layer: -1 },
  shortSide: 800,
  longest: 1333,
};

/**
 * For small pictures on an embedded model: our choice, found by training some thirty networks on
 * generated scenes of 128 pixels, enlarged to 192, with the same arithmetic for each. Narrow maps win:
 * they leave time for more steps.
 */
export const TINY_SEGMENTER: SegmenterConfig = {
  heads: TINY_SOLOV2,
  scaleRanges: [[1, 60], [36, 96], [72, 2048]],
  smooth: [false, true, true],
  features: { facet: "key", layer: -1 },
  shortSide: 192,
  longest: 512,
};
