import type { RgbImage } from "@fiedler/io";
import type { PanelRecord, PictureRecord } from "./record.ts";

/** A decoded picture, resized and cropped for the extractor. */
export interface PreparedPicture {
  /** Path relative to the input folder, with `/`. */
  readonly image: string;
  /** COCO image id, see {@linkcode PictureRecord.id}. */
  readonly id: number;
  /** SHA-256 of the file's bytes, in hexadecimal. */
  readonly sha256: string;
  /** Original `[height, width]` in pixels, after EXIF orientation. */
  readonly size: readonly [number, number];
  /** `[height, width]` after the resize rule. */
  readonly resized: readonly [number, number];
  /** The resized picture cropped to whole patches. */
  readonly pixels: RgbImage;
}

/** Arrays of every stage of one picture, for `--save-stages`: name → shape and values. */
export type StageArrays = Readonly<
  Record<string, {
    readonly shape: readonly number[];
    readonly data: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;
  }>
>;

/** What the proposal stage returns for one picture. */
export interface Proposals {
  /** Every mask, kept or dropped, with its reason. */
  readonly record: PictureRecord;
  /** Grids for the report; without its thumbnail, which the caller adds. */
  readonly panel: Omit<PanelRecord, "thumbnail">;
  /** Present when asked for. */
  readonly stages: StageArrays | null;
}
