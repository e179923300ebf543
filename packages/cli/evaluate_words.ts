/** An evaluation as text: for the terminal, for programs, for a file. */
import {
  COUNT_BUCKETS,
  type Evaluation,
  IOU_THRESHOLDS,
  meanPrecision,
  meanRecall,
  RECALL_THRESHOLDS,
  UNDEFINED_METRIC,
} from "@fiedler/coco";
import type { Scored } from "./evaluate.ts";
import { basename } from "./paths.ts";
import { plural } from "./summary.ts";
import { table } from "./table.ts";
import { VERSION } from "./version.ts";

/** Names for places: the last part of each path without `.json`, where those differ; else paths. */
export function shortNames(places: readonly string[]): string[] {
  const short = places.map((place) => basename(place, ".json"));
  return new Set(short).size === short.length ? short : [...places];
}

const inPercent = (value: number): string =>
  value === UNDEFINED_METRIC ? "–" : (100 * value).toFixed(2);

/** One screen: what was compared, the metrics, recall by count; a column for each result. */
export function printedTable(scored: readonly Scored[]): string {
  const [{ evaluation }] = scored;
  const { counts, curves, type } = evaluation;
  const categories = curves.categories === null
    ? "all categories as one"
    : `mean over ${curves.categories.length} categories`;
  const head = `${type === "segm" ? "masks" : "boxes"}, ${categories}, in %: ` +
    `${plural(counts.objects, "object")} in ${plural(counts.images, "image")}`;
  const meanings = meaningsOf(curves.maxDets);
  const metrics = table([
    ["", ...scored.map(({ name }) => name), ""],
    ...Object.keys(evaluation.metrics).map((key, i) => [
      key,
      ...scored.map(({ evaluation }) => inPercent(evaluation.metrics[key])),
      meanings[i],
    ]),
  ]);
  const measured = scored.flatMap(({ name, evaluation: { recallByCount } }) =>
    recallByCount ? [{ name, ...recallByCount }] : []
  );
  const byCount = measured.length > 0 && table([
    ["instances", ...measured.map(({ name }) => name), "objects"],
    ...COUNT_BUCKETS.map((bucket, i) => [
      bucket,
      ...measured.map(({ recall }) => inPercent(recall[i])),
      String(measured[0].objects[i]),
    ]),
  ]);
  return [head, "", metrics, ...(byCount ? ["", byCount] : [])].join("\n");
}

/** What each metric is, in their order. */
function meaningsOf(maxDets: readonly number[]): string[] {
  const sizes = ["up to 32² pixels", "32² to 96² pixels", "from 96² pixels"];
  return [
    "precision, mean of IoU 0.5 to 0.95",
    "precision at IoU 0.5",
    "precision at IoU 0.75",
    ...sizes.map((size) => `precision, ${size}`),
    ...maxDets.map((max) => `recall, ${plural(max, "detection")} an image`),
    ...sizes.map((size) => `recall, ${size}`),
  ];
}

/** What a reader should know before trusting the numbers. */
export function notesOn({ counts, notes, curves }: Evaluation): string[] {
  const { constantScore, unknownImages, unknownCategories, otherSizes, strayAnnotations } = notes;
  const lines: (string | false)[] = [
    constantScore !== null &&
    `all scores are ${constantScore}: AP then depends on the order of images and results; ` +
      "AR at the last number of detections does not, unless images have more",
    counts.imagesWithoutResults > 0 &&
    `no result for ${plural(counts.imagesWithoutResults, "image")} with objects, which all count ` +
      "as missed",
    unknownImages !== null &&
    `${plural(unknownImages.count, "result")} of unknown images left out, the first is of image ` +
      `${unknownImages.first}`,
    unknownCategories !== null && unknownWords(unknownCategories, curves.categories !== null),
    otherSizes !== null &&
    `${plural(otherSizes.count, "mask")} of another size than the image, matching nothing; the ` +
      `first is results[${otherSizes.first}]`,
    strayAnnotations !== null &&
    `${plural(strayAnnotations, "annotation")} of images that the ground truth does not list`,
  ];
  return lines.filter((line) => line !== false);
}

const unknownWords = (
  { count, first }: NonNullable<Evaluation["notes"]["unknownCategories"]>,
  classAware: boolean,
): string =>
  `${plural(count, "result")} of categories that the ground truth does not have (such as ` +
  `${first}): ` + (classAware ? "no category's score counts them" : "scored like all others");

/** The line of `--json`. A metric without ground truth is −1, as pycocotools prints it. */
export function jsonLine(scored: Scored) {
  return { event: "evaluation", results: scored.place, ...numbers(scored) };
}

function numbers({ evaluation, notes }: Scored) {
  const { metrics, recallByCount, counts, type, curves } = evaluation;
  return {
    ...metrics,
    ...(recallByCount
      ? { recallByCount: recallByCount.recall, objectsByCount: recallByCount.objects }
      : {}),
    type,
    classAware: curves.categories !== null,
    maxDets: curves.maxDets,
    counts,
    notes,
  };
}

/** `metrics.json`: the numbers, and the curves of the page. */
export function metricsFile(
  groundTruth: string,
  scored: readonly Scored[],
  command: string,
): string {
  const results = scored.map((one) => {
    const { curves } = one.evaluation;
    const cap = curves.maxDets.length - 1;
    return {
      results: one.place,
      ...numbers(one),
      byThreshold: IOU_THRESHOLDS.map((iou, threshold) => ({
        iou,
        AP: meanPrecision(curves, { area: 0, cap, threshold }),
        AR: meanRecall(curves, { area: 0, cap, threshold }),
        precision: RECALL_THRESHOLDS.map((_, recall) =>
          meanPrecision(curves, { area: 0, cap, threshold, recall })
        ),
      })),
    };
  });
  const content = { version: VERSION, command, groundTruth, recalls: RECALL_THRESHOLDS, results };
  return `${JSON.stringify(content, null, 1)}\n`;
}
