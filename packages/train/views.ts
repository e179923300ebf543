import { PADDING_RGB } from "@fiedler/models";
import type { SegmenterConfig } from "@fiedler/segmenter";
import { uniforms } from "@fiedler/kernels";
import { strongView, weakGeometry, weakView } from "./augment.ts";
import { copyPaste } from "./copy_paste.ts";
import { randomFor } from "./random_use.ts";
import type { ViewSettings } from "./settings.ts";
import type { StepView } from "./step_view.ts";
import { assignTargets, type TargetLevel } from "./targets.ts";
import { MASK_STRIDE } from "./targets_mask.ts";
import { drawWindow, ZOOM_DRAWS, zoomedMasks } from "./zoom.ts";
import type { TrainingView } from "./targets_view.ts";

/** Options of {@linkcode stepViews}. */
export interface StepViewOptions {
  /** Which step, from 0. */
  readonly step: number;
  /** Decides sizes, directions, colours and what is pasted, with the step. */
  readonly seed: number;
  /** How pictures become views. */
  readonly views: ViewSettings;
  /** The levels of the segmenter, see {@linkcode targetLevels}. */
  readonly levels: readonly TargetLevel[];
  /** Views are padded at the bottom and on the right to multiples of it; itself a multiple of 4. */
  readonly multiple: number;
  /** Colour of the padding. Default the mean of ImageNet in whole levels, `[124, 116, 104]`. */
  readonly fill?: readonly [red: number, green: number, blue: number];
}

/** The levels of a segmenter as {@linkcode assignTargets} takes them. */
export const targetLevels = (
  { heads, scaleRanges }: Pick<SegmenterConfig, "heads" | "scaleRanges">,
): TargetLevel[] => heads.grids.map((grid, level) => ({ grid, scaleRange: scaleRanges[level] }));

/**
 * The views of a step's pictures, with their targets: with `views.strong` first a strong view of each,
 * which with `views.copyPaste` got objects of the weak view B − 1 − i, then a weak view of each.
 *
 * The same for the same step, seed and pictures, whatever was made before: each position of the batch
 * has its own random stream for its weak view, its colours, and what is pasted on it. What became of
 * instances that train nothing is in {@linkcode Targets.skipped}.
 *
 * Source: Wang et al. 2022 (FreeSOLO), arXiv 2202.12181.
 *
 * @param pictures with their masks, at the size they were found at.
 * @param ids Index of each in the training set.
 * @throws {RangeError} when there are not as many ids as pictures, or as {@linkcode weakView},
 * {@linkcode strongView} and {@linkcode assignTargets} say.
 *
 * @example
 * ```ts
 * import { PAPER_TRAINING, SOLO_LEVELS, stepViews } from "@fiedler/train";
 * import assert from "node:assert/strict";
 *
 * const mask = new Uint8Array(40 * 30).fill(1, 200, 600);
 * const data = new Uint8Array(3 * 40 * 30).fill(99);
 * const picture = { width: 40, height: 30, data, instances: [{ mask, label: 0 }] };
 * const views = stepViews([picture, picture], [5, 8], {
 *   step: 0,
 *   seed: 0,
 *   views: { ...PAPER_TRAINING.views, shortSides: [60] },
 *   levels: SOLO_LEVELS,
 *   multiple: 32,
 * });
 * assert.deepEqual(views.map(({ picture }) => picture), [5, 8, 5, 8]);
 * assert.deepEqual(views[0].padded, [64, 96]);
 * ```
 */
export function stepViews(
  pictures: readonly TrainingView[],
  ids: readonly number[],
  options: StepViewOptions,
): StepView[] {
  const { step, seed, views } = options;
  if (ids.length !== pictures.length) {
    throw new RangeError(
      `stepViews: needs an id for each of ${pictures.length} pictures, got ${ids.length}`,
    );
  }
  const drawn = pictures.map((picture, i) => {
    const how = { ...views, random: randomFor(seed, "weakView", [step, i]) };
    const { width, height, flipped } = weakGeometry(picture, how);
    const key = `${ids[i]} ${width}x${height}${flipped ? " flipped" : ""}`;
    return { view: weakView(picture, how), key };
  });
  const weak = drawn.map(({ view }) => view);
  const finish = (view: TrainingView, i: number, repeats: string | null) =>
    finished(view, {
      ...{ picture: ids[i], repeats, originalHeight: pictures[i].height },
      draws: repeats === null ? null : uniforms(ZOOM_DRAWS, randomFor(seed, "zoom", [step, i])),
    }, options);
  return [
    ...(views.strong ? strongViews(weak, options).map((view, i) => finish(view, i, null)) : []),
    ...drawn.map(({ view, key }, i) => finish(view, i, key)),
  ];
}

function strongViews(
  weak: readonly TrainingView[],
  { step, seed, views }: StepViewOptions,
): TrainingView[] {
  return weak.map((view, i) => {
    const strong = strongView(view, { random: randomFor(seed, "strongView", [step, i]) });
    if (!views.copyPaste) return strong;
    const source = weak[weak.length - 1 - i];
    return copyPaste(strong, source, { random: randomFor(seed, "paste", [step, i]) }).view;
  });
}

/** What a view is besides its pixels. */
interface About extends Pick<StepView, "picture" | "repeats"> {
  readonly originalHeight: number;
  /** Decide its window; null for a view that has none. */
  readonly draws: Float32Array | null;
}

/** A view as a step takes it: padded, with the targets of its window. */
function finished(
  view: TrainingView,
  { originalHeight, draws, ...rest }: About,
  { views, levels, multiple, fill = PADDING_RGB }: StepViewOptions,
): StepView {
  if (!Number.isSafeInteger(multiple) || multiple < 1 || multiple % MASK_STRIDE !== 0) {
    throw new RangeError(
      `stepViews: sides must be padded to a multiple of ${MASK_STRIDE}, got ${multiple}`,
    );
  }
  const { width, height } = view;
  const up = (side: number) => multiple * Math.ceil(side / multiple);
  const padded = [up(height), up(width)] as const;
  const lost = Math.floor(views.bottomRows * height / originalHeight);
  const window = draws && views.zoom && drawWindow(view, padded, views.zoom, draws);
  const seen = window ? zoomedMasks(view, padded, window, views.zoom!.leastArea) : view;
  return {
    ...rest,
    size: [height, width],
    padded,
    rgb: pad(view, padded, fill),
    valid: [Math.max(0, height - lost), width],
    window,
    targets: assignTargets(seen, {
      maskSize: [padded[0] / MASK_STRIDE, padded[1] / MASK_STRIDE],
      levels,
    }),
  };
}

/** The pixels at the top left of a canvas of one colour. */
function pad(
  { width, height, data }: TrainingView,
  [rows, columns]: readonly [number, number],
  fill: readonly [number, number, number],
): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(3 * rows * columns);
  const line = new Uint8Array(3 * columns);
  for (let i = 0; i < line.length; i++) line[i] = fill[i % 3];
  for (let y = 0; y < rows; y++) {
    const from = y < height ? 3 * width : 0;
    if (from > 0) out.set(data.subarray(y * from, (y + 1) * from), y * line.length);
    out.set(line.subarray(from), y * line.length + from);
  }
  return out;
}
