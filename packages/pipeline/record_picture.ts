import { rleArea, rleBox, rleToString } from "@fiedler/coco";
import type { RgbImage } from "@fiedler/io";
import type { Extractor } from "./1_features.ts";
import type { ProposalOptions } from "./options.ts";
import { outlineMasks, type Placement } from "./outlines.ts";
import type { PreparedPicture } from "./propose.ts";
import type { MaskRecord, PictureFlag, PictureRecord } from "./record.ts";
import type { PictureMasks } from "./select.ts";

/** Residual above which an eigenvector counts as not converged. */
const RESIDUAL_LIMIT = 1e-4;
/** Gap below which a clustering counts as not well determined. */
const GAP_LIMIT = 1e-3;
/** Second eigenvalue of the normalised affinity below which the graph has no structure. */
const STRUCTURE_LIMIT = 1e-3;
/** Standard deviation in levels of 255 below which a picture is flat. */
export const FLAT_LIMIT = 1;

/** What one picture is recorded with. */
export interface RecordContext {
  readonly model: Extractor;
  readonly saliencyModel: Extractor | null;
  readonly options: ProposalOptions;
  /** Side of a cell of the grid in resized pixels: a patch, or half of one. */
  readonly cell: number;
}

/** Eigenvalues of the normalised affinity, descending, with their residuals. */
export interface EigenNumbers {
  readonly values: ArrayLike<number>;
  readonly residuals: ArrayLike<number>;
}

/** Whether the second eigenvalue says that the patches are all alike. */
export const lacksStructure = ({ values }: EigenNumbers): boolean =>
  values.length < 2 || values[1] < STRUCTURE_LIMIT;

/** Draws masks at picture size: counts of at least the kept ones, by their index. */
export type DrawMasks = (
  masks: readonly MaskRecord[],
  grids: readonly Uint8Array[],
  placement: Placement,
  pixels: RgbImage,
  options: ProposalOptions,
) => ReadonlyMap<number, number[]>;

/** The record of a picture whose masks are decided. */
export function recordPicture(
  picture: PreparedPicture,
  eigen: EigenNumbers,
  { masks, grids, saliency, counts, flags }: PictureMasks,
  context: RecordContext,
  draw: DrawMasks = outlineMasks,
): PictureRecord {
  const base = emptyRecord(picture, context);
  const outlines = draw(masks, grids, base, picture.pixels, context.options);
  const numbers = eigenRecord(eigen, context.options);
  return {
    ...base,
    flags: [...eigenFlags(numbers), ...flags],
    eigen: numbers,
    saliency,
    counts,
    masks: masks.map((mask, i) =>
      mask.dropped ? tidy(mask) : withOutline(mask, outlines.get(i)!, base)
    ),
  };
}

/** The record of a picture without proposals, and why. */
export function recordWithout(
  picture: PreparedPicture,
  flag: PictureFlag,
  context: RecordContext,
  eigen?: EigenNumbers,
): PictureRecord {
  const record = emptyRecord(picture, context);
  return {
    ...record,
    flags: [flag],
    eigen: eigen ? eigenRecord(eigen, context.options) : record.eigen,
  };
}

function emptyRecord(
  { image, id, sha256, size, resized, pixels }: PreparedPicture,
  { model, saliencyModel, options, cell }: RecordContext,
): PictureRecord {
  return {
    image,
    id,
    sha256,
    size,
    resized,
    crop: [pixels.height, pixels.width],
    grid: [pixels.height / cell, pixels.width / cell],
    patch: cell,
    model: describe(model),
    saliencyModel: saliencyModel && describe(saliencyModel),
    seed: options.seed,
    flags: [],
    eigen: { values: [], residuals: [], gaps: {} },
    saliency: null,
    counts: { clusters: 0, components: 0, afterArea: 0, afterSaliency: 0, kept: 0 },
    masks: [],
  };
}

const describe = ({ name, sha256, centred }: Extractor) => ({ name, sha256, centred });

/** Seven digits say all that f32 knows, and read better. */
const short = (value: number) => Number(value.toPrecision(7));

function eigenRecord(
  { values, residuals }: EigenNumbers,
  { clusterCounts }: ProposalOptions,
): PictureRecord["eigen"] {
  const lambda = Array.from(values, (value) => 1 - value);
  const gaps = clusterCounts.map((k) => [k, short(lambda[k] - lambda[k - 1])]);
  return {
    values: lambda.map(short),
    residuals: Array.from(residuals, short),
    gaps: Object.fromEntries(gaps),
  };
}

function eigenFlags({ residuals, gaps }: PictureRecord["eigen"]): PictureFlag[] {
  const flags: PictureFlag[] = [];
  const used = Math.max(...Object.keys(gaps).map(Number));
  if (residuals.slice(0, used).some((r) => r > RESIDUAL_LIMIT)) flags.push("not-converged");
  if (Object.values(gaps).some((gap) => gap < GAP_LIMIT)) flags.push("small-gap");
  return flags;
}

function tidy(mask: MaskRecord): MaskRecord {
  const { ioa, iou, coherence, dropped } = mask;
  return {
    ...mask,
    ioa: ioa === null ? null : short(ioa),
    iou: iou === null ? null : short(iou),
    coherence: short(coherence),
    dropped: dropped && Object.fromEntries(
      Object.entries(dropped).map(([key, value]) => [
        key,
        typeof value === "number" ? short(value) : value,
      ]),
    ) as unknown as MaskRecord["dropped"],
  };
}

function withOutline(mask: MaskRecord, counts: number[], { size }: PictureRecord): MaskRecord {
  return {
    ...tidy(mask),
    segmentation: { size, counts: rleToString(counts) },
    bbox: rleBox(counts, size[0]),
    areaPixels: rleArea(counts),
  };
}
