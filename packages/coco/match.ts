/**
 * Greedy matching of one picture's detections with its objects, as COCO defines it.
 *
 * @module
 */

import { IOU_THRESHOLDS } from "./metrics.ts";

/** One picture, or one category in it. */
export interface Contest {
  /** `[detections, objects]` IoU, best detection first; what is under 0.5 may be 0. */
  readonly ious: Float64Array;
  /** `[objects]` 1 for a crowd region, which takes any number of detections. */
  readonly crowd: Uint8Array;
  /** `[objects]` 1 where an object does not count: crowds, and areas out of range. */
  readonly ignored: Uint8Array;
  /** `[detections]` 1 where a detection's own area is out of range. */
  readonly outside: Uint8Array;
}

/** What became of each detection; bit t speaks of threshold t. */
export interface Outcome {
  /** `[detections]` set where it found an object. */
  readonly matched: Uint16Array;
  /** `[detections]` set where it is neither right nor wrong. */
  readonly ignored: Uint16Array;
}

/**
 * Matches detections with objects, at each of the ten thresholds.
 *
 * Each detection, best first, takes the object of highest IoU that is free, of equal ones the last;
 * an object that does not count only when no other will do. A detection is ignored when its object
 * does not count, or when it found none and its own area is out of range.
 */
export function matchDetections(contest: Contest): Outcome {
  const { ignored, outside, ious } = contest;
  const detections = outside.length;
  const objects = ignored.length;
  const outcome = { matched: new Uint16Array(detections), ignored: new Uint16Array(detections) };
  const order = countingFirst(ignored);
  const best = new Float64Array(detections);
  for (let i = 0; i < ious.length; i++) {
    const d = Math.floor(i / objects);
    if (ious[i] > best[d]) best[d] = ious[i];
  }
  const taken = new Uint8Array(objects);
  IOU_THRESHOLDS.forEach((threshold, t) => {
    taken.fill(0);
    for (let d = 0; d < detections; d++) {
      const object = best[d] < threshold ? -1 : choose(contest, order, taken, d, threshold);
      if (object < 0) continue;
      taken[object] = 1;
      outcome.matched[d] |= 1 << t;
      if (ignored[object]) outcome.ignored[d] |= 1 << t;
    }
  });
  const all = (1 << IOU_THRESHOLDS.length) - 1;
  outside.forEach((is, d) => {
    if (is) outcome.ignored[d] |= all & ~outcome.matched[d];
  });
  return outcome;
}

/** The object that detection d takes, or −1. */
function choose(
  { ious, crowd, ignored }: Contest,
  order: Uint32Array,
  taken: Uint8Array,
  d: number,
  threshold: number,
): number {
  const row = d * ignored.length;
  let highest = threshold;
  let chosen = -1;
  for (let i = 0; i < order.length; i++) {
    const object = order[i];
    if (taken[object] && !crowd[object]) continue;
    if (chosen >= 0 && ignored[object] && !ignored[chosen]) break;
    if (ious[row + object] < highest) continue;
    highest = ious[row + object];
    chosen = object;
  }
  return chosen;
}

/** Objects in their order, those that count before those that do not. */
function countingFirst(ignored: Uint8Array): Uint32Array {
  const order = new Uint32Array(ignored.length);
  let next = 0;
  for (const flag of [0, 1]) {
    for (let i = 0; i < ignored.length; i++) if (ignored[i] === flag) order[next++] = i;
  }
  return order;
}
