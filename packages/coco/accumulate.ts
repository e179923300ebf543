/**
 * From matched detections of all pictures to precision and recall.
 *
 * @module
 */

import type { Outcome } from "./match.ts";
import {
  AREA_RANGES,
  type Curves,
  IOU_THRESHOLDS,
  RECALL_THRESHOLDS,
  UNDEFINED_METRIC,
} from "./metrics.ts";

/** The spacing of doubles at 1: keeps the precision of no detections from being 0 / 0. */
const SPACING = 2 ** -52;

/** The matched detections of one picture (and category), best first. */
export interface MatchedPicture {
  /** `[detections]` scores, descending. */
  readonly scores: Float64Array;
  /** Per range of area. */
  readonly outcomes: readonly Outcome[];
  /** Objects that count, per range of area. */
  readonly counting: readonly number[];
}

/**
 * Precision and recall over all pictures.
 *
 * Detections of all pictures are ranked by score, ties in the order of the pictures, then in that
 * of the picture's own ranking.
 *
 * @param categories Ids of the categories, or `null` for one without a name.
 * @param pictures Per category, its pictures in ascending order of id.
 * @param maxDets Ascending; a picture's detections beyond the last must not be there.
 */
export function accumulate(
  categories: readonly number[] | null,
  pictures: readonly (readonly MatchedPicture[])[],
  maxDets: readonly number[],
): Curves {
  const settings = pictures.length * AREA_RANGES.length * maxDets.length;
  const curves: Curves = {
    categories,
    maxDets,
    precision: new Float64Array(IOU_THRESHOLDS.length * RECALL_THRESHOLDS.length * settings),
    recall: new Float64Array(IOU_THRESHOLDS.length * settings),
  };
  curves.precision.fill(UNDEFINED_METRIC);
  curves.recall.fill(UNDEFINED_METRIC);
  pictures.forEach((ofCategory, k) => {
    const ranking = rank(ofCategory);
    const { length } = ranking.order;
    const scratch = { found: new Uint32Array(length), precision: new Float64Array(length) };
    AREA_RANGES.forEach((_, area) => {
      const objects = ofCategory.reduce((sum, { counting }) => sum + counting[area], 0);
      if (objects === 0) return;
      const outcome = ordered(ranking, ofCategory.map(({ outcomes }) => outcomes[area]));
      maxDets.forEach((cap, m) => {
        const setting = (k * AREA_RANGES.length + area) * maxDets.length + m;
        for (let t = 0; t < IOU_THRESHOLDS.length; t++) {
          const curve = trace(outcome, ranking, t, cap, scratch);
          curves.recall[t * settings + setting] = (curve.found.at(-1) ?? 0) / objects;
          const first = t * RECALL_THRESHOLDS.length * settings + setting;
          interpolate(curve, objects).forEach((value, r) => {
            curves.precision[first + r * settings] = value;
          });
        }
      });
    });
  });
  return curves;
}

/** All detections of a category, highest score first. */
interface Ranking {
  /** `[detections]` where each stands among the pictures' detections one after the other. */
  readonly order: Uint32Array;
  /** `[detections]` its rank in its own picture. */
  readonly places: Uint32Array;
}

function rank(pictures: readonly MatchedPicture[]): Ranking {
  const total = pictures.reduce((sum, { scores }) => sum + scores.length, 0);
  const scores = new Float64Array(total);
  const own = new Uint32Array(total);
  let start = 0;
  for (const picture of pictures) {
    scores.set(picture.scores, start);
    for (let i = 0; i < picture.scores.length; i++) own[start + i] = i;
    start += picture.scores.length;
  }
  const order = Uint32Array.from(scores, (_, i) => i)
    .sort((a, b) => scores[b] - scores[a] || a - b);
  return { order, places: order.map((i) => own[i]) };
}

/** Outcomes of all pictures in the order of a ranking. */
function ordered({ order }: Ranking, outcomes: readonly Outcome[]): Outcome {
  const matched = new Uint16Array(order.length);
  const ignored = new Uint16Array(order.length);
  let start = 0;
  for (const outcome of outcomes) {
    matched.set(outcome.matched, start);
    ignored.set(outcome.ignored, start);
    start += outcome.matched.length;
  }
  return {
    matched: Uint16Array.from(order, (i) => matched[i]),
    ignored: Uint16Array.from(order, (i) => ignored[i]),
  };
}

/** What was true after each detection that counts, going down the ranking. */
interface Trace {
  /** Objects found so far. */
  readonly found: Uint32Array;
  /** Share of the detections so far that found one. */
  readonly precision: Float64Array;
}

/**
 * Follows one threshold down the ranking. Ignored detections would only repeat what was there.
 *
 * @param scratch What the trace is written to: valid until the next.
 */
function trace(
  { matched, ignored }: Outcome,
  { places }: Ranking,
  t: number,
  cap: number,
  { found, precision }: Trace,
): Trace {
  const bit = 1 << t;
  let [right, wrong, count] = [0, 0, 0];
  for (let i = 0; i < places.length; i++) {
    if (places[i] >= cap || ignored[i] & bit) continue;
    if (matched[i] & bit) right++;
    else wrong++;
    found[count] = right;
    precision[count++] = right / (wrong + right + SPACING);
  }
  return { found: found.subarray(0, count), precision: precision.subarray(0, count) };
}

/** `[recalls]` the best precision at each recall or beyond; 0 where it was never reached. */
function interpolate({ found, precision }: Trace, objects: number): Float64Array {
  for (let i = precision.length - 1; i > 0; i--) {
    if (precision[i] > precision[i - 1]) precision[i - 1] = precision[i];
  }
  let i = 0;
  return Float64Array.from(RECALL_THRESHOLDS, (recall) => {
    while (i < found.length && found[i] / objects < recall) i++;
    return i < found.length ? precision[i] : 0;
  });
}
