import type { Field } from "./field.ts";
import { lerp } from "./maths.ts";
import { cellValue, type Random } from "./random.ts";

/**
 * Kinds of noise. `soft`, `mid` and `fine` have ever more small detail; `strokes` are long in y;
 * `cells` is the distance to the nearest of scattered points, `edges` that to the border between
 * two cells, `tones` one number a cell.
 */
export type NoiseKind =
  | "soft"
  | "mid"
  | "fine"
  | "strokes"
  | "cells"
  | "edges"
  | "tones";

/** How to look at a table of noise. */
export interface NoiseView {
  /** Tiles of noise a unit. */
  readonly tiles: number;
  /** Size of a pixel in units: what is finer is averaged away. */
  readonly pixel: number;
  /** Where the view starts. */
  readonly random: Random;
}

const SIDE = 256; // a power of two, so that wrapping is a bit mask
const CELLS = 14; // points of a cell pattern along a side

/** One tile at falling sizes, each half the one before. */
type Levels = readonly Float32Array[];

const tables = new Map<NoiseKind, Levels>();

/**
 * A view of a table of tileable noise, of mean 0 and standard deviation 1; cells, edges and tones
 * are from 0 to 1.
 */
export function noise(kind: NoiseKind, { tiles, pixel, random }: NoiseView): Field {
  const levels = tablesOf(kind);
  // Texels a pixel, halved until there is about one: else fine noise flickers from size to size.
  let level = 0;
  for (
    let step = SIDE * tiles * pixel;
    step > 1.5 && level < levels.length - 1;
    step /= 2
  ) level++;
  const table = levels[level];
  const side = SIDE >> level;
  const mask = side - 1;
  const scale = tiles * side;
  // 64 tiles on, so that no place asked for is negative, and `| 0` is the whole number below.
  const left = (64 + random.unit()) * side, top = (64 + random.unit()) * side;
  return (x, y) => {
    const s = x * scale + left, t = y * scale + top;
    const column = s | 0, row = t | 0;
    const f = s - column, g = t - row;
    const here = (row & mask) * side, below = ((row + 1) & mask) * side;
    const c = column & mask, d = (column + 1) & mask;
    const upper = table[here + c] + (table[here + d] - table[here + c]) * f;
    const lower = table[below + c] + (table[below + d] - table[below + c]) * f;
    return upper + (lower - upper) * g;
  };
}

function tablesOf(kind: NoiseKind): Levels {
  let levels = tables.get(kind);
  if (levels) return levels;
  if (kind === "cells" || kind === "edges" || kind === "tones") {
    for (const [name, table] of Object.entries(cellTables())) {
      tables.set(name as NoiseKind, halvings(table));
    }
    return tables.get(kind)!;
  }
  levels = halvings(standardised(OCTAVES[kind]()));
  tables.set(kind, levels);
  return levels;
}

const OCTAVES = {
  soft: () => octaves([3, 6, 12, 24, 48], 1, 0.5),
  mid: () => octaves([6, 12, 24, 48, 96], 1, 0.66),
  fine: () => octaves([24, 48, 96], 1, 0.85),
  strokes: () => octaves([24, 48, 96], 6, 0.8),
} as const;

/** A sum of lattice noises; each has `gain` times the weight of the coarser one before. */
function octaves(lattices: readonly number[], stretch: number, gain: number): Float32Array {
  const out = new Float32Array(SIDE * SIDE);
  let weight = 1;
  for (const columns of lattices) {
    addLattice(out, columns, columns / stretch, weight);
    weight *= gain;
  }
  return out;
}

/** Adds random values on a lattice, joined by fifth-order curves (Perlin 2002). */
function addLattice(out: Float32Array, columns: number, rows: number, weight: number): void {
  const fade = (t: number) => t * t * t * (t * (t * 6 - 15) + 10);
  const value = (c: number, r: number) => cellValue(c % columns, r % rows, columns);
  for (let y = 0; y < SIDE; y++) {
    const t = y / SIDE * rows, row = Math.floor(t), g = fade(t - row);
    for (let x = 0; x < SIDE; x++) {
      const s = x / SIDE * columns,
        column = Math.floor(s),
        f = fade(s - column);
      const upper = lerp(value(column, row), value(column + 1, row), f);
      const lower = lerp(value(column, row + 1), value(column + 1, row + 1), f);
      out[y * SIDE + x] += weight * lerp(upper, lower, g);
    }
  }
}

/** Mean 0, standard deviation 1, nothing beyond 2.5. */
function standardised(table: Float32Array): Float32Array {
  let sum = 0, squares = 0;
  for (const value of table) {
    sum += value;
    squares += value * value;
  }
  const mean = sum / table.length;
  const deviation = Math.sqrt(squares / table.length - mean * mean);
  return table.map((value) => Math.max(-2.5, Math.min(2.5, (value - mean) / deviation)));
}

/** Cellular noise (Worley 1996) of one jittered point in each of `CELLS`² squares. */
function cellTables(): Record<"cells" | "edges" | "tones", Float32Array> {
  const [cells, edges, tones] = [0, 0, 0].map(() => new Float32Array(SIDE * SIDE));
  const wrap = (i: number) => (i + CELLS) % CELLS;
  for (let i = 0; i < SIDE * SIDE; i++) {
    const [x, y] = [i % SIDE / SIDE * CELLS, Math.floor(i / SIDE) / SIDE * CELLS];
    let [first, second, tone] = [9, 9, 0];
    for (let row = Math.floor(y) - 1; row <= Math.floor(y) + 1; row++) {
      for (
        let column = Math.floor(x) - 1;
        column <= Math.floor(x) + 1;
        column++
      ) {
        const [c, r] = [wrap(column), wrap(row)];
        const dx = column + 0.1 + 0.8 * cellValue(c, r, 1) - x;
        const dy = row + 0.1 + 0.8 * cellValue(c, r, 2) - y;
        const d = Math.sqrt(dx * dx + dy * dy);
        if (d < first) [first, second, tone] = [d, first, cellValue(c, r, 3)];
        else if (d < second) second = d;
      }
    }
    cells[i] = Math.min(1, first);
    edges[i] = Math.min(1, second - first);
    tones[i] = tone;
  }
  return { cells, edges, tones };
}

/** The table, and its means over squares of 2, 4, 8 and 16. */
function halvings(table: Float32Array): Levels {
  const levels = [table];
  for (let side = SIDE / 2; side >= SIDE / 16; side /= 2) {
    const fine = levels[levels.length - 1];
    const coarse = new Float32Array(side * side);
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const i = 4 * y * side + 2 * x;
        const j = i + 2 * side;
        coarse[y * side + x] = (fine[i] + fine[i + 1] + fine[j] + fine[j + 1]) /
          4;
      }
    }
    levels.push(coarse);
  }
  return levels;
}
