import { resizeBilinear } from "../../kernels/resize/reference.ts";

/** What the heads of SOLOv2 say, as plain arrays. */
export interface PlainOutput {
  readonly images: number;
  readonly categoryCount: number;
  readonly channels: number;
  /** `[rows, columns]` of the mask features. */
  readonly size: readonly [number, number];
  readonly grids: readonly number[];
  /** `[categories, images, grid, grid]` of each level. */
  readonly categories: readonly Float32Array<ArrayBuffer>[];
  /** `[images, grid, grid, channels]` of each level. */
  readonly kernels: readonly Float32Array<ArrayBuffer>[];
  /** `[images, rows, columns, channels]`. */
  readonly features: Float32Array<ArrayBuffer>;
}

/** Sizes of a picture, and the rules. */
export interface PlainRules {
  readonly padded: readonly [number, number];
  readonly resized: readonly [number, number];
  readonly original: readonly [number, number];
  readonly leastPixels: readonly number[];
  readonly mostCells: number;
  readonly decay: "gaussian" | "linear";
  readonly leastScore: number;
  readonly mostDetections: number;
}

/** A detection, and the probabilities that its mask at the size of the picture was cut from. */
export interface PlainDetection {
  readonly level: number;
  readonly index: number;
  readonly category: number;
  readonly classScore: number;
  readonly maskness: number;
  readonly score: number;
  readonly probabilities: Float64Array;
}

interface Candidate extends Omit<PlainDetection, "probabilities"> {
  readonly p: Float64Array;
}

const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));

/** The detections of a picture in f64, step by step as the method is written down. */
export function plainDetections(
  output: PlainOutput,
  image: number,
  rules: PlainRules,
): PlainDetection[] {
  const candidates = candidatesOf(output, image)
    .filter(({ level, p }) => p.filter((value) => value > 0.5).length > rules.leastPixels[level])
    .sort((a, b) => b.score - a.score) // stable
    .slice(0, rules.mostCells);
  const factors = decays(candidates, rules.decay);
  return candidates
    .map((candidate, i) => ({ ...candidate, score: candidate.score * factors[i] }))
    .filter(({ score }) => score >= rules.leastScore)
    .sort((a, b) => b.score - a.score)
    .slice(0, rules.mostDetections)
    .map(({ p, ...rest }) => ({ ...rest, probabilities: atPictureSize(p, output.size, rules) }));
}

function candidatesOf(output: PlainOutput, image: number): Candidate[] {
  const { grids, categoryCount, images, categories } = output;
  return grids.flatMap((grid, level) => {
    const found: Candidate[] = [];
    for (let index = 0; index < grid * grid; index++) {
      for (let category = 0; category < categoryCount; category++) {
        const plane = (category * images + image) * grid * grid;
        const scoreAt = (row: number, column: number) =>
          row < 0 || column < 0 ? 0 : sigmoid(categories[level][plane + row * grid + column]);
        const [row, column] = [Math.floor(index / grid), index % grid];
        const classScore = scoreAt(row, column);
        const pooled = Math.max(
          classScore,
          scoreAt(row - 1, column),
          scoreAt(row, column - 1),
          scoreAt(row - 1, column - 1),
        );
        if (classScore !== pooled || classScore <= 0.1) continue;
        const p = probabilitiesOf(output, image, level, index);
        const inside = p.filter((value) => value > 0.5);
        const maskness = inside.reduce((a, b) => a + b, 0) / Math.max(1, inside.length);
        found.push({
          level,
          index,
          category,
          classScore,
          maskness,
          score: classScore * maskness,
          p,
        });
      }
    }
    return found;
  });
}

function probabilitiesOf(
  { grids, kernels, features, channels, size }: PlainOutput,
  image: number,
  level: number,
  index: number,
): Float64Array {
  const pixels = size[0] * size[1];
  const kernel = (image * grids[level] ** 2 + index) * channels;
  return Float64Array.from({ length: pixels }, (_, pixel) => {
    let z = 0;
    for (let c = 0; c < channels; c++) {
      z += kernels[level][kernel + c] * features[(image * pixels + pixel) * channels + c];
    }
    return sigmoid(z);
  });
}

/** Matrix NMS as a matrix: the least quotient of each column. */
function decays(candidates: readonly Candidate[], decay: "gaussian" | "linear"): number[] {
  const iou = candidates.map((a, i) =>
    candidates.map((b, j) => {
      if (i >= j || a.category !== b.category) return 0;
      let [both, either] = [0, 0];
      a.p.forEach((value, pixel) => {
        both += Number(value > 0.5 && b.p[pixel] > 0.5);
        either += Number(value > 0.5 || b.p[pixel] > 0.5);
      });
      return both / either;
    })
  );
  const f = (x: number) => decay === "gaussian" ? Math.exp(-2 * x * x) : 1 - x;
  const comp = candidates.map((_, i) => Math.max(...iou.map((row) => row[i])));
  return candidates.map((_, j) => Math.min(...iou.map((row, i) => f(row[j]) / f(comp[i]))));
}

function atPictureSize(
  p: Float64Array,
  size: readonly [number, number],
  { padded, resized, original }: PlainRules,
): Float64Array {
  const large = resizeBilinear(p, 1, size, padded);
  const corner = Float64Array.from(
    { length: resized[0] * resized[1] },
    (_, i) => large[Math.floor(i / resized[1]) * padded[1] + i % resized[1]],
  );
  return resizeBilinear(corner, 1, resized, original);
}
