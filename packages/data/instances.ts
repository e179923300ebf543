/** Instances in memory, picture by picture: what all label formats are turned into and from. */
import {
  type CocoSegmentation,
  compressRle,
  rleArea,
  rleBox,
  rleFromSegmentation,
} from "@fiedler/coco";
import {
  type DataTruth,
  eachOf,
  type TruthAnnotation,
  type TruthCategory,
  type TruthImage,
} from "./truth.ts";

/** A picture and its instances. */
export interface PictureInstances {
  /** The picture. */
  readonly image: TruthImage;
  /** Its instances, in the order of the file. */
  readonly annotations: readonly TruthAnnotation[];
}

/** Instances of a set of pictures. */
export interface Instances {
  /** The pictures, those without an instance too. */
  readonly pictures: readonly PictureInstances[];
  /** The categories. */
  readonly categories: readonly TruthCategory[];
}

/** Instances, and what could not be taken over, one line each. */
export interface Imported extends Instances {
  /** Such as `3 ellipses: not read`. */
  readonly notes: readonly string[];
}

/**
 * Ground truth in memory, by picture.
 *
 * @throws {RangeError} when an annotation belongs to no picture.
 */
export async function gatherInstances(truth: DataTruth): Promise<Instances> {
  const annotations = new Map(truth.images.map(({ id }) => [id, [] as TruthAnnotation[]]));
  for await (const annotation of truth.annotations) {
    const list = annotations.get(annotation.image_id);
    if (list === undefined) {
      const { id, image_id } = annotation;
      throw new RangeError(
        `gatherInstances: annotation ${id} is of picture ${image_id}, not there`,
      );
    }
    list.push(annotation);
  }
  return {
    pictures: truth.images.map((image) => ({ image, annotations: annotations.get(image.id)! })),
    categories: truth.categories,
  };
}

/** Instances as ground truth; annotations are numbered anew from 1. */
export function truthOfInstances({ pictures, categories }: Instances): DataTruth {
  async function* annotations() {
    let id = 1;
    for (const { annotations } of pictures) {
      for (const annotation of annotations) yield { ...annotation, id: id++ };
    }
  }
  return {
    images: pictures.map(({ image }) => image),
    categories,
    annotations: eachOf(annotations),
  };
}

/** An annotation of a mask: area and box are those of its pixels. */
export function annotationOf(
  segmentation: CocoSegmentation,
  image: TruthImage,
  rest: Pick<TruthAnnotation, "category_id"> & Partial<TruthAnnotation>,
): TruthAnnotation {
  const rle = rleFromSegmentation(segmentation, image.height, image.width);
  return {
    id: 0, // numbered when all are there
    image_id: image.id,
    segmentation: "counts" in segmentation ? compressRle(rle) : segmentation,
    area: rleArea(rle.counts),
    bbox: rleBox(rle.counts, image.height),
    iscrowd: 0,
    ...rest,
  };
}

/** Categories by id: the order in which formats without ids number them. */
export const byId = (categories: readonly TruthCategory[]): TruthCategory[] =>
  [...categories].sort((a, b) => a.id - b.id);
