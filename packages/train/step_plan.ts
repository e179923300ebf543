import type { Solov2Config } from "@fiedler/models";
import type { StepView } from "./step_view.ts";
import { MASK_STRIDE } from "./targets_mask.ts";

/** Pairs of a cell and the mask it is to predict: image by image, in it level by level. */
export interface EntryPlan {
  /** Row of the cell's kernel: the cells of all images on the first level, then on the next. */
  readonly rows: readonly number[];
  /** Image of each entry, from 0 in its chunk. */
  readonly images: readonly number[];
  /** Level of each entry. */
  readonly levels: readonly number[];
  /** Mask of each entry, from 0 in its chunk. */
  readonly maskOf: readonly number[];
}

/** Views that go through the network together. */
export interface ChunkPlan {
  /** Which views of the step; all of one padded size. */
  readonly views: readonly number[];
  /** `[rows, columns]` of masks and mask features. */
  readonly maskSize: readonly [rows: number, columns: number];
  /** Levels one behind the other, `[categories, images, cells]` each: 1 where a cell shows one. */
  readonly categories: Uint32Array<ArrayBuffer>;
  /** What the mask losses compare; there may be none. */
  readonly entries: EntryPlan;
  /** `[masks, words]`: pixel p, row by row, is bit p % 32 of word p / 32. */
  readonly masks: Uint32Array<ArrayBuffer>;
  /** Image of each mask, from 0 in the chunk. */
  readonly imageOf: Uint32Array<ArrayBuffer>;
}

/** All that the losses of a step divide by, known before any view goes through the network. */
export interface StepPlan {
  /** In the order in which they are computed. */
  readonly chunks: readonly ChunkPlan[];
  /** Cells of the step that show something. */
  readonly positives: number;
  /** Entries of the step on each level. */
  readonly levelEntries: readonly number[];
  /** Levels that have any. */
  readonly usedLevels: number;
  /** Entries of the step. */
  readonly entries: number;
  /** Views without entries: they teach background alone. */
  readonly emptyViews: number;
}

/** What {@linkcode stepPlan} has to know besides the views. */
export interface StepPlanOptions {
  /** Grids and categories of the network. */
  readonly heads: Pick<Solov2Config, "grids" | "categories">;
  /** Most views of a chunk. */
  readonly together: number;
}

/**
 * What the cells of a step are held against, and what its losses are divided by. Views of one padded
 * size go together, in their order.
 *
 * @throws {RangeError} when there is no view, or one does not fit the network or its own sizes.
 */
export function stepPlan(
  views: readonly StepView[],
  { heads, together }: StepPlanOptions,
): StepPlan {
  if (views.length === 0) throw new RangeError("stepPlan: needs at least one view");
  if (!(Number.isSafeInteger(together) && together >= 1)) {
    throw new RangeError(`stepPlan: together must be a whole number from 1 on, got ${together}`);
  }
  views.forEach((view, i) => expectView(view, i, heads));
  const levelEntries = heads.grids.map((_, level) =>
    views.reduce((sum, { targets }) => sum + targets.levels[level].cells.length, 0)
  );
  const cells = views.flatMap(({ targets }) => targets.levels.map(({ categories }) => categories));
  return {
    chunks: chunksOf(views, together).map((chosen) => chunkPlan(views, chosen, heads)),
    positives: cells.reduce((sum, map) => sum + map.filter((category) => category > 0).length, 0),
    levelEntries,
    usedLevels: levelEntries.filter((count) => count > 0).length,
    entries: levelEntries.reduce((a, b) => a + b, 0),
    emptyViews: views.filter(({ targets }) => targets.instances.length === 0).length,
  };
}

/** Views of one padded size, at most `together` of them, in the order of the step. */
function chunksOf(views: readonly StepView[], together: number): number[][] {
  const bySize = new Map<string, number[][]>();
  views.forEach(({ padded }, i) => {
    const chunks = bySize.get(String(padded)) ?? [];
    bySize.set(String(padded), chunks);
    const last = chunks.at(-1);
    if (last && last.length < together) last.push(i);
    else chunks.push([i]);
  });
  return [...bySize.values()].flat();
}

function chunkPlan(
  views: readonly StepView[],
  chosen: readonly number[],
  heads: StepPlanOptions["heads"],
): ChunkPlan {
  const targets = chosen.map((i) => views[i].targets);
  const [height, width] = views[chosen[0]].padded;
  return {
    views: chosen,
    maskSize: [height / MASK_STRIDE, width / MASK_STRIDE],
    categories: categoryTargets(targets, heads),
    entries: entryPlan(targets, heads.grids),
    masks: joined(targets.map(({ masks }) => masks)),
    imageOf: Uint32Array.from(
      targets.flatMap(({ instances }, image) => instances.map(() => image)),
    ),
  };
}

function categoryTargets(
  targets: readonly StepView["targets"][],
  { grids, categories }: StepPlanOptions["heads"],
): Uint32Array<ArrayBuffer> {
  return joined(grids.flatMap((_, level) =>
    Array.from(
      { length: categories },
      (_, category) =>
        targets.map(({ levels }) =>
          levels[level].categories.map((of) => Number(of === category + 1))
        ),
    ).flat()
  ));
}

function entryPlan(targets: readonly StepView["targets"][], grids: readonly number[]): EntryPlan {
  const plan = { rows: [], images: [], levels: [], maskOf: [] } as Record<
    keyof EntryPlan,
    number[]
  >;
  let firstMask = 0;
  targets.forEach(({ levels, instances }, image) => {
    let firstRow = 0;
    levels.forEach(({ cells, maskOf }, level) => {
      const area = grids[level] ** 2;
      cells.forEach((cell, n) => {
        plan.rows.push(firstRow + image * area + cell);
        plan.images.push(image);
        plan.levels.push(level);
        plan.maskOf.push(firstMask + maskOf[n]);
      });
      firstRow += targets.length * area;
    });
    firstMask += instances.length;
  });
  return plan;
}

function joined(parts: readonly Uint32Array[]): Uint32Array<ArrayBuffer> {
  const out = new Uint32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function expectView(
  { picture, padded: [height, width], rgb, targets }: StepView,
  index: number,
  { grids, categories }: StepPlanOptions["heads"],
): void {
  const expect = (what: string, wanted: number, came: number) => {
    if (wanted === came) return;
    throw new RangeError(
      `stepPlan: view ${index}, of picture ${picture}, must have ${wanted} ${what}, got ${came}`,
    );
  };
  expect("pixels beyond a multiple of 4 down", 0, height % MASK_STRIDE);
  expect("pixels beyond a multiple of 4 across", 0, width % MASK_STRIDE);
  expect("bytes of its padded size", 3 * height * width, rgb.length);
  expect("levels, as the network", grids.length, targets.levels.length);
  const words = Math.ceil(height * width / MASK_STRIDE ** 2 / 32);
  expect("words of masks", words * targets.instances.length, targets.masks.length);
  grids.forEach((grid, level) => {
    const { categories: found } = targets.levels[level];
    expect(`cells on level ${level}`, grid ** 2, found.length);
    const most = found.reduce((a, b) => Math.max(a, b), 0);
    if (most <= categories) return;
    throw new RangeError(
      `stepPlan: view ${index}, of picture ${picture}, has an object of class ${most - 1}; ` +
        `the network tells ${categories} apart, from 0`,
    );
  });
}
