import { MAE_TINY, type MaeSettings } from "@fiedler/pretrain";
import type { PretrainingChanges } from "./pretraining.ts";

/** A step is to take no longer, so that the loss moves and pictures can be looked at meanwhile. */
const STEP_MS = 500;
/** Share of the planned steps in which the rate rises: our choice, a tenth as in the tiny course. */
const WARM_UP_SHARE = 0.1;
/** Learning rate: twice that of the tiny course, since minutes of it have to show something. */
const RATE = 1e-3;
/** A scene of 128 pixels a side takes a processor about so long to draw. */
const SCENE_MS = 20;
/** Pixels of a scene for each pixel of its crop, and the fewest that a scene can have. */
const SCENE_SIDE = { perCrop: 128 / 96, least: 32 };

/** Scenes of a step whose time is measured: large batches take a processor long. */
export const trialBatch = (software: boolean): number => software ? 2 : 16;

/**
 * Scenes of a step: the largest power of two whose step fits into {@linkcode STEP_MS}, from 2 to the
 * embedded course's 64.
 *
 * @param ms that a step of `trial` scenes took: others are taken to be in proportion.
 */
export function fittingBatch(trial: number, ms: number): number {
  const fitting = Math.floor(Math.log2(STEP_MS / ms * trial));
  return Math.min(Math.max(2, 2 ** fitting), MAE_TINY.batch);
}

/** The settings of a page's course; `steps` are a guess that time corrects. */
export function coursePlan(
  { dim, depth, heads, crop, rate }: PretrainingChanges,
  { batch, steps, seed }: Pick<MaeSettings, "batch" | "steps" | "seed">,
): MaeSettings {
  const { model, crops: [view], optimiser } = MAE_TINY;
  const { encoder } = model;
  const warmUp = Math.min(optimiser.warmUp, Math.ceil(WARM_UP_SHARE * steps));
  return {
    ...{ ...MAE_TINY, batch, steps, seed },
    model: {
      ...model,
      encoder: {
        ...encoder,
        dim: dim ?? encoder.dim,
        depth: depth ?? encoder.depth,
        heads: heads ?? encoder.heads,
      },
    },
    crops: [{ ...view, size: crop ?? view.size }],
    optimiser: { ...optimiser, warmUp, rate: rate ?? RATE },
  };
}

/** What the worker that draws scenes is told. */
export interface ScenePlan {
  readonly settings: MaeSettings;
  /** Pixels a side of a scene. */
  readonly side: number;
  /** New scenes of a step; its others were seen before. */
  readonly fresh: number;
}

/** The scenes of a course: as many new ones for each step as are drawn while it computes. */
export function scenePlan(settings: MaeSettings, stepMs: number): ScenePlan {
  const { perCrop, least } = SCENE_SIDE;
  return {
    settings,
    side: Math.max(least, Math.round(perCrop * settings.crops[0].size)),
    fresh: Math.min(Math.max(1, Math.floor(stepMs / SCENE_MS)), settings.batch),
  };
}
