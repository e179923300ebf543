import type { SegmenterConfig } from "./config.ts";
import { check, fieldProblems, type Fields, fieldsOf, shown } from "./fields.ts";

/** More levels, layers of a tower or cells on a side than this are no network's. */
const MOST = { levels: 16, convs: 64, cells: 1024, size: 2 ** 16 } as const;

const isWhole = (value: unknown, most: number): value is number =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most;

const isNumber = (value: unknown): value is number => Number.isFinite(value);

const isList = (value: unknown): value is unknown[] => Array.isArray(value);

const isRange = (value: unknown): boolean =>
  isList(value) && value.length === 2 && value.every(isNumber) && value[0] >= 0 &&
  value[0] <= value[1];

const whole = (most: number) =>
  check(`a whole number from 1 to ${most}`, (value) => isWhole(value, most));

const FACETS: readonly unknown[] = ["key", "query", "value", "token"];

/** Every field of a configuration. */
const FIELDS: Fields = {
  "heads.categories": whole(MOST.size),
  "heads.channels": whole(MOST.size),
  "heads.grids": check(
    `from 2 to ${MOST.levels} whole numbers from 1 to ${MOST.cells}`,
    (value) =>
      isList(value) && value.length >= 2 && value.length <= MOST.levels &&
      value.every((grid) => isWhole(grid, MOST.cells)),
  ),
  "heads.width": whole(MOST.size),
  "heads.convs": whole(MOST.convs),
  "heads.groups": whole(MOST.size),
  "heads.maskWidth": whole(MOST.size),
  "heads.maskChannels": whole(MOST.size),
  "heads.prior": check("between 0 and 1", (value) => isNumber(value) && value > 0 && value < 1),
  "scaleRanges": check(
    "pairs of numbers from 0 on, the smaller one first",
    (value) => isList(value) && value.every(isRange),
  ),
  "smooth": check(
    "a list of true and false",
    (value) => isList(value) && value.every((it) => typeof it === "boolean"),
  ),
  "features.facet": check("key, query, value or token", (value) => FACETS.includes(value)),
  "features.layer": check("a whole number", Number.isSafeInteger),
  "shortSide": whole(MOST.size),
  "longest": whole(MOST.size),
};

/** What keeps a value from being a {@linkcode SegmenterConfig}; nothing where it is one. */
export function configProblems(value: unknown): string[] {
  const problems = fieldProblems(FIELDS, value);
  return problems.length > 0 ? problems : conflicts(value as SegmenterConfig);
}

/** What single fields do not show. */
function conflicts(config: SegmenterConfig): string[] {
  const { heads, shortSide, longest } = config;
  const levels = heads.grids.length;
  const problems: string[] = [];
  for (const name of ["scaleRanges", "smooth"] as const) {
    const { length } = config[name];
    if (length !== levels) {
      problems.push(`${name} must be as many as the ${levels} grids, got ${length}`);
    }
  }
  if (longest < shortSide) {
    problems.push(`longest must not be below the shortSide of ${shortSide}, got ${longest}`);
  }
  return problems;
}

/**
 * Each field that two configurations differ in, with both values: none for equal ones.
 *
 * ```ts
 * import { differencesOf, TINY_SEGMENTER } from "@fiedler/segmenter";
 * import assert from "node:assert/strict";
 *
 * const other = { ...TINY_SEGMENTER, shortSide: 160 };
 * assert.deepEqual(differencesOf(TINY_SEGMENTER, other), ["shortSide: 192 and 160"]);
 * ```
 */
export function differencesOf(a: SegmenterConfig, b: SegmenterConfig): string[] {
  const [first, second] = [new Map(fieldsOf(a)), new Map(fieldsOf(b))];
  return Object.keys(FIELDS)
    .map((path) => ({ path, one: first.get(path), other: second.get(path) }))
    .filter(({ one, other }) => JSON.stringify(one) !== JSON.stringify(other))
    .map(({ path, one, other }) => `${path}: ${shown(one)} and ${shown(other)}`);
}
