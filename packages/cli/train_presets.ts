import { FULL_SEGMENTER, type SegmenterConfig, TINY_SEGMENTER } from "@fiedler/segmenter";
import {
  PAPER_TRAINING,
  REDUCED_TRAINING,
  TINY_TRAINING,
  type TrainSettings,
} from "@fiedler/train";

/** What `--preset` of `train` may be. */
export const TRAIN_PRESETS = ["tiny", "reduced", "paper"] as const;
/** One of {@linkcode TRAIN_PRESETS}. */
export type TrainPreset = (typeof TRAIN_PRESETS)[number];

/** Defaults that a preset stands for. */
export interface TrainDefaults {
  /** A name, or a file, as `--backbone`. */
  readonly backbone: string;
  readonly segmenter: SegmenterConfig;
  readonly training: TrainSettings;
}

const DENSECL = "densecl-resnet101";

/** Pictures of half the size, so objects of half the size for each level: grids count cells. */
const HALF_SEGMENTER: SegmenterConfig = {
  ...FULL_SEGMENTER,
  scaleRanges: [[1, 48], [24, 96], [48, 192], [96, 384], [192, 2048]],
  shortSide: 384,
  longest: 640,
};

/** What each preset stands for. */
export const TRAIN_DEFAULTS: Readonly<Record<TrainPreset, TrainDefaults>> = {
  tiny: { backbone: "mae-tiny", segmenter: TINY_SEGMENTER, training: TINY_TRAINING },
  reduced: { backbone: DENSECL, segmenter: HALF_SEGMENTER, training: REDUCED_TRAINING },
  paper: { backbone: DENSECL, segmenter: FULL_SEGMENTER, training: PAPER_TRAINING },
};
