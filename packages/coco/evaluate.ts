/**
 * COCO's detection evaluation: average precision and recall, number for number as pycocotools.
 *
 * @module
 */

import { accumulate } from "./accumulate.ts";
import { overlapsOf, regionOf, type RegionType } from "./evaluate_objects.ts";
import { BestRows } from "./evaluate_rows.ts";
import { readTruth, type Truth, type TruthImage } from "./evaluate_truth.ts";
import type { CocoInstances } from "./ground_truth.ts";
import { matchPicture } from "./match_picture.ts";
import { type Curves, type Metrics, summarise } from "./metrics.ts";
import { type RecallByCount, type RecallByCountOptions, RecallTally } from "./recall.ts";
import type { CocoResult } from "./results.ts";

/** Options of {@linkcode evaluate}. */
export interface EvaluateOptions {
  /** Compares masks, or boxes; those of masks where results have none. Default `"segm"`. */
  readonly type?: RegionType;
  /**
   * Scores each category apart and averages. Default `false`: all categories are one, and those of
   * the results are not looked at.
   */
  readonly classAware?: boolean;
  /** Detections a picture, ascending; AP is read at the last. Default `[1, 10, 100]`. */
  readonly maxDets?: readonly number[];
  /**
   * `"pycocotools"`: the area of a detection is that of its `bbox` even when masks are compared,
   * if the first result has one. That shifts APs to ARl. Default: the area of what is compared.
   */
  readonly compat?: "pycocotools";
  /** Counts and leaves out results of pictures that are not in the ground truth. */
  readonly ignoreUnknownImages?: boolean;
  /** Also measures recall by number of instances, see {@linkcode RecallByCount}. */
  readonly byCount?: RecallByCountOptions;
}

/** How often something happened, and the first place. */
export interface Occurrence {
  /** At least 1. */
  readonly count: number;
  /** What it was: an image id, a category id, or the place among the results. */
  readonly first: number;
}

/** What {@linkcode evaluate} found. */
export interface Evaluation {
  /** What was compared. */
  readonly type: RegionType;
  /** `AP`, `AP50`, `AP75`, `APs`, `APm`, `APl`, `AR1`, `AR10`, `AR100`, `ARs`, `ARm`, `ARl`. */
  readonly metrics: Metrics;
  /** Precision and recall at every setting. */
  readonly curves: Curves;
  /** Null unless asked for. */
  readonly recallByCount: RecallByCount | null;
  /** How much was compared. */
  readonly counts: {
    /** Pictures of the ground truth. */
    readonly images: number;
    /** Objects that are to be found; crowd regions are not. */
    readonly objects: number;
    /** Crowd regions. */
    readonly crowds: number;
    /** Results, those of unknown pictures included. */
    readonly results: number;
    /** Pictures with objects that no result speaks of: all their objects count as missed. */
    readonly imagesWithoutResults: number;
  };
  /** What a reader should know; null where it did not happen. */
  readonly notes: {
    /** All scores are the same: AP then depends on the order of pictures and results, AR less. */
    readonly constantScore: number | null;
    /** Results of pictures that are not in the ground truth; `first` is an image id. */
    readonly unknownImages: Occurrence | null;
    /** Results of categories that the ground truth does not have; `first` is a category id. */
    readonly unknownCategories: Occurrence | null;
    /** Masks of another size than their picture, which match nothing; `first` is a place. */
    readonly otherSizes: Occurrence | null;
    /** Annotations of pictures that are not listed. */
    readonly strayAnnotations: number | null;
  };
}

/**
 * Scores results against ground truth as pycocotools' `COCOeval` does.
 *
 * Without `classAware` as with `useCats = 0`, except that no result is dropped for its category.
 * Equal scores keep pycocotools' order: by category id, then by place among the results; by place
 * alone when a category is unknown, as if all had been rewritten to one. What pycocotools gets
 * wrong is not repeated: objects are told apart by their place, so an annotation may have id 0.
 *
 * @param groundTruth A COCO instances file's contents.
 * @param results A COCO results file's contents, in any order.
 * @throws {RangeError} that names the annotation or result and the field; also when results speak
 *   of pictures that are not in the ground truth.
 *
 * @example
 * ```ts
 * import { evaluate } from "@fiedler/coco";
 * import assert from "node:assert/strict";
 *
 * const left = { size: [4, 4], counts: [0, 8, 8] } as const; // the left half
 * const truth = {
 *   images: [{ id: 7, width: 4, height: 4 }],
 *   annotations: [{ id: 0, image_id: 7, category_id: 1, segmentation: left, iscrowd: 0 }],
 *   categories: [],
 * } as const;
 * const results = [{ image_id: 7, category_id: 1, segmentation: left, score: 0.9 }];
 * const { metrics } = evaluate(truth, results);
 * assert.deepEqual([metrics.AR1, metrics.ARl], [1, -1]); // found; there is nothing large
 * ```
 */
export function evaluate(
  groundTruth: CocoInstances,
  results: Iterable<CocoResult>,
  options: EvaluateOptions = {},
): Evaluation {
  const evaluator = new Evaluator(groundTruth, options);
  for (const result of results) evaluator.add(result);
  return evaluator.finish();
}

/**
 * {@linkcode evaluate} for results that come one at a time.
 *
 * A mask is compared with the objects of its picture as it comes, and let go: what stays are score,
 * area and the overlaps of 0.5 or more. The results may come in any order.
 */
export class Evaluator {
  readonly #truth: Truth;
  readonly #options: EvaluateOptions;
  readonly #type: RegionType;
  readonly #maxDets: readonly number[];
  /** By picture; class-aware also by category, else all under 0. */
  readonly #rows = new Map<TruthImage, Map<number, BestRows>>();
  readonly #tally: RecallTally | null;
  readonly #scores = { lowest: Infinity, highest: -Infinity };
  readonly #unknownImages = new Counter();
  readonly #unknownCategories = new Counter();
  readonly #otherSizes = new Counter();
  readonly #knownCategories: ReadonlySet<number>;
  #results = 0;
  #areaOfBox = false;

  /** Reads the ground truth. */
  constructor(groundTruth: CocoInstances, options: EvaluateOptions = {}) {
    this.#options = options;
    this.#type = options.type ?? "segm";
    this.#maxDets = options.maxDets ?? [1, 10, 100];
    expectCaps(this.#maxDets);
    this.#truth = readTruth(groundTruth, this.#type);
    this.#knownCategories = new Set(this.#truth.categories);
    this.#tally = options.byCount ? new RecallTally(this.#truth, options.byCount) : null;
  }

  /**
   * Takes one result.
   *
   * @throws {RangeError} that names its place among the results and the field. A mask that cannot
   * count, behind the best of its picture, is not looked at.
   */
  add(result: CocoResult): void {
    const place = this.#results++;
    const where = `results[${place}]`;
    const { image_id, category_id: category, score, bbox } = result;
    if (!Number.isFinite(score)) {
      throw new RangeError(`${where}.score must be a number, got ${JSON.stringify(score)}`);
    }
    if (place === 0) {
      this.#areaOfBox = this.#options.compat === "pycocotools" && (bbox?.length ?? 0) > 0;
    }
    this.#scores.lowest = Math.min(this.#scores.lowest, score);
    this.#scores.highest = Math.max(this.#scores.highest, score);
    const image = this.#truth.images.get(image_id);
    if (!image) {
      this.#unknownImages.add(image_id);
      return;
    }
    if (!this.#knownCategories.has(category)) this.#unknownCategories.add(category);
    // Counted before any result is let go, so that the count does not depend on their order.
    if (this.#type === "segm" && otherSize(result, image)) this.#otherSizes.add(place);
    const rows = this.#rowsOf(image, this.#options.classAware ? category : 0);
    if (!this.#tally && !rows.accepts(score)) return;
    const region = regionOf(result, this.#type, image, where);
    const area = this.#areaOfBox && bbox ? bbox[2] * bbox[3] : region.area;
    const row = { score, area, category, overlaps: overlapsOf(region, image.objects) };
    rows.add(row);
    this.#tally?.add(image, row);
  }

  /**
   * The outcome.
   *
   * @throws {RangeError} when results speak of pictures that are not in the ground truth.
   */
  finish(): Evaluation {
    const unknown = this.#unknownImages.seen;
    if (unknown && !this.#options.ignoreUnknownImages) {
      throw new RangeError(
        `${unknown.count} of ${this.#results} results have an image_id that is not in the ground ` +
          `truth, the first is ${unknown.first}`,
      );
    }
    // pycocotools sees no result of an unknown category, unless all were rewritten to one.
    const byCategory = this.#unknownCategories.seen === null;
    const curves = this.#curves(byCategory);
    const objects = [...this.#truth.images.values()].flatMap((image) => image.objects);
    const crowds = objects.filter(({ crowd }) => crowd).length;
    const { lowest, highest } = this.#scores;
    return {
      type: this.#type,
      metrics: summarise(curves),
      curves,
      recallByCount: this.#tally?.finish({ byCategory }) ?? null,
      counts: {
        images: this.#truth.images.size,
        objects: objects.length - crowds,
        crowds,
        results: this.#results,
        imagesWithoutResults:
          [...this.#truth.images.values()].filter((image) =>
            image.objects.some(({ crowd }) => !crowd) && !this.#rows.has(image)
          ).length,
      },
      notes: {
        constantScore: this.#results > 1 && lowest === highest ? lowest : null,
        unknownImages: unknown,
        unknownCategories: this.#unknownCategories.seen,
        otherSizes: this.#otherSizes.seen,
        strayAnnotations: this.#truth.strayAnnotations || null,
      },
    };
  }

  #rowsOf(image: TruthImage, key: number): BestRows {
    let ofImage = this.#rows.get(image);
    if (!ofImage) this.#rows.set(image, ofImage = new Map());
    let rows = ofImage.get(key);
    if (!rows) ofImage.set(key, rows = new BestRows(this.#maxDets.at(-1)!));
    return rows;
  }

  #curves(byCategory: boolean): Curves {
    const { classAware } = this.#options;
    const categories = classAware ? this.#truth.categories : null;
    const images = [...this.#truth.images.values()];
    const pictures = (categories ?? [null]).map((category) =>
      images.flatMap((image) => {
        const rows = this.#rows.get(image)?.get(category ?? 0)?.sorted({ byCategory }) ?? [];
        const objects = objectsOf(image, category, byCategory);
        return objects.length + rows.length > 0 ? [matchPicture(image, objects, rows)] : [];
      })
    );
    return accumulate(categories, pictures, this.#maxDets);
  }
}

/** Places of a picture's objects of one category, or of all, in the order that decides ties. */
function objectsOf(
  { objects }: TruthImage,
  category: number | null,
  byCategory: boolean,
): readonly number[] {
  const places = objects.map((_, i) => i)
    .filter((i) => category === null || objects[i].category === category);
  return byCategory ? places.sort((a, b) => objects[a].category - objects[b].category) : places;
}

/** Whether a mask is of another size than its picture. */
function otherSize({ segmentation }: CocoResult, { width, height }: TruthImage): boolean {
  if (!segmentation || !("counts" in segmentation)) return false;
  const { size } = segmentation;
  return size[0] !== height || size[1] !== width;
}

function expectCaps(maxDets: readonly number[]): void {
  const valid = (cap: number, i: number) =>
    Number.isInteger(cap) && cap > 0 && (i === 0 || cap > maxDets[i - 1]);
  if (maxDets.length > 0 && maxDets.every(valid)) return;
  throw new RangeError(
    `evaluate: maxDets must be whole numbers over 0, ascending, got [${maxDets.join(", ")}]`,
  );
}

class Counter {
  seen: Occurrence | null = null;

  add(what: number): void {
    this.seen = { count: (this.seen?.count ?? 0) + 1, first: this.seen?.first ?? what };
  }
}
