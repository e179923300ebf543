import type { Solov2Config } from "@fiedler/models";
import type { SegmenterConfig } from "@fiedler/segmenter";

/** Heads of as many levels as the published ones, but small. */
export const FIVE_LEVEL_HEADS: Solov2Config = {
  categories: 1,
  channels: 64,
  grids: [16, 12, 8, 6, 4],
  width: 64,
  convs: 2,
  groups: 8,
  maskWidth: 32,
  maskChannels: 32,
  prior: 0.01,
};

/** A segmenter with them. */
export const FIVE_LEVELS: SegmenterConfig = {
  heads: FIVE_LEVEL_HEADS,
  scaleRanges: [[1, 16], [8, 32], [16, 64], [32, 128], [64, 2048]],
  smooth: [true, true, true, true, true],
  features: { facet: "key", layer: -1 },
  shortSide: 128,
  longest: 512,
};
