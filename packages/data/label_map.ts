import { type CocoRle, compressRle, encodeRle, rleArea, rleBox } from "@fiedler/coco";

/** A map of labels, one byte a pixel. */
export interface LabelMap {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** `[height, width]` row-major. */
  readonly data: Uint8Array;
}

/** The pixels of one label. */
export interface LabelMask {
  readonly label: number;
  readonly segmentation: CocoRle;
  readonly area: number;
  /** `[x, y, width, height]`, tight. */
  readonly bbox: readonly [x: number, y: number, width: number, height: number];
}

/** The masks of all labels that occur, but 0, in ascending order. */
export function labelMasks({ width, height, data }: LabelMap): LabelMask[] {
  const present = new Set(data);
  present.delete(0);
  return [...present].sort((a, b) => a - b).map((label) => {
    const counts = encodeRle(data.map((value) => value === label ? 1 : 0), height, width);
    return {
      label,
      segmentation: compressRle({ size: [height, width], counts }),
      area: rleArea(counts),
      bbox: rleBox(counts, height),
    };
  });
}
