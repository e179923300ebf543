/** Instances as tasks of Label Studio. */
import { decodeRle, rleFromSegmentation } from "@fiedler/coco";
import { encodeBrush } from "./brush_rle.ts";
import type { PictureInstances } from "./instances.ts";
import { polygonsOf } from "./polygons.ts";
import type { TruthAnnotation, TruthCategory } from "./truth.ts";

/** Names of the tags in {@linkcode labelStudioConfig}, which regions refer to. */
export const TAGS = { image: "image", polygon: "polygon", brush: "brush" } as const;

/** Options of {@linkcode labelStudioTask}. */
export interface LabelStudioOptions {
  /**
   * How masks are written. Default `polygon`: one region a part, parts of one object nested under
   * the first. `brush`: one region a mask, its pixels as they are.
   */
  readonly shape?: "polygon" | "brush";
  /** `predictions` are shown for correction, `annotations` count as done. Default `annotations`. */
  readonly as?: "annotations" | "predictions";
  /** What stands before the picture's name. Default Label Studio's address of local files. */
  readonly prefix?: string;
}

/**
 * A task of Label Studio: a picture and its instances as regions. A crowd is a brush whose `meta`
 * says so, since its mask is no outline of one object.
 *
 * @returns A JSON value; a file of tasks is an array of them.
 * @throws {RangeError} when a category is not known, or a mask is not of the picture's size.
 */
export function labelStudioTask(
  { image, annotations }: PictureInstances,
  categories: readonly TruthCategory[],
  { shape = "polygon", as = "annotations", prefix = "/data/local-files/?d=" }: LabelStudioOptions =
    {},
): Record<string, unknown> {
  const { id, file_name, width, height } = image;
  const names = new Map(categories.map((category) => [category.id, category.name]));
  const result = annotations.flatMap((annotation, i) => {
    const label = names.get(annotation.category_id);
    if (label === undefined) {
      throw new RangeError(
        `labelStudioTask: ${file_name} has category ${annotation.category_id}, which has no name`,
      );
    }
    const values = shape === "brush" || annotation.iscrowd
      ? [brushValue(annotation, image, label)]
      : polygonValues(annotation, image, label);
    return values.map((value, part) => ({
      id: `r${i}${part === 0 ? "" : `.${part}`}`,
      ...(part === 0 ? {} : { parentID: `r${i}` }),
      ...value,
      to_name: TAGS.image,
      original_width: width,
      original_height: height,
      image_rotation: 0,
      ...(annotation.score === undefined ? {} : { score: annotation.score }),
      ...(annotation.iscrowd ? { meta: { text: [CROWD] } } : {}),
    }));
  });
  const address = file_name.split("/").map(encodeURIComponent).join("/");
  return {
    data: { image: prefix + address, file_name, image_id: id, width, height },
    [as]: [{ result }],
  };
}

/** What `meta.text` says of a region of many objects. */
export const CROWD = "iscrowd";

function polygonValues(
  { segmentation }: TruthAnnotation,
  { width, height }: PictureInstances["image"],
  label: string,
) {
  return polygonsOf(segmentation, { width, height }).map((polygon) => ({
    type: "polygonlabels",
    from_name: TAGS.polygon,
    value: {
      points: Array.from({ length: polygon.length / 2 }, (_, i) => [
        100 * polygon[2 * i] / width,
        100 * polygon[2 * i + 1] / height,
      ]),
      closed: true,
      polygonlabels: [label],
    },
  }));
}

function brushValue(
  { segmentation }: TruthAnnotation,
  { width, height }: PictureInstances["image"],
  label: string,
) {
  const { counts } = rleFromSegmentation(segmentation, height, width);
  const rle = encodeBrush(decodeRle(Array.from(counts), height, width));
  return {
    type: "brushlabels",
    from_name: TAGS.brush,
    value: { format: "rle", rle, brushlabels: [label] },
  };
}

/** The labelling interface that the tasks belong to, for a project's settings. */
export function labelStudioConfig(categories: readonly TruthCategory[]): string {
  const labels = categories.map(({ name }) => `    <Label value="${escapeXml(name)}" />\n`).join(
    "",
  );
  return "<View>\n" +
    `  <Image name="${TAGS.image}" value="$image" zoom="true" />\n` +
    `  <PolygonLabels name="${TAGS.polygon}" toName="${TAGS.image}">\n${labels}` +
    "  </PolygonLabels>\n" +
    `  <BrushLabels name="${TAGS.brush}" toName="${TAGS.image}">\n${labels}` +
    "  </BrushLabels>\n</View>\n";
}

const escapeXml = (text: string) =>
  text.replace(
    /[&<>"]/g,
    (mark) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[mark]!,
  );
