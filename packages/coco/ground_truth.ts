/**
 * COCO ground truth ("instances" files), streamed both ways.
 *
 * @module
 */
import type { JsonCursor } from "./json_cursor.ts";
import { readBox, readId, readSegmentation, readWhole } from "./json_fields.ts";
import { type ByteStream, JsonStream } from "./json_stream.ts";
import { jsonLine, jsonLines } from "./json_write.ts";
import type { CocoRle, CocoSegmentation } from "./rle_from_segmentation.ts";
import type { Box } from "./rle_iou.ts";

/** A picture of a data set. */
export interface CocoImage {
  /** Id, which annotations and results name. */
  readonly id: number;
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** File name, relative to the folder of pictures. */
  readonly file_name?: string;
  /**
   * Pixels that belong to nothing and count for nothing: of PASCAL VOC, whose outlines are not
   * sure. Not a field of COCO's own files.
   */
  readonly void?: CocoRle;
}

/** An object, or a crowd of objects, in a picture; it has a segmentation, a box, or both. */
export interface CocoAnnotation {
  /** Id, distinct in the file. */
  readonly id: number;
  /** Id of the image. */
  readonly image_id: number;
  /** Id of the category. */
  readonly category_id: number;
  /** Polygons, or run lengths. */
  readonly segmentation?: CocoSegmentation;
  /** `[x, y, width, height]` in pixels. */
  readonly bbox?: Box;
  /** Area in pixels, by which objects are small, medium or large. */
  readonly area?: number;
  /** 1 for a region of many objects that are not told apart, else 0. */
  readonly iscrowd: 0 | 1;
}

/** A category of a data set. */
export interface CocoCategory {
  /** Id, which annotations and results name. */
  readonly id: number;
  /** Name, like `"bicycle"`. */
  readonly name?: string;
  /** Name of the group, like `"vehicle"`. */
  readonly supercategory?: string;
}

/** One entry of a ground truth file, with the list that it stands in. */
export type CocoEntry =
  | { readonly kind: "image"; readonly value: CocoImage }
  | { readonly kind: "annotation"; readonly value: CocoAnnotation }
  | { readonly kind: "category"; readonly value: CocoCategory };

/** A whole ground truth file. */
export interface CocoInstances {
  /** Pictures, in the file's order. */
  readonly images: readonly CocoImage[];
  /** Objects, in the file's order. */
  readonly annotations: readonly CocoAnnotation[];
  /** Categories, in the file's order; none in some class-agnostic files. */
  readonly categories: readonly CocoCategory[];
}

/**
 * The entries of a ground truth file, one at a time, in the file's order.
 *
 * The lists may come in any order; `info`, `licenses` and unknown fields are skipped. Ids are read
 * as in {@linkcode readCocoResults}; an empty list as `segmentation` or `bbox` counts as absent.
 *
 * @param bytes The file, as a stream.
 * @throws {CocoFormatError} that names the entry and the field: when the file is no JSON, or lacks
 *   `images` or `annotations`; when an id or a size is missing or wrong; when an id comes twice in
 *   a list; when an annotation has neither segmentation nor box; when run lengths do not fill their
 *   `size`. Whether an annotation's image is listed is left to the caller.
 *
 * @example
 * ```ts
 * import { readCocoInstances } from "@fiedler/coco";
 * import assert from "node:assert/strict";
 *
 * const file = new Blob([`{
 *   "images": [{"id": 7, "width": 5, "height": 4, "file_name": "7.jpg"}],
 *   "annotations": [{"id": 1, "image_id": 7, "category_id": 3, "bbox": [0, 0, 5, 4]}]
 * }`]);
 * const kinds: string[] = [];
 * for await (const { kind } of readCocoInstances(file.stream())) kinds.push(kind);
 * assert.deepEqual(kinds, ["image", "annotation"]);
 * ```
 */
export async function* readCocoInstances(bytes: ByteStream): AsyncGenerator<CocoEntry, void> {
  const json = new JsonStream(bytes, "instances");
  const missing = new Set(["images", "annotations"]);
  try {
    await json.read(() => json.cursor.skipByteOrderMark());
    const needed = "an object with images and annotations; an array may be results";
    for await (const list of json.members(needed)) {
      missing.delete(list);
      if (Object.hasOwn(readers, list)) yield* distinct(json, list);
      else await json.skip();
    }
    for (const list of missing) json.cursor.fail(`${list} is missing`);
    await json.end();
  } finally {
    await json.close();
  }
}

/** The entries of a list, none of which may have the id of another. */
async function* distinct(json: JsonStream, list: string): AsyncGenerator<CocoEntry, void> {
  const read = readers[list];
  const places = new Map<number, number>();
  let i = 0;
  for await (const entry of json.elements(() => read(json.cursor))) {
    const { id } = entry.value;
    const other = places.get(id);
    if (other !== undefined) {
      json.cursor.enter(i);
      json.cursor.fail(`id ${id} is that of ${list}[${other}] too`);
    }
    places.set(id, i++);
    yield entry;
  }
}

const readers: Readonly<Record<string, (json: JsonCursor) => CocoEntry>> = {
  images: (json) => ({ kind: "image", value: readImage(json) }),
  annotations: (json) => ({ kind: "annotation", value: readAnnotation(json) }),
  categories: (json) => ({ kind: "category", value: readCategory(json) }),
};

/**
 * A whole ground truth file, in memory.
 *
 * @throws {CocoFormatError} as {@linkcode readCocoInstances} does.
 */
export async function loadCocoInstances(bytes: ByteStream): Promise<CocoInstances> {
  const images: CocoImage[] = [];
  const annotations: CocoAnnotation[] = [];
  const categories: CocoCategory[] = [];
  for await (const { kind, value } of readCocoInstances(bytes)) {
    if (kind === "image") images.push(value);
    else if (kind === "annotation") annotations.push(value);
    else categories.push(value);
  }
  return { images, annotations, categories };
}

/** What {@linkcode writeCocoInstances} writes; the lists may be as long as streams are. */
export interface CocoInstancesSource {
  /** Pictures. */
  readonly images: Iterable<CocoImage> | AsyncIterable<CocoImage>;
  /** Objects. */
  readonly annotations: Iterable<CocoAnnotation> | AsyncIterable<CocoAnnotation>;
  /** Categories. */
  readonly categories: Iterable<CocoCategory> | AsyncIterable<CocoCategory>;
}

/**
 * A ground truth file: `images`, `annotations` and `categories`, one entry a line.
 *
 * The bytes depend on the entries alone: fields stand in one order, others are left out.
 *
 * @returns Chunks of text; together one JSON object that ends in a newline.
 * @throws {RangeError} that names the entry, when a number is not finite.
 *
 * @example
 * ```ts
 * import { loadCocoInstances, writeCocoInstances } from "@fiedler/coco";
 * import assert from "node:assert/strict";
 *
 * const segmentation = [[0, 0, 0, 9, 9, 9, 9, 0]];
 * const truth = {
 *   images: [{ id: 7, width: 12, height: 12, file_name: "7.png" }],
 *   annotations: [{ id: 1, image_id: 7, category_id: 1, segmentation, iscrowd: 0 as const }],
 *   categories: [{ id: 1, name: "object" }],
 * };
 * const text = await Array.fromAsync(writeCocoInstances(truth));
 * assert.deepEqual(await loadCocoInstances(new Blob(text).stream()), truth);
 * ```
 */
export async function* writeCocoInstances(
  { images, annotations, categories }: CocoInstancesSource,
): AsyncGenerator<string, void> {
  const where = "writeCocoInstances";
  yield '{"images":[';
  yield* jsonLines(images, ({ id, width, height, file_name, void: unclear }, i) => {
    return jsonLine({ id, width, height, file_name, void: unclear }, `${where}: images[${i}]`);
  });
  yield '],\n"annotations":[';
  yield* jsonLines(annotations, (annotation, i) => {
    const { id, image_id, category_id, segmentation, bbox, area, iscrowd } = annotation;
    const fields = { id, image_id, category_id, segmentation, bbox, area, iscrowd };
    return jsonLine(fields, `${where}: annotations[${i}]`);
  });
  yield '],\n"categories":[';
  yield* jsonLines(categories, ({ id, name, supercategory }, i) => {
    return jsonLine({ id, name, supercategory }, `${where}: categories[${i}]`);
  });
  yield "]}\n";
}

function readImage(json: JsonCursor): CocoImage {
  json.peek();
  const { offset } = json;
  let id: number | undefined;
  let width: number | undefined;
  let height: number | undefined;
  let file_name: string | undefined;
  let unclear: CocoRle | undefined;
  json.object((key) => {
    if (key === "id") id = readId(json);
    else if (key === "void") unclear = readRunLengths(json);
    else if (key === "width") width = readWhole(json, 1, "a whole number ≥ 1");
    else if (key === "height") height = readWhole(json, 1, "a whole number ≥ 1");
    else if (key === "file_name") file_name = json.string();
    else json.skip();
  }, "an image");
  if (id === undefined || width === undefined || height === undefined) {
    const missing = id === undefined ? "id" : width === undefined ? "width" : "height";
    json.fail(`${missing} is missing`, { offset });
  }
  return {
    ...{ id, width, height },
    ...(file_name === undefined ? {} : { file_name }),
    ...(unclear === undefined ? {} : { void: unclear }),
  };
}

function readAnnotation(json: JsonCursor): CocoAnnotation {
  json.peek();
  const { offset } = json;
  let id: number | undefined;
  let image_id: number | undefined;
  let category_id: number | undefined;
  let segmentation: CocoSegmentation | undefined;
  let bbox: Box | undefined;
  let area: number | undefined;
  let iscrowd: 0 | 1 = 0;
  json.object((key) => {
    if (key === "id") id = readId(json);
    else if (key === "image_id") image_id = readId(json);
    else if (key === "category_id") category_id = readId(json);
    else if (key === "segmentation") segmentation = readSegmentation(json);
    else if (key === "bbox") bbox = readBox(json);
    else if (key === "area") area = readArea(json);
    else if (key === "iscrowd") iscrowd = readFlag(json);
    else json.skip();
  }, "an annotation");
  if (id === undefined || image_id === undefined || category_id === undefined) {
    const missing = id === undefined ? "id" : image_id === undefined ? "image_id" : "category_id";
    json.fail(`${missing} is missing`, { offset });
  }
  if (segmentation === undefined && bbox === undefined) {
    json.fail("needs a segmentation or a bbox", { offset });
  }
  return {
    id,
    image_id,
    category_id,
    ...(segmentation ? { segmentation } : {}),
    ...(bbox ? { bbox } : {}),
    ...(area === undefined ? {} : { area }),
    iscrowd,
  };
}

function readRunLengths(json: JsonCursor): CocoRle | undefined {
  json.peek();
  const { offset } = json;
  const segmentation = readSegmentation(json);
  if (segmentation === undefined || "counts" in segmentation) return segmentation;
  json.fail("needed run lengths, got polygons", { offset });
}

function readArea(json: JsonCursor): number {
  json.peek();
  const { offset } = json;
  const area = json.number();
  return area >= 0 ? area : json.fail(`needed a number ≥ 0, got ${area}`, { offset });
}

/** 0 or 1; some tools write false or true. */
function readFlag(json: JsonCursor): 0 | 1 {
  const byte = json.peek();
  if (byte === 0x74 || byte === 0x66) return json.boolean("0 or 1") ? 1 : 0;
  const { offset } = json;
  const flag = json.number("0 or 1");
  return flag === 0 || flag === 1 ? flag : json.fail(`needed 0 or 1, got ${flag}`, { offset });
}

function readCategory(json: JsonCursor): CocoCategory {
  json.peek();
  const { offset } = json;
  let id: number | undefined;
  let name: string | undefined;
  let supercategory: string | undefined;
  json.object((key) => {
    if (key === "id") id = readId(json);
    else if (key === "name") name = json.string();
    else if (key === "supercategory") supercategory = json.string();
    else json.skip();
  }, "a category");
  if (id === undefined) json.fail("id is missing", { offset });
  return {
    id,
    ...(name === undefined ? {} : { name }),
    ...(supercategory === undefined ? {} : { supercategory }),
  };
}
