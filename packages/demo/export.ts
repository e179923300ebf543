/** What can be taken away of a result: plain functions of records and pixels, for the page. */
import { decodeRle, rankScore, rleFromString } from "@fiedler/coco";
import { vocMaps, vocPalette } from "@fiedler/data";
import { encodePng } from "@fiedler/io";
import type { MaskRecord, PictureRecord } from "@fiedler/pipeline";
import { zipSync } from "fflate";
import type { PictureFacts, Shown } from "./studio.ts";

/** A file to take away. */
export interface ExportFile {
  /** Without a folder. */
  readonly name: string;
  /** Its contents. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A label map, and what it could not hold. */
export interface PaletteMap {
  /** 0 is no object, 1 the best mask, … as colours of PASCAL VOC. */
  readonly png: Uint8Array<ArrayBuffer>;
  /** Masks of which no pixel is left: beyond the 254th, or wholly under better ones. */
  readonly lost: number;
  /** Pixels of masks that went to better ones. */
  readonly overlapped: number;
}

/** A kept mask: what the record says of it at picture size. */
type KeptMask = MaskRecord & Required<Pick<MaskRecord, "segmentation" | "bbox" | "areaPixels">>;

/** Masks have no class. */
const OBJECT = { id: 1, name: "object" };
/** The earliest that zip files can hold: the same files give the same bytes. */
const ZIP_DATE = "1980-01-01T00:00:00";

/**
 * The kept masks as a COCO instances file of one picture and one category, best first. Each
 * annotation has its `score` and as `provenance` the clustering it comes from and how it fared;
 * `info` says what made it. Readers of COCO skip all of these.
 */
export function cocoJson({ record }: Pick<Shown, "record">, facts: PictureFacts): string {
  const { id, sha256, model, saliencyModel, seed, grid, patch, resized } = record;
  const annotations = keptMasks(record).map((mask, i) => ({
    ...{ id: i + 1, image_id: id, category_id: OBJECT.id, segmentation: mask.segmentation },
    ...{ bbox: mask.bbox, area: mask.areaPixels, iscrowd: 0, score: rankScore(mask.rank!) },
    provenance: provenanceOf(mask),
  }));
  const file = {
    info: {
      description: "made by Fiedler, without labels",
      ...{ model, saliencyModel, seed, resized, grid, patch },
    },
    images: [{ id, width: facts.width, height: facts.height, file_name: facts.name, sha256 }],
    annotations,
    categories: [OBJECT],
  };
  return `${JSON.stringify(file, null, 1)}\n`;
}

/**
 * Each kept mask as a picture of its own, cut to its box, transparent around the mask; best first.
 *
 * @param rgb `[height, width, 3]` of the picture.
 * @throws {RangeError} when there are not as many bytes.
 */
export function cutouts(rgb: Uint8Array, record: PictureRecord): ExportFile[] {
  const { size: [height, width], image } = record;
  if (rgb.length !== 3 * height * width) {
    throw new RangeError(
      `cutouts: ${image} must be ${height} × ${width} × 3 bytes, got ${rgb.length}`,
    );
  }
  const masks = keptMasks(record);
  const digits = String(masks.length).length;
  return masks.map((mask, i) => {
    const number = String(i + 1).padStart(digits, "0");
    return { name: `${stemOf(image)}-${number}.png`, bytes: cutout(rgb, width, mask) };
  });
}

/** The kept masks as one label map with the colours of PASCAL VOC; better masks lie above others. */
export function palettePng(record: PictureRecord): PaletteMap {
  const { id, image, size: [height, width] } = record;
  const annotations = keptMasks(record).map(({ segmentation, bbox, areaPixels, rank }, i) => ({
    ...{ id: i + 1, image_id: id, category_id: OBJECT.id, segmentation, bbox, area: areaPixels },
    ...{ iscrowd: 0 as const, score: rankScore(rank!) },
  }));
  const picture = { id, file_name: image, width, height };
  const { objects, lost, overlapped } = vocMaps({ image: picture, annotations }, [OBJECT]);
  return { png: encodePng({ ...objects, palette: vocPalette() }), lost, overlapped };
}

/** Files in one: a zip archive that stores them as they are, since PNG is compressed already. */
export function zipFiles(files: readonly ExportFile[]): Uint8Array<ArrayBuffer> {
  const entries = files.map(({ name, bytes }) => [name, bytes] as const);
  return zipSync(Object.fromEntries(entries), { level: 0, mtime: ZIP_DATE }) as Uint8Array<
    ArrayBuffer
  >;
}

/** The kept masks, best first. */
const keptMasks = ({ masks }: PictureRecord): KeptMask[] =>
  masks.filter((mask): mask is KeptMask => mask.dropped === null && mask.segmentation !== undefined)
    .toSorted((a, b) => a.rank! - b.rank!);

function provenanceOf({ id, k, cluster, component, rank, ioa, iou, coherence }: MaskRecord) {
  return { mask: id, k, cluster, component, rank, ioa, iou, coherence };
}

function cutout(
  rgb: Uint8Array,
  width: number,
  { segmentation: { size, counts }, bbox: [left, top, columns, rows] }: KeptMask,
): Uint8Array<ArrayBuffer> {
  const mask = decodeRle(rleFromString(counts), ...size);
  const data = new Uint8Array(4 * rows * columns); // transparent black where the mask is not
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const pixel = (top + y) * width + left + x;
      if (mask[pixel] === 0) continue;
      const to = 4 * (y * columns + x);
      data.set(rgb.subarray(3 * pixel, 3 * pixel + 3), to);
      data[to + 3] = 255;
    }
  }
  return encodePng({ width: columns, height: rows, data, channels: 4 });
}

const stemOf = (name: string): string => name.replace(/^.*[/\\]/, "").replace(/\.[^.]*$/, "");
