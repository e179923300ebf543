import type { CocoRle, CocoSegmentation } from "@fiedler/coco";

/** A picture of COCO instances JSON. */
export interface TruthImage {
  /** COCO image id. */
  readonly id: number;
  /** Path in the data set's folder of pictures. */
  readonly file_name: string;
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /**
   * Our addition, ignored by other readers: pixels of which nobody says what they are (255 in
   * VOC), to be taken out of masks and ground truth before they are compared.
   */
  readonly void?: CocoRle;
}

/** A category of COCO instances JSON. */
export interface TruthCategory {
  /** COCO category id. */
  readonly id: number;
  /** Its name, such as `person`. */
  readonly name: string;
  /** The group it belongs to, where there is one. */
  readonly supercategory?: string;
}

/** An annotation of COCO instances JSON. */
export interface TruthAnnotation {
  /** From 1: some evaluators take 0 for "unmatched". */
  readonly id: number;
  /** The picture. */
  readonly image_id: number;
  /** The category. */
  readonly category_id: number;
  /** Polygons or run lengths. */
  readonly segmentation: CocoSegmentation;
  /** Pixels. */
  readonly area: number;
  /** `[x, y, width, height]` in pixels. */
  readonly bbox: readonly [x: number, y: number, width: number, height: number];
  /** 1 for a region of many objects, which evaluators do not count. */
  readonly iscrowd: 0 | 1;
  /** Of VOC: 1 for an object that is hard to recognise. */
  readonly difficult?: 0 | 1;
  /** Of results: how sure it is. */
  readonly score?: number;
}

/** Ground truth, or results with the pictures they belong to. */
export interface DataTruth {
  /** The pictures, those without an object too. */
  readonly images: readonly TruthImage[];
  /** The categories. */
  readonly categories: readonly TruthCategory[];
  /** The annotations; each walk starts anew, and may read the file again. */
  readonly annotations: AsyncIterable<TruthAnnotation>;
}

/**
 * COCO instances JSON, streamed: one picture or annotation a line, memory independent of the number
 * of annotations. Unlike `writeCocoInstances` it writes what COCO does not have too: void pixels,
 * difficult objects, scores.
 *
 * @param description What `info.description` says, such as the name of the data set.
 * @returns Chunks of text; together one JSON object that ends in a newline.
 *
 * @example
 * ```ts
 * import { truthJson } from "@fiedler/data";
 * import assert from "node:assert/strict";
 *
 * const annotations = (async function* () {})();
 * const truth = { images: [], categories: [{ id: 1, name: "cat" }], annotations };
 * const json = JSON.parse((await Array.fromAsync(truthJson(truth, "none"))).join(""));
 * assert.deepEqual(json.categories, [{ id: 1, name: "cat" }]);
 * ```
 */
export async function* truthJson(truth: DataTruth, description: string): AsyncIterable<string> {
  yield `{\n"info": ${JSON.stringify({ description })},\n"images": `;
  yield lines(truth.images);
  yield `,\n"categories": ${lines(truth.categories)},\n"annotations": [`;
  let separator = "\n";
  for await (const annotation of truth.annotations) {
    yield separator + JSON.stringify(annotation);
    separator = ",\n";
  }
  yield separator === "\n" ? "]\n}\n" : "\n]\n}\n";
}

const lines = (list: readonly unknown[]): string =>
  list.length === 0 ? "[]" : `[\n${list.map((value) => JSON.stringify(value)).join(",\n")}\n]`;

/** What can be walked again and again, each time from the start. */
export const eachOf = <T>(walk: () => AsyncIterator<T>): AsyncIterable<T> => ({
  [Symbol.asyncIterator]: walk,
});

/** A list as what {@linkcode DataTruth} wants. */
export const listed = <T>(list: readonly T[]): AsyncIterable<T> =>
  eachOf(async function* () {
    yield* list;
  });
