import { type CocoAnnotation, readCocoInstances } from "@fiedler/coco";
import { FormatError } from "@fiedler/io";
import { pathAt } from "./fields.ts";
import type { DataFiles } from "./files.ts";
import { annotationOf } from "./instances.ts";
import { boxPolygon } from "./polygons.ts";
import {
  type DataTruth,
  eachOf,
  type TruthAnnotation,
  type TruthCategory,
  type TruthImage,
} from "./truth.ts";

/**
 * The ground truth of a COCO instances file. Pictures and categories are read at once, annotations
 * when they are asked for, in a second pass: neither sits in memory as a whole file.
 *
 * An annotation that has only a box gets its rectangle as mask; area and box that are missing are
 * those of the mask.
 *
 * @throws {FormatError} when a picture has no name, or one that leads out of the folder.
 * @throws {CocoFormatError} when the file is no instances file; names the entry and the field.
 */
export async function readTruth(files: DataFiles, path: string): Promise<DataTruth> {
  const images: TruthImage[] = [];
  const categories: TruthCategory[] = [];
  for await (const { kind, value } of readCocoInstances(files.stream(path))) {
    if (kind === "image") {
      const where = `${path}: images[${images.length}].file_name`;
      images.push({ ...value, file_name: pathAt(value.file_name, where) });
    }
    if (kind === "category") {
      categories.push({ ...value, name: value.name ?? `category ${value.id}` });
    }
  }
  return { images, categories, annotations: eachOf(() => annotationsOf(files, path, images)) };
}

async function* annotationsOf(
  files: DataFiles,
  path: string,
  images: readonly TruthImage[],
): AsyncGenerator<TruthAnnotation, void> {
  const byId = new Map(images.map((image) => [image.id, image]));
  for await (const { kind, value } of readCocoInstances(files.stream(path))) {
    if (kind === "annotation") yield complete(value, byId.get(value.image_id), path);
  }
}

function complete(
  annotation: CocoAnnotation,
  image: TruthImage | undefined,
  path: string,
): TruthAnnotation {
  const { id, image_id, bbox, area } = annotation;
  if (image === undefined) {
    throw new FormatError(
      `${path}: annotation ${id} is of picture ${image_id}, which is not listed`,
    );
  }
  const segmentation = annotation.segmentation ?? [boxPolygon(bbox!)];
  if (area !== undefined && bbox !== undefined) {
    return { ...annotation, segmentation, area, bbox };
  }
  return { ...annotationOf(segmentation, image, annotation), segmentation };
}
