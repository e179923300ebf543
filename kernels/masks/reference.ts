import { connectedComponents, numberValues } from "../components/reference.ts";

/** One mask and its row of the table. */
export interface Mask {
  readonly map: number;
  readonly k: number;
  readonly cluster: number;
  readonly component: number;
  readonly area: number;
  readonly border: number;
  readonly first: number;
  readonly last: number;
  /** The cells of the mask, ascending. */
  readonly cells: readonly number[];
}

/** Whether a cell is on the border of the grid. */
export function isBorder(cell: number, rows: number, columns: number): boolean {
  const column = cell % columns;
  const row = Math.floor(cell / columns);
  return row === 0 || row === rows - 1 || column === 0 || column === columns - 1;
}

/**
 * The components of an image's label maps as masks, in order of (map, first cell); each value as one
 * where `connectivity` is null.
 */
export function packMasks(
  maps: readonly ArrayLike<number>[],
  rows: number,
  columns: number,
  ks: readonly number[],
  connectivity: 4 | 8 | null,
): Mask[] {
  return maps.flatMap((labels, map) => {
    const { components, firsts } = connectivity === null
      ? numberValues(labels)
      : connectedComponents(labels, rows, columns, connectivity);
    return firsts.map((first, c): Mask => {
      const cells = [...components.keys()].filter((cell) => components[cell] === c);
      const cluster = labels[first];
      return {
        map,
        k: ks[map],
        cluster,
        component: firsts.slice(0, c).filter((cell) => labels[cell] === cluster).length,
        area: cells.length,
        border: cells.filter((cell) => isBorder(cell, rows, columns)).length,
        first,
        last: cells.at(-1)!,
        cells,
      };
    });
  });
}

/** Number of cells that two masks share. */
export function intersection(a: readonly number[], b: readonly number[]): number {
  const other = new Set(b);
  return a.filter((cell) => other.has(cell)).length;
}

/** Figures of both clusters, and the foreground: null when only one has cells. */
export function saliencyMask(labels: ArrayLike<number>, rows: number, columns: number): {
  readonly borders: readonly [number, number];
  readonly areas: readonly [number, number];
  readonly foreground: number | null;
} {
  const borders: [number, number] = [0, 0];
  const areas: [number, number] = [0, 0];
  for (let cell = 0; cell < rows * columns; cell++) {
    areas[labels[cell]]++;
    if (isBorder(cell, rows, columns)) borders[labels[cell]]++;
  }
  if (areas.includes(0)) return { borders, areas, foreground: null };
  const key = (label: number) => [borders[label], areas[label], labels[0] === label ? 1 : 0];
  const [zero, one] = [key(0), key(1)];
  const at = zero.findIndex((value, i) => value !== one[i]);
  return { borders, areas, foreground: one[at] < zero[at] ? 1 : 0 };
}

/** The rules of the filter; thresholds in whole steps of 1e-4. */
export interface Rules {
  readonly minArea: number;
  readonly maxShareSteps: number;
  readonly score: "ioa" | "iou" | "ios";
  readonly thresholdSteps: number;
}

/** 0, or the first rule that a mask fails; `salient` null for no saliency. */
export function verdict(
  { area, cells }: Pick<Mask, "area" | "cells">,
  salient: readonly number[] | null,
  gridCells: number,
  { minArea, maxShareSteps, score, thresholdSteps }: Rules,
): number {
  if (area < minArea) return 1;
  if (10_000 * area > maxShareSteps * gridCells) return 2;
  if (salient === null) return 0;
  const overlap = intersection(cells, salient);
  const whole = { ioa: area, iou: area + salient.length - overlap, ios: salient.length }[score];
  const passes = whole === 0 ? thresholdSteps === 0 : 10_000 * overlap >= thresholdSteps * whole;
  return passes ? 0 : 3;
}

/** Mean cosine of the cells' keys to their mean, from `[cells, dim]` keys of length 1. */
export function coherence(cells: readonly number[], keys: ArrayLike<number>, dim: number): number {
  const mean = new Float64Array(dim);
  for (const cell of cells) {
    for (let j = 0; j < dim; j++) mean[j] += keys[cell * dim + j] / cells.length;
  }
  const length = Math.hypot(...mean);
  const cosines = cells.map((cell) =>
    mean.reduce((sum, x, j) => sum + x * keys[cell * dim + j], 0) / length
  );
  return cosines.reduce((a, b) => a + b, 0) / cells.length;
}
