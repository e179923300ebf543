import { type Rle, rleIntersection, rleIou } from "@fiedler/coco";
import { cellOwners, type GridPlacement } from "./cells.ts";
import { type KeyCosines, keyCosines } from "./key_gap.ts";
import { countMerges, type Merges } from "./merge_rate.ts";
import { salientMask } from "./saliency.ts";

/** An object of the ground truth. Regions of many objects (crowds) are to be left out. */
export interface StudyObject {
  /** Its pixels. */
  readonly mask: Rle;
  /** Its category. */
  readonly category: number;
}

/** What a feature extractor made of one picture. */
export interface StudyInput extends GridPlacement {
  /** All masks at picture size, from all clusterings, split into pieces, none filtered. */
  readonly masks: readonly Rle[];
  /** Clusters of the patches before the split, for each k; none of a flat picture. */
  readonly clusterings: readonly { readonly k: number; readonly labels: ArrayLike<number> }[];
  /** `[patches, dim]`; null for a flat picture, of which no keys were computed. */
  readonly keys: ArrayLike<number> | null;
  /** Pixels of which nobody says what they are, to be taken out of all masks. */
  readonly unknown?: Rle | null;
}

/** What is kept of a picture: sums, from which every table is made. Plain data for JSON. */
export interface PictureStudy {
  /** For each object: instances of its category in the picture, and the best IoU of any mask. */
  readonly objects: readonly { readonly count: number; readonly iou: number }[];
  /** Objects that have the majority of no patch. */
  readonly withoutPatch: number;
  /** Masks of the picture. */
  readonly masks: number;
  /** Pairs of objects in one cluster, for each k. */
  readonly merges: readonly ({ readonly k: number } & Merges)[];
  /** Cosines of keys; null for a flat picture. */
  readonly cosines: KeyCosines | null;
  /**
   * Of a picture of one object: its IoU with what is salient of the cut into two, 0 where nothing is.
   * Null for other pictures.
   */
  readonly saliency: number | null;
}

/**
 * Measures what became of the objects of a picture: the best mask of each, which of them share a
 * cluster, how alike their keys are, and whether an only object is what is salient.
 *
 * Source: arXiv 2311.14665, §3 and A.1, for the recall; the others are ours.
 *
 * @throws {RangeError} when a mask is not of the picture's size.
 */
export function studyPicture(input: StudyInput, objects: readonly StudyObject[]): PictureStudy {
  const known = input.unknown ? complement(input.unknown) : null;
  const keep = (rle: Rle) => known ? rleIntersection([rle, known]) : rle;
  const truth = objects.map(({ mask }) => keep(mask));
  const categories = objects.map(({ category }) => category);
  const ious = bestIous(input.masks.map(keep), truth);
  const cells = cellOwners(truth, input);
  const owning = new Set(cells.owners);
  return {
    objects: objects.map(({ category }, i) => ({
      count: categories.filter((other) => other === category).length,
      iou: ious[i],
    })),
    withoutPatch: objects.filter((_, i) => !owning.has(i)).length,
    masks: input.masks.length,
    merges: input.clusterings.map(({ k, labels }) => ({
      k,
      ...countMerges(cells, labels, categories),
    })),
    cosines: input.keys && keyCosines(input.keys, cells, categories),
    saliency: truth.length === 1 ? bestIous(salient(input).map(keep), truth)[0] : null,
  };
}

/** What is salient of the cut into two; nothing where it has one side, or was not made. */
function salient(input: StudyInput): Rle[] {
  const two = input.clusterings.find(({ k }) => k === 2);
  const mask = two ? salientMask(two.labels, input) : null;
  return mask ? [mask] : [];
}

/** For each object the largest IoU of any mask; 0 without masks. */
function bestIous(masks: readonly Rle[], objects: readonly Rle[]): Float64Array {
  const best = new Float64Array(objects.length);
  const ious = rleIou(masks, objects, objects.map(() => false));
  ious.forEach((iou, at) => best[at % objects.length] = Math.max(best[at % objects.length], iou));
  return best;
}

/** All pixels that are not in a mask. */
function complement({ size, counts }: Rle): Rle {
  const rest = Array.from(counts);
  return { size, counts: rest[0] === 0 ? rest.slice(1) : [0, ...rest] };
}
