import { MASK_STRIDE, quarterMasks } from "./targets_mask.ts";
import { expectInstances, type Extent, extentOf, type TrainingView } from "./targets_view.ts";

/** What a level of the network is asked to find. */
export interface TargetLevel {
  /** Cells down and across. */
  readonly grid: number;
  /** Least and largest √(width · height) of the objects it learns, in pixels, both included. */
  readonly scaleRange: readonly [least: number, largest: number];
}

/** The levels of SOLOv2 (arXiv 2003.10152) for pictures whose shorter side is some 800 pixels. */
export const SOLO_LEVELS: readonly TargetLevel[] = [
  { grid: 40, scaleRange: [1, 96] },
  { grid: 36, scaleRange: [48, 192] },
  { grid: 24, scaleRange: [96, 384] },
  { grid: 16, scaleRange: [192, 768] },
  { grid: 12, scaleRange: [384, 2048] },
];

/** Options of {@linkcode assignTargets}. */
export interface TargetOptions {
  /** `[rows, columns]` of the mask features: a quarter of the padded picture. */
  readonly maskSize: readonly [rows: number, columns: number];
  /** Default {@linkcode SOLO_LEVELS}. */
  readonly levels?: readonly TargetLevel[];
  /** Share of a box, around its centre of mass, whose cells are positive. Default 0.2: SOLO. */
  readonly centreShare?: number;
}

/** What one level is trained on. */
export interface LevelTargets {
  /** `[grid, grid]`, row by row: 0 for background, 1 + the label of the object. */
  readonly categories: Uint32Array<ArrayBuffer>;
  /** Cell (row × grid + column) of each entry of the mask loss, object by object. */
  readonly cells: Uint32Array<ArrayBuffer>;
  /** Row of {@linkcode Targets.masks} that each entry is to predict. */
  readonly maskOf: Uint32Array<ArrayBuffer>;
}

/** What a picture trains. */
export interface Targets {
  /** One for each level asked for. */
  readonly levels: readonly LevelTargets[];
  /**
   * `[masks, words]` of the size of the mask features: pixel p, row by row, is bit p % 32 of word
   * p / 32. A thin object may have no pixel left.
   */
  readonly masks: Uint32Array<ArrayBuffer>;
  /** The instance of each row of `masks`. */
  readonly instances: readonly number[];
  /** Instances that train nothing: `empty` masks, and those whose `scale` no level has. */
  readonly skipped: readonly { readonly instance: number; readonly why: "empty" | "scale" }[];
}

/**
 * Which cell of which level is to predict which mask.
 *
 * An object belongs to every level whose range its scale lies in, and there to the cells, at most
 * 3 × 3, around its centre of mass. On a cell of two objects the later one decides the category; both
 * masks stay entries.
 *
 * Source: Wang et al. 2020 (SOLO, arXiv 1912.04488), §3.3.1, as the SOLOv2 code bases have it, but with
 * tight boxes taken from the masks.
 *
 * @param view its masks are at the size the network sees; its pixels are not read.
 * @throws {RangeError} for sizes, labels or settings that cannot be.
 *
 * @example
 * ```ts
 * import { assignTargets } from "@fiedler/train";
 * import assert from "node:assert/strict";
 *
 * const mask = new Uint8Array(32 * 32); // a square of 8 × 8 in the corner: its centre is (3.5, 3.5)
 * for (let y = 0; y < 8; y++) mask.fill(1, 32 * y, 32 * y + 8);
 * const { levels, masks } = assignTargets(
 *   { width: 32, height: 32, instances: [{ mask, label: 0 }] },
 *   { maskSize: [8, 8], levels: [{ grid: 4, scaleRange: [1, 64] }] },
 * );
 * assert.deepEqual([...levels[0].cells], [0]);
 * assert.deepEqual([...masks], [0x0303, 0]); // pixels 0, 1 of rows 0 and 1, eight to a row
 * ```
 */
export function assignTargets(
  view: Pick<TrainingView, "width" | "height" | "instances">,
  { maskSize, levels = SOLO_LEVELS, centreShare = 0.2 }: TargetOptions,
): Targets {
  expectInstances("assignTargets", view);
  expectSettings(view, { maskSize, levels, centreShare });
  const filled = levels.map(({ grid }) => ({
    categories: new Uint32Array(grid * grid),
    cells: [] as number[],
    maskOf: [] as number[],
  }));
  const instances: number[] = [];
  const skipped: { instance: number; why: "empty" | "scale" }[] = [];
  view.instances.forEach(({ mask, label }, instance) => {
    const extent = extentOf(mask, view.width);
    const active = extent ? levelsOf(extent, levels) : [];
    if (!extent || active.length === 0) {
      skipped.push({ instance, why: extent ? "scale" : "empty" });
      return;
    }
    for (const level of active) {
      const { categories, cells, maskOf } = filled[level];
      for (const cell of cellsOf(extent, levels[level].grid, maskSize, centreShare)) {
        categories[cell] = 1 + label;
        cells.push(cell);
        maskOf.push(instances.length);
      }
    }
    instances.push(instance);
  });
  return {
    levels: filled.map(({ categories, cells, maskOf }) => ({
      categories,
      cells: Uint32Array.from(cells),
      maskOf: Uint32Array.from(maskOf),
    })),
    masks: packedMasks(view, instances, maskSize),
    instances,
    skipped,
  };
}

/** The levels in whose range the scale of an object lies; a root is exact where it is whole. */
function levelsOf({ width, height }: Extent, levels: readonly TargetLevel[]): number[] {
  const scale = Math.sqrt(width * height);
  return [...levels.keys()].filter((level) => {
    const [least, largest] = levels[level].scaleRange;
    return least <= scale && scale <= largest;
  });
}

/** `[instances, words]`: the quarter masks of some instances. */
function packedMasks(
  view: Pick<TrainingView, "width" | "height" | "instances">,
  instances: readonly number[],
  maskSize: readonly [number, number],
): Uint32Array<ArrayBuffer> {
  const words = Math.ceil(maskSize[0] * maskSize[1] / 32);
  const masks = new Uint32Array(instances.length * words);
  const write = quarterMasks([view.height, view.width], maskSize);
  instances.forEach((instance, row) =>
    write(view.instances[instance].mask, masks.subarray(row * words, (row + 1) * words))
  );
  return masks;
}

/** The cells of an object on a grid over the padded picture, row by row. */
function cellsOf(
  { area, width, height, sumX, sumY }: Extent,
  grid: number,
  [rows, columns]: readonly [number, number],
  centreShare: number,
): number[] {
  const [top, bottom] = cellRange(sumY, area, height, grid, MASK_STRIDE * rows, centreShare);
  const [left, right] = cellRange(sumX, area, width, grid, MASK_STRIDE * columns, centreShare);
  const cells: number[] = [];
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) cells.push(row * grid + column);
  }
  return cells;
}

/**
 * First and last cell along one side of `pixels`: ⌊(c ∓ ½ · share · extent) · grid / pixels⌋, inside the
 * grid and at most one from the cell of the centre c = sum / area.
 *
 * Everything is brought over 2 · area · pixels, so that with a share of 0.2 the floors are exact: the
 * numerator is a whole number wherever the quotient is one.
 */
function cellRange(
  sum: number,
  area: number,
  extent: number,
  grid: number,
  pixels: number,
  share: number,
): [first: number, last: number] {
  const centre = 2 * sum * grid;
  const reach = share * (extent * area * grid);
  const cellAt = (numerator: number) => Math.floor(numerator / (2 * area * pixels));
  return [
    Math.max(0, cellAt(centre - reach), cellAt(centre) - 1),
    Math.min(grid - 1, cellAt(centre + reach), cellAt(centre) + 1),
  ];
}

function expectSettings(
  { width, height }: Pick<TrainingView, "width" | "height">,
  { maskSize, levels, centreShare }: Required<TargetOptions>,
): void {
  const positive = (value: number) => Number.isSafeInteger(value) && value > 0;
  const [rows, columns] = maskSize;
  if (![width, height, rows, columns].every(positive)) {
    throw new RangeError(
      `assignTargets: sizes must be positive whole numbers, got a picture of ${width} × ${height} ` +
        `pixels and ${columns} × ${rows} mask features`,
    );
  }
  if (width > MASK_STRIDE * columns || height > MASK_STRIDE * rows) {
    throw new RangeError(
      `assignTargets: a picture of ${width} × ${height} pixels does not fit ${columns} × ${rows} ` +
        `mask features of ${MASK_STRIDE} × ${MASK_STRIDE} pixels`,
    );
  }
  levels.forEach(({ grid, scaleRange: [least, largest] }, level) => {
    if (positive(grid) && least <= largest) return;
    throw new RangeError(
      `assignTargets: level ${level} must have a positive whole grid and a range from low to high, ` +
        `got grid ${grid} and range ${least} to ${largest}`,
    );
  });
  if (!(centreShare >= 0)) {
    throw new RangeError(`assignTargets: centreShare must be at least 0, got ${centreShare}`);
  }
}
