import { type Facet, SOLOV2, type Solov2Config, TINY_SOLOV2 } from "@fiedler/models";

/** All that makes a segmenter besides its weights: written into every file of them. */
export interface SegmenterConfig {
  /** The heads, and with them the pyramid's width and number of levels. */
  readonly heads: Solov2Config;
  /** Least and largest √(width · height), in pixels, of the objects each level learns. */
  readonly scaleRanges: readonly (readonly [least: number, largest: number])[];
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
  features: { facet: "key", layer: -1 },
  shortSide: 800,
  longest: 1333,
};

/** For pictures of 128 pixels on an embedded model: our choice. */
export const TINY_SEGMENTER: SegmenterConfig = {
  heads: TINY_SOLOV2,
  scaleRanges: [[1, 16], [8, 32], [16, 64], [32, 128], [64, 2048]],
  features: { facet: "key", layer: -1 },
  shortSide: 128,
  longest: 512,
};
