import type { SegmenterConfig } from "./config.ts";

/** What is wrong with a value, as the end of a sentence; null for nothing. */
type Check = (value: unknown) => string | null;

/** More levels, layers of a tower or cells on a side than this are no network's. */
const MOST = { levels: 16, convs: 64, cells: 1024, size: 2 ** 16 } as const;

const isWhole = (value: unknown, most: number): value is number =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most;

const isNumber = (value: unknown): value is number => Number.isFinite(value);

const whole = (most: number): Check => (value) =>
  isWhole(value, most) ? null : `a whole number from 1 to ${most}`;

const isGrids: Check = (value) =>
  Array.isArray(value) && value.length >= 2 && value.length <= MOST.levels &&
    value.every((grid) => isWhole(grid, MOST.cells))
    ? null
    : `from 2 to ${MOST.levels} whole numbers from 1 to ${MOST.cells}`;

const isRange = (value: unknown): boolean =>
  Array.isArray(value) && value.length === 2 && value.every(isNumber) && value[0] >= 0 &&
  value[0] <= value[1];

/** Every field of a configuration, in order. */
const FIELDS: Readonly<Record<string, Check>> = {
  "heads.categories": whole(MOST.size),
  "heads.channels": whole(MOST.size),
  "heads.grids": isGrids,
  "heads.width": whole(MOST.size),
  "heads.convs": whole(MOST.convs),
  "heads.groups": whole(MOST.size),
  "heads.maskWidth": whole(MOST.size),
  "heads.maskChannels": whole(MOST.size),
  "heads.prior": (value) => isNumber(value) && value > 0 && value < 1 ? null : "between 0 and 1",
  "scaleRanges": (value) =>
    Array.isArray(value) && value.every(isRange) ? null : "pairs of numbers, the smaller one first",
  "features.facet": (value) =>
    ["key", "query", "value", "token"].includes(value as string)
      ? null
      : "key, query, value or token",
  "features.layer": (value) => Number.isSafeInteger(value) ? null : "a whole number",
  "shortSide": whole(MOST.size),
  "longest": whole(MOST.size),
};

/** The fields of a configuration by their path; lists are one field. */
function fieldsOf(value: unknown, path = ""): [path: string, value: unknown][] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) =>
    fieldsOf(inner, path ? `${path}.${key}` : key)
  );
}

/** What keeps a value from being a {@linkcode SegmenterConfig}: each field that is odd, missing or unknown. */
export function configProblems(value: unknown): string[] {
  const found = new Map(fieldsOf(value));
  const odd = Object.entries(FIELDS).flatMap(([path, check]) => {
    if (!found.has(path)) return [`${path} is missing`];
    const wanted = check(found.get(path));
    return wanted ? [`${path} must be ${wanted}, got ${shown(found.get(path))}`] : [];
  });
  const unknown = [...found.keys()].filter((path) => !Object.hasOwn(FIELDS, path));
  const problems = [...odd, ...unknown.map((path) => `${path || "the value"} is unknown`)];
  return problems.length > 0 ? problems : conflicts(value as SegmenterConfig);
}

/** What single fields do not show. */
function conflicts({ heads, scaleRanges, shortSide, longest }: SegmenterConfig): string[] {
  const [levels, ranges] = [heads.grids.length, scaleRanges.length];
  return [
    ...levels === ranges
      ? []
      : [`scaleRanges must be as many as the ${levels} grids, got ${ranges}`],
    ...longest >= shortSide
      ? []
      : [`longest must not be below shortSide ${shortSide}, got ${longest}`],
  ];
}

/**
 * Each field that two configurations differ in, with both values: empty for equal ones.
 *
 * ```ts
 * import { differencesOf, TINY_SEGMENTER } from "@fiedler/segmenter";
 * import assert from "node:assert/strict";
 *
 * const other = { ...TINY_SEGMENTER, shortSide: 160 };
 * assert.deepEqual(differencesOf(TINY_SEGMENTER, other), ["shortSide: 128 and 160"]);
 * ```
 */
export function differencesOf(a: SegmenterConfig, b: SegmenterConfig): string[] {
  const [first, second] = [new Map(fieldsOf(a)), new Map(fieldsOf(b))];
  return Object.keys(FIELDS).flatMap((path) => {
    const [one, other] = [shown(first.get(path)), shown(second.get(path))];
    return one === other ? [] : [`${path}: ${one} and ${other}`];
  });
}

/** JSON, short enough for a message. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= 80 ? text : `${text.slice(0, 80)}…`;
}
