import { rleIou } from "@fiedler/coco";
import { rleOf } from "./mask_panel.ts";
import type { GainPicture, ScoredMask } from "./training_input.ts";

/** Overlap from which a mask has found an object: the laxest of the thresholds of AP. */
const FOUND = 0.5;

/** A mask that is drawn, and the object it found. */
export interface Match extends ScoredMask {
  /** Its number among the objects; null when it found none that a better mask had not. */
  readonly object: number | null;
  /** IoU with that object, or with the nearest one; 0 without objects. */
  readonly iou: number;
}

/**
 * The best masks of a picture, as many as it has objects and at least one, each with what it found.
 *
 * As many of both sets, so that neither looks better for having more. Best score first; each takes
 * the object, of those left, that it overlaps most.
 */
export function bestMatches(masks: readonly ScoredMask[], picture: GainPicture): Match[] {
  const objects = picture.objects.map(rleOf);
  const best = [...masks].sort((a, b) => b.score - a.score).slice(0, Math.max(1, objects.length));
  const overlaps = rleIou(best.map(({ mask }) => rleOf(mask)), objects, objects.map(() => false));
  const taken = new Set<number>();
  return best.map((mask, row) => {
    const iou = (object: number) => overlaps[row * objects.length + object];
    const nearest = (among: readonly number[]) =>
      among.reduce<number | null>((a, b) => a === null || iou(b) > iou(a) ? b : a, null);
    const all = objects.map((_, object) => object);
    const object = nearest(all.filter((it) => !taken.has(it)));
    if (object !== null && iou(object) >= FOUND) {
      taken.add(object);
      return { ...mask, object, iou: iou(object) };
    }
    const any = nearest(all);
    return { ...mask, object: null, iou: any === null ? 0 : Math.max(0, iou(any)) };
  });
}

/** Objects that were found. */
export const foundBy = (matches: readonly Match[]): number =>
  matches.filter(({ object }) => object !== null).length;
