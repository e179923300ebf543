import { TINY_VIT, type VitConfig } from "@fiedler/models";
import type { DinoConfig } from "./dino.ts";
import type { MaeConfig } from "./mae.ts";
import type { PretrainOptimiserSettings } from "./optimiser.ts";
import type { CropSettings } from "./crops.ts";

/** What both ways of pretraining have. */
export interface CourseSettings {
  /** Pictures of a step. */
  readonly batch: number;
  /** Steps of the course: what schedules span. */
  readonly steps: number;
  /** Decides the start, the masks and the crops. */
  readonly seed: number;
  /** AdamW and its schedule. */
  readonly optimiser: PretrainOptimiserSettings;
}

/** Pretraining as a masked autoencoder. */
export interface MaeSettings extends CourseSettings {
  /** Which one. */
  readonly kind: "mae";
  /** The networks. */
  readonly model: MaeConfig;
  /** Share of the patches that is hidden. */
  readonly maskRatio: number;
  /** How pictures are cropped: one crop each. */
  readonly crops: readonly CropSettings[];
}

/** Pretraining by self-distillation between crops. */
export interface DinoSettings extends CourseSettings {
  /** Which one. */
  readonly kind: "dino";
  /** The networks, and how they are compared. */
  readonly model: DinoConfig;
  /** Crops that the teacher sees; all of one size. The student sees them, too. */
  readonly crops: readonly CropSettings[];
  /** Smaller crops that the student alone sees; all of one size. */
  readonly localCrops: readonly CropSettings[];
}

/** All that decides a pretraining but the pictures. */
export type PretrainSettings = MaeSettings | DinoSettings;

/** The architecture of the embedded models, with positions of an amplitude. */
const tinyVit = (amplitude: number): VitConfig => ({
  ...TINY_VIT,
  positions: { kind: "span", span: 12, amplitude },
});

/**
 * A course of the embedded masked autoencoder's kind: 66,000 views of 96 × 96 pixels. Our own. Of the
 * rates 0.0003, 0.0005 and 0.001 the middle one leads to the best keys, not to the lowest loss.
 */
export const MAE_TINY: MaeSettings = {
  kind: "mae",
  model: {
    encoder: tinyVit(1),
    decoder: { dim: 96, depth: 2, heads: 3 },
    varianceFloor: 1e-3,
  },
  maskRatio: 0.75,
  crops: [{ size: 96, area: [0.35, 1], colours: null }],
  batch: 64,
  steps: 1029,
  seed: 0,
  optimiser: { rate: 5e-4, warmUp: 100, weightDecay: 0.05, betas: [0.9, 0.95], clip: 1 },
};

/** Changes of colour between crops of one picture. */
const COLOURS = {
  jitter: { probability: 0.8, brightness: 0.48, contrast: 0.48, saturation: 0.36, hue: 0.12 },
  grey: 0.24,
  sigma: [0.2, 1.3],
} as const;

/** The embedded self-distilled model's course: 74,000 pictures in two crops of 64 and four of 32. Our own. */
export const DINO_TINY: DinoSettings = {
  kind: "dino",
  model: {
    encoder: tinyVit(0.3),
    head: { hidden: 512, bottleneck: 128, prototypes: 256 },
    studentTemperature: 0.1,
    teacherTemperature: [0.04, 0.03],
    teacherKeep: 0.985,
    frozenPrototypes: 60,
  },
  crops: [
    { size: 64, area: [0.35, 1], colours: { ...COLOURS, blur: 0.5 } },
    { size: 64, area: [0.35, 1], colours: { ...COLOURS, blur: 0.1 } },
  ],
  localCrops: Array(4).fill({ size: 32, area: [0.06, 0.35], colours: { ...COLOURS, blur: 0 } }),
  batch: 32,
  steps: 2326,
  seed: 0,
  optimiser: { rate: 1e-3, warmUp: 80, weightDecay: 0.05, betas: [0.9, 0.98], clip: 3 },
};
