import {
  type CocoInstances,
  type CocoResult,
  decodeRle,
  Evaluator,
  type Metrics,
  rleFromGrid,
  rleFromSegmentation,
  UNDEFINED_METRIC,
} from "@fiedler/coco";
import { bootstrap, type Estimate } from "@fiedler/study";

/** COCO's numbers of some results, and of the same when other pictures had been drawn. */
export interface Score {
  /** From 0 to 1; NaN where there is nothing to measure. */
  readonly metrics: Metrics;
  /** The same for pictures drawn with replacement, the same draws for as many pictures. */
  readonly draws: readonly Metrics[];
}

/** Draws of the bootstrap: standard errors to a tenth of themselves. */
const DRAWS = 100;

/** Fewer pictures say nothing of pictures: no draws, no errors. */
const LEAST_PICTURES = 5;

/**
 * Side of the pictures that COCO's limits of area, 32² and 96² pixels, are taken to be for: they
 * mean about the same shares of a scene as of COCO's pictures, most of which have 640 × 480.
 */
const COCO_SIDE = 512;

/** How many times larger scenes are scored, for COCO's limits of area. Overlaps stay the same. */
export const scaleOf = (size: number): number => Math.max(1, Math.round(COCO_SIDE / size));

/** A picture's part of ground truth and results. */
interface Picture {
  readonly truth: CocoInstances;
  readonly results: readonly CocoResult[];
}

/**
 * Scores masks against ground truth, categories merged, and again for pictures drawn with
 * replacement.
 *
 * @param scale times that both are enlarged first: see {@linkcode scaleOf}.
 */
export function scoreOf(
  truth: CocoInstances,
  results: readonly CocoResult[],
  { scale }: { readonly scale: number },
): Score {
  const pictures = picturesOf(truth, results, scale);
  const resamples = pictures.length < LEAST_PICTURES ? 0 : DRAWS;
  const all: Metrics[] = [];
  bootstrap(pictures.length, (weights) => {
    const metrics = evaluateDraw(pictures, weights);
    all.push(metrics);
    return Object.values(metrics);
  }, { resamples });
  return { metrics: all[0], draws: all.slice(1) };
}

function picturesOf(
  { images, annotations, categories }: CocoInstances,
  results: readonly CocoResult[],
  scale: number,
): Picture[] {
  const objects = Map.groupBy(annotations, ({ image_id }) => image_id);
  const found = Map.groupBy(results, ({ image_id }) => image_id);
  return images.map((image) => {
    const { id, width, height } = image;
    const segmentationOf = enlarger(height, width, scale);
    return {
      truth: {
        categories,
        images: [{ ...image, width: width * scale, height: height * scale }],
        annotations: (objects.get(id) ?? []).map(({ segmentation, area, ...rest }) => ({
          ...rest,
          bbox: undefined,
          area: area && area * scale ** 2,
          segmentation: segmentationOf(segmentation!),
        })),
      },
      results: (found.get(id) ?? []).map(({ segmentation, category_id, score }) => ({
        image_id: id,
        category_id,
        score,
        segmentation: segmentationOf(segmentation!),
      })),
    };
  });
}

/** Makes masks of `[height, width]` so many times larger, each pixel a square. */
function enlarger(height: number, width: number, scale: number) {
  const places = (length: number) =>
    Int32Array.from({ length: length * scale }, (_, i) => Math.floor(i / scale));
  const [rowOf, columnOf] = [places(height), places(width)];
  return (segmentation: NonNullable<CocoResult["segmentation"]>) => {
    const { counts } = rleFromSegmentation(segmentation, height, width);
    const mask = decodeRle(counts, height, width);
    return {
      size: [height * scale, width * scale] as const,
      counts: rleFromGrid(mask, width, rowOf, columnOf),
    };
  };
}

/** COCO's numbers when picture i is there `weights[i]` times. */
function evaluateDraw(pictures: readonly Picture[], weights: Uint32Array): Metrics {
  const chosen = pictures.flatMap((picture, i) => new Array<Picture>(weights[i]).fill(picture));
  const evaluator = new Evaluator({
    categories: pictures[0].truth.categories,
    images: chosen.map(({ truth }, id) => ({ ...truth.images[0], id })),
    annotations: chosen.flatMap(({ truth }, image_id) =>
      truth.annotations.map((annotation) => ({ ...annotation, image_id }))
    ),
  });
  chosen.forEach(({ results }, image_id) => {
    for (const result of results) evaluator.add({ ...result, image_id });
  });
  const { metrics } = evaluator.finish();
  return Object.fromEntries(
    Object.entries(metrics).map(([key, value]) => [key, value === UNDEFINED_METRIC ? NaN : value]),
  );
}

/** A number of a score with its standard error. */
export const estimateOf = ({ metrics, draws }: Score, metric: string): Estimate => ({
  value: metrics[metric],
  error: deviation(draws.map((draw) => draw[metric])),
});

/** The difference of two scores on the same pictures, with the error of the paired draws. */
export const differenceOf = (a: Score, b: Score, metric: string): Estimate => ({
  value: a.metrics[metric] - b.metrics[metric],
  error: deviation(a.draws.map((draw, i) => draw[metric] - b.draws[i][metric])),
});

/** Null where fewer than half of the draws say anything. */
function deviation(values: readonly number[]): number | null {
  const finite = values.filter(Number.isFinite);
  if (2 * finite.length < Math.max(values.length, 4)) return null;
  const mean = finite.reduce((a, b) => a + b, 0) / finite.length;
  const squares = finite.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (finite.length - 1));
}
