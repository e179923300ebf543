/** Instances as the label maps of VOC, and back. */
import { decodeRle, rleFromSegmentation } from "@fiedler/coco";
import { FormatError } from "@fiedler/io";
import { byId, type PictureInstances } from "./instances.ts";
import { type LabelMap, labelMasks } from "./label_map.ts";
import type { TruthAnnotation, TruthCategory, TruthImage } from "./truth.ts";
import { VOC_VOID } from "./voc_colours.ts";

const MOST = VOC_VOID - 1; // 0 is background

/** The label maps of a picture, and what they could not hold. */
export interface VocMaps {
  /** `SegmentationObject`: instances from 1, best first. */
  readonly objects: LabelMap;
  /** `SegmentationClass`: classes from 1, in the order of category ids. */
  readonly classes: LabelMap;
  /** Instances of which no pixel is left: beyond the 254th, empty, or wholly under better ones. */
  readonly lost: number;
  /** Pixels of instances that went to better ones. */
  readonly overlapped: number;
}

/**
 * The label maps of a picture. A pixel belongs to one instance: the one of the higher score, or the
 * earlier in the file. Crowds, and what the picture calls void, are 255.
 *
 * @throws {RangeError} when there are over 254 categories, or one is not listed.
 */
export function vocMaps(
  { image, annotations }: PictureInstances,
  categories: readonly TruthCategory[],
): VocMaps {
  if (categories.length > MOST) {
    throw new RangeError(`vocMaps: at most ${MOST} categories fit a map, got ${categories.length}`);
  }
  const order = byId(categories).map(({ id }) => id);
  const { width, height } = image;
  const objects = new Uint8Array(width * height);
  const classes = new Uint8Array(width * height);
  let [used, lost, overlapped] = [0, 0, 0];
  const maskOf = (segmentation: TruthAnnotation["segmentation"]) =>
    decodeRle(Array.from(rleFromSegmentation(segmentation, height, width).counts), height, width);
  const ranked = annotations.filter(({ iscrowd }) => !iscrowd)
    .toSorted((a, b) => (b.score ?? 0) - (a.score ?? 0));
  for (const { segmentation, category_id } of ranked) {
    const index = order.indexOf(category_id) + 1;
    if (index === 0) {
      throw new RangeError(`vocMaps: ${image.file_name} has category ${category_id}, not listed`);
    }
    const mask = maskOf(segmentation);
    const free = mask.some((value, i) => value === 1 && objects[i] === 0);
    if (!free || used === MOST) {
      lost++;
      continue;
    }
    used++;
    mask.forEach((value, i) => {
      if (value === 0) return;
      if (objects[i] !== 0) overlapped++;
      else [objects[i], classes[i]] = [used, index];
    });
  }
  const unclear = annotations.filter(({ iscrowd }) => iscrowd).map(({ segmentation }) =>
    segmentation
  );
  for (const segmentation of image.void ? [...unclear, image.void] : unclear) {
    maskOf(segmentation).forEach((value, i) => {
      if (value === 1 && objects[i] === 0) objects[i] = classes[i] = VOC_VOID;
    });
  }
  return {
    objects: { width, height, data: objects },
    classes: { width, height, data: classes },
    lost,
    overlapped,
  };
}

/**
 * The instances of label maps. The class of an instance is that of most of its pixels; without a
 * class map all are of the first category.
 *
 * @throws {FormatError} when sizes differ or a class is not listed.
 */
export function readVocMaps(
  objects: LabelMap,
  classes: LabelMap | null,
  image: Omit<TruthImage, "void">,
  categories: readonly TruthCategory[],
): PictureInstances {
  for (const map of classes ? [objects, classes] : [objects]) {
    if (map.width === image.width && map.height === image.height) continue;
    throw new FormatError(
      `${image.file_name}: label map must be ${image.width} × ${image.height}, ` +
        `got ${map.width} × ${map.height}`,
    );
  }
  const order = byId(categories);
  const masks = labelMasks(objects);
  const unclear = masks.find(({ label }) => label === VOC_VOID)?.segmentation;
  const annotations = masks.filter(({ label }) => label !== VOC_VOID).map(({ label, ...mask }) => {
    const index = classes ? mostOften(objects.data, label, classes.data) : 1;
    const category = order[index - 1];
    if (category === undefined) {
      throw new FormatError(`${image.file_name}: instance ${label} has class ${index}, not listed`);
    }
    const { id } = category;
    return { id: 0, image_id: image.id, category_id: id, ...mask, iscrowd: 0 as const };
  });
  return { image: unclear ? { ...image, void: unclear } : image, annotations };
}

/** The class of most pixels of an instance. */
function mostOften(objects: Uint8Array, label: number, classes: Uint8Array): number {
  const pixels = new Uint32Array(256);
  objects.forEach((value, i) => {
    if (value === label) pixels[classes[i]]++;
  });
  return pixels.indexOf(Math.max(...pixels));
}
