/**
 * The numbers of COCO's detection benchmark, and the constants behind them.
 *
 * Source: the definition of the COCO detection evaluation; constants bit for bit those of
 * pycocotools, which makes them by multiplication: the ninth IoU threshold is 0.8999999999999999.
 *
 * @module
 */

/** The ten IoU thresholds: 0.5, 0.55, …, 0.95. */
export const IOU_THRESHOLDS: readonly number[] = Array.from(
  { length: 10 },
  (_, i) => 0.5 + i * ((0.95 - 0.5) / 9),
);

/** The 101 recall values at which precision is read: 0, 0.01, …, 1. */
export const RECALL_THRESHOLDS: readonly number[] = Array.from({ length: 101 }, (_, i) => i * 0.01);

/** A range of object areas, in pixels; both ends belong to it. */
export interface AreaRange {
  /** What the reference calls it. */
  readonly name: "all" | "small" | "medium" | "large";
  /** Letter at the end of a metric's name: APs, APm, APl. */
  readonly suffix: string;
  /** Pixels of the smallest. */
  readonly min: number;
  /** Pixels of the largest. */
  readonly max: number;
}

/** The four ranges of area. An object of exactly 32² pixels is both small and medium. */
export const AREA_RANGES: readonly AreaRange[] = [
  { name: "all", suffix: "", min: 0, max: 1e10 },
  { name: "small", suffix: "s", min: 0, max: 32 ** 2 },
  { name: "medium", suffix: "m", min: 32 ** 2, max: 96 ** 2 },
  { name: "large", suffix: "l", min: 96 ** 2, max: 1e10 },
];

/** What is left without ground truth: such a number is unknown, not zero. */
export const UNDEFINED_METRIC: number = -1;

/**
 * Precision and recall at every setting. Entries of a setting without ground truth are −1.
 *
 * Shapes: thresholds = 10, recalls = 101, areas = 4; categories = 1 unless class-aware.
 */
export interface Curves {
  /** Ids of the categories; `null` where all were merged into one. */
  readonly categories: readonly number[] | null;
  /** Numbers of detections a picture, ascending. */
  readonly maxDets: readonly number[];
  /** `[thresholds, recalls, categories, areas, maxDets]`, as `COCOeval.eval["precision"]`. */
  readonly precision: Float64Array;
  /** `[thresholds, categories, areas, maxDets]`: the highest recall reached. */
  readonly recall: Float64Array;
}

/** Which entries of {@linkcode Curves} to average; what is left out runs over all. */
export interface Selection {
  /** Place in {@linkcode IOU_THRESHOLDS}. */
  readonly threshold?: number;
  /** Place in {@linkcode RECALL_THRESHOLDS}; of precision alone. */
  readonly recall?: number;
  /** Place in {@linkcode AREA_RANGES}. */
  readonly area: number;
  /** Place in `maxDets`. */
  readonly cap: number;
}

/** Mean precision over the selected entries that are defined; −1 when none is. */
export function meanPrecision(curves: Curves, { threshold, recall, area, cap }: Selection): number {
  const places = categoryCount(curves);
  const of = (t: number, r: number, k: number) =>
    curves.precision[entry(curves, (t * RECALL_THRESHOLDS.length + r) * places + k, area, cap)];
  return mean(function* () {
    for (const t of range(IOU_THRESHOLDS.length, threshold)) {
      for (const r of range(RECALL_THRESHOLDS.length, recall)) {
        for (let k = 0; k < places; k++) yield of(t, r, k);
      }
    }
  }());
}

/** Mean of the highest recall over the selected entries that are defined; −1 when none is. */
export function meanRecall(
  curves: Curves,
  { threshold, area, cap }: Omit<Selection, "recall">,
): number {
  const places = categoryCount(curves);
  return mean(function* () {
    for (const t of range(IOU_THRESHOLDS.length, threshold)) {
      for (let k = 0; k < places; k++) {
        yield curves.recall[entry(curves, t * places + k, area, cap)];
      }
    }
  }());
}

/** The summary by name: `AP`, `AP50`, `AP75`, `APs`, `APm`, `APl`, `AR1`, `AR10`, `AR100`, …. */
export type Metrics = Readonly<Record<string, number>>;

/**
 * The twelve numbers of the benchmark, or as many as there are `maxDets`: AP and AR by area at the
 * last of them, `AR1`, `AR10`, … one each. pycocotools reads its AP at 100 detections whatever the
 * list; here it is the last.
 */
export function summarise(curves: Curves): Metrics {
  const cap = curves.maxDets.length - 1;
  const sizes = AREA_RANGES.map(({ suffix }, area) => ({ suffix, area })).slice(1);
  return Object.fromEntries([
    ["AP", meanPrecision(curves, { area: 0, cap })],
    ["AP50", meanPrecision(curves, { area: 0, cap, threshold: 0 })],
    ["AP75", meanPrecision(curves, { area: 0, cap, threshold: 5 })],
    ...sizes.map(({ suffix, area }) => [`AP${suffix}`, meanPrecision(curves, { area, cap })]),
    ...curves.maxDets.map((max, i) => [`AR${max}`, meanRecall(curves, { area: 0, cap: i })]),
    ...sizes.map(({ suffix, area }) => [`AR${suffix}`, meanRecall(curves, { area, cap })]),
  ]);
}

const categoryCount = ({ categories }: Curves): number => categories?.length ?? 1;

/** Index of an entry: the last two axes are areas and caps in both arrays. */
const entry = ({ maxDets }: Curves, outer: number, area: number, cap: number): number =>
  (outer * AREA_RANGES.length + area) * maxDets.length + cap;

const range = (length: number, only?: number): readonly number[] =>
  only === undefined ? Array.from({ length }, (_, i) => i) : [only];

/** Compensated: 80,000 terms of 80 categories stay exact to the last digits. */
function mean(values: Iterable<number>): number {
  let [sum, lost, count] = [0, 0, 0];
  for (const value of values) {
    if (value === UNDEFINED_METRIC) continue;
    const term = value - lost;
    const next = sum + term;
    lost = next - sum - term;
    sum = next;
    count++;
  }
  return count === 0 ? UNDEFINED_METRIC : sum / count;
}
