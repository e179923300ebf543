/** VOC's label maps and boxes as instances. */
import { boxIou, type CocoRle } from "@fiedler/coco";
import { FormatError } from "@fiedler/io";
import { type LabelMap, type LabelMask, labelMasks } from "./label_map.ts";
import { boxPolygon } from "./polygons.ts";
import { VOC_CLASSES, VOC_VOID } from "./voc_colours.ts";
import type { VocObject } from "./voc_xml.ts";

/** An instance of VOC. */
export interface VocInstance extends Omit<LabelMask, "label" | "segmentation"> {
  /** VOC's class, from 1. */
  readonly category_id: number;
  readonly segmentation: CocoRle | number[][];
  readonly difficult: 0 | 1;
}

/** Below this IoU with every box, the class comes from `SegmentationClass`: our choice. */
const MIN_OVERLAP = 0.5;

/** `[x, y, width, height]` of a VOC box: pixels from 0, the last one of VOC's still inside. */
export function pixelBox(
  { box: [xmin, ymin, xmax, ymax] }: VocObject,
): [x: number, y: number, width: number, height: number] {
  return [xmin - 1, ymin - 1, xmax - xmin + 1, ymax - ymin + 1];
}

/**
 * The boxes of an annotation as instances, each with its rectangle as mask.
 *
 * @throws {FormatError} on a class that is none of VOC's.
 */
export function boxInstances(objects: readonly VocObject[], where: string): VocInstance[] {
  return objects.map((object) => {
    const box = pixelBox(object);
    return {
      category_id: classIndex(object.name, where),
      segmentation: [boxPolygon(box)],
      area: box[2] * box[3],
      bbox: box,
      difficult: object.difficult ? 1 : 0,
    };
  });
}

/**
 * The instances of a `SegmentationObject` map, and its void pixels.
 *
 * A mask takes class and difficulty from the box that it overlaps most, each box being taken once,
 * the best pair first; where no box fits, the class is that of most of its pixels in
 * `SegmentationClass`.
 *
 * @throws {FormatError} when sizes differ, or neither box nor class map knows a mask.
 */
export function maskInstances(
  instances: LabelMap,
  classes: LabelMap | null,
  objects: readonly VocObject[],
  where: string,
): { instances: VocInstance[]; void: CocoRle | null } {
  if (classes && (classes.width !== instances.width || classes.height !== instances.height)) {
    throw new FormatError(
      `${where}: SegmentationClass is ${classes.width} × ${classes.height}, ` +
        `SegmentationObject ${instances.width} × ${instances.height}`,
    );
  }
  const masks = labelMasks(instances);
  const solid = masks.filter(({ label }) => label !== VOC_VOID);
  const boxOf = match(solid, objects);
  return {
    instances: solid.map(({ label, ...mask }, i) => {
      const object = boxOf[i];
      return {
        ...mask,
        category_id: object
          ? classIndex(object.name, where)
          : commonClass(instances, classes, label, where),
        difficult: object?.difficult ? 1 : 0,
      };
    }),
    void: masks.find(({ label }) => label === VOC_VOID)?.segmentation ?? null,
  };
}

/** The object of each mask, greedily by overlap; null where none fits. */
function match(
  masks: readonly LabelMask[],
  objects: readonly VocObject[],
): (VocObject | null)[] {
  const boxes = masks.map(({ bbox }) => bbox);
  const ious = boxIou(boxes, objects.map(pixelBox), objects.map(() => false));
  const pairs = Array.from(ious, (iou, i) => ({
    iou,
    mask: Math.floor(i / objects.length),
    object: i % objects.length,
  }));
  const found = masks.map((): VocObject | null => null);
  const taken = new Set<number>();
  for (const { mask, object, iou } of pairs.sort((a, b) => b.iou - a.iou)) {
    if (iou < MIN_OVERLAP || found[mask] !== null || taken.has(object)) continue;
    found[mask] = objects[object];
    taken.add(object);
  }
  return found;
}

function classIndex(name: string, where: string): number {
  const index = VOC_CLASSES.indexOf(name);
  if (index >= 0) return index + 1;
  throw new FormatError(`${where}: ${JSON.stringify(name)} is none of VOC's 20 classes`);
}

function commonClass(
  { data }: LabelMap,
  classes: LabelMap | null,
  label: number,
  where: string,
): number {
  const pixels = new Map<number, number>();
  classes?.data.forEach((value, i) => {
    if (data[i] !== label || value === 0 || value === VOC_VOID) return;
    pixels.set(value, (pixels.get(value) ?? 0) + 1);
  });
  const [best] = [...pixels].sort(([, a], [, b]) => b - a);
  if (best !== undefined && best[0] <= VOC_CLASSES.length) return best[0];
  throw new FormatError(`${where}: no box and no class belongs to instance ${label}`);
}
