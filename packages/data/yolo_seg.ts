/** Instances as label files of YOLO segmentation, and back. */
import { FormatError } from "@fiedler/io";
import { annotationOf, byId, type PictureInstances } from "./instances.ts";
import { joinPolygons, outlinesOf, polygonsOf, unshare } from "./polygons.ts";
import type { TruthAnnotation, TruthCategory, TruthImage } from "./truth.ts";

/** A label file, and what it could not hold. */
export interface YoloLabels {
  /** One line an object: class, then x and y of each vertex as shares of width and height. */
  readonly text: string;
  /** Crowd regions, for which the format has no place. */
  readonly crowds: number;
  /** Masks without a pixel. */
  readonly empty: number;
}

/**
 * The label file of a picture: `class x y x y …`, one polygon an object, classes from 0 in the order
 * of category ids. An object of several parts, or with holes, becomes one polygon whose parts are
 * joined by lines of no width, from its pixels' outlines; scores are not written.
 *
 * @throws {RangeError} when a category is none of `categories`, or a mask is not of the picture's
 *   size.
 *
 * @example
 * ```ts
 * import { yoloLabels } from "@fiedler/data";
 * import assert from "node:assert/strict";
 *
 * const image = { id: 1, file_name: "a.jpg", width: 4, height: 2 };
 * const box = { id: 1, image_id: 1, category_id: 7, area: 2, bbox: [1, 0, 2, 1] } as const;
 * const object = { ...box, iscrowd: 0, segmentation: [[1, 0, 3, 0, 3, 1, 1, 1]] } as const;
 * const labels = yoloLabels({ image, annotations: [object] }, [{ id: 7, name: "cat" }]);
 * assert.equal(labels.text, "0 0.25 0 0.75 0 0.75 0.5 0.25 0.5\n");
 * ```
 */
export function yoloLabels(
  { image, annotations }: PictureInstances,
  categories: readonly TruthCategory[],
): YoloLabels {
  const order = byId(categories).map(({ id }) => id);
  const lines: string[] = [];
  let [crowds, empty] = [0, 0];
  for (const annotation of annotations) {
    const index = order.indexOf(annotation.category_id);
    if (index < 0) {
      throw new RangeError(
        `yoloLabels: ${image.file_name} has category ${annotation.category_id}, which is not listed`,
      );
    }
    if (annotation.iscrowd) {
      crowds++;
      continue;
    }
    const polygon = onePolygon(annotation, image);
    if (polygon === null) empty++;
    else {
      const shares = polygon.map((value, i) => value / (i % 2 === 0 ? image.width : image.height));
      lines.push(`${index} ${shares.join(" ")}\n`);
    }
  }
  return { text: lines.join(""), crowds, empty };
}

function onePolygon({ segmentation }: TruthAnnotation, image: TruthImage): number[] | null {
  const own = polygonsOf(segmentation, image);
  if (own.length === 1) return own[0];
  // Parts that overlap would cancel out in one polygon: outlines of pixels do not overlap.
  const parts = outlinesOf(segmentation, image);
  return parts.length === 0 ? null : joinPolygons(parts);
}

/** The `data.yaml` of a folder of `images` and `labels`. */
export function yoloConfig(categories: readonly TruthCategory[]): string {
  const names = byId(categories).map(({ name }, i) => `  ${i}: ${JSON.stringify(name)}\n`);
  return `path: .\ntrain: images\nval: images\nnames:\n${names.join("")}`;
}

/**
 * The categories of a `data.yaml`, ids from 1: its `names`, one a line, as `0: cat` or `- cat`.
 *
 * @throws {FormatError} when it has no such list.
 */
export function readYoloConfig(text: string, where: string): TruthCategory[] {
  const lines = text.split(/\r?\n/);
  const start = lines.findIndex((line) => /^names:\s*(#.*)?$/.test(line));
  const categories: TruthCategory[] = [];
  for (const line of start < 0 ? [] : lines.slice(start + 1)) {
    const match = /^\s*(?:(\d+):|-)\s+(.+?)\s*$/.exec(line);
    if (match === null) break;
    const [, index, name] = match;
    if (index !== undefined && Number(index) !== categories.length) {
      throw new FormatError(`${where}: class ${categories.length} must come before ${index}`);
    }
    categories.push({ id: categories.length + 1, name: unquoted(name) });
  }
  if (categories.length > 0) return categories;
  throw new FormatError(
    `${where}: needs "names:" and below it one class a line, such as "  0: cat"`,
  );
}

function unquoted(text: string): string {
  if (/^".*"$/.test(text)) {
    try {
      return JSON.parse(text);
    } catch {
      return text; // YAML's own escapes: as they stand
    }
  }
  return /^'.*'$/.test(text) ? text.slice(1, -1).replaceAll("''", "'") : text;
}

/**
 * The instances of a label file.
 *
 * @param categories Class i is the i-th by id.
 * @throws {FormatError} that names the line.
 */
export function readYoloLabels(
  text: string,
  image: TruthImage,
  categories: readonly TruthCategory[],
  where: string,
): TruthAnnotation[] {
  const order = byId(categories);
  return text.split("\n").flatMap((line, i) => {
    const words = line.trim().split(/\s+/);
    if (words[0] === "") return [];
    const place = `${where}: line ${i + 1}`;
    const [index, ...shares] = words.map(Number);
    const category = Number.isInteger(index) ? order[index] : undefined;
    if (category === undefined) {
      throw new FormatError(`${place}: class must be 0 to ${order.length - 1}, got ${words[0]}`);
    }
    if (shares.length === 4) {
      throw new FormatError(`${place} is a box, not a polygon: labels of segmentation are needed`);
    }
    if (shares.length < 6 || shares.length % 2 === 1 || !shares.every(Number.isFinite)) {
      throw new FormatError(`${place}: needs x and y of three points or more, as numbers`);
    }
    const polygon = shares.map((share, at) =>
      unshare(share, at % 2 === 0 ? image.width : image.height)
    );
    return [annotationOf([polygon], image, { category_id: category.id })];
  });
}
