import { regionOf, type RegionType, type TruthObject } from "./evaluate_objects.ts";
import type { CocoAnnotation, CocoImage, CocoInstances } from "./ground_truth.ts";

/** A picture with its objects, in the order of the file. */
export interface TruthImage extends CocoImage {
  readonly objects: TruthObject[];
}

/** Ground truth by picture. */
export interface Truth {
  /** By id, ascending. */
  readonly images: ReadonlyMap<number, TruthImage>;
  /** Ids of the categories, ascending: those listed and those in use. */
  readonly categories: readonly number[];
  /** Annotations of pictures that are not listed: they are left out, as pycocotools does. */
  readonly strayAnnotations: number;
}

/**
 * Reads ground truth into regions.
 *
 * @throws {RangeError} that names the annotation and the field.
 */
export function readTruth(
  { images, annotations, categories }: CocoInstances,
  type: RegionType,
): Truth {
  const byId = new Map<number, TruthImage>();
  for (const image of images.toSorted((a, b) => a.id - b.id)) {
    byId.set(image.id, { ...image, objects: [] });
  }
  const used = new Set(categories.map(({ id }) => id));
  let strayAnnotations = 0;
  annotations.forEach((annotation, i) => {
    const image = byId.get(annotation.image_id);
    used.add(annotation.category_id);
    if (image) image.objects.push(objectOf(annotation, type, image, `annotations[${i}]`));
    else strayAnnotations++;
  });
  return { images: byId, categories: [...used].sort((a, b) => a - b), strayAnnotations };
}

function objectOf(
  annotation: CocoAnnotation,
  type: RegionType,
  image: CocoImage,
  where: string,
): TruthObject {
  const { category_id: category, iscrowd, area } = annotation;
  const region = regionOf(annotation, type, image, where);
  if (area !== undefined && !Number.isFinite(area)) {
    throw new RangeError(`${where}.area must be a number, got ${JSON.stringify(area)}`);
  }
  return {
    ...region,
    category,
    crowd: iscrowd === 1,
    area: area ?? region.area,
  };
}
