/** The random sets of tools/make_evaluation_goldens.py, drawn again by the same generator. */
import {
  type Box,
  type CocoAnnotation,
  type CocoInstances,
  type CocoResult,
  type CocoRle,
  encodeRle,
} from "@fiedler/coco";
import { generator } from "../support/random.ts";

/** Ground truth and results of one seed. */
export interface EvaluationSet {
  readonly truth: CocoInstances;
  readonly results: readonly (CocoResult & { segmentation: CocoRle; bbox: Box })[];
}

/** Draws with mulberry32. */
class Random {
  readonly next: () => number;

  constructor(seed: number) {
    this.next = generator(seed);
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }
}

type Shape = readonly [x: number, y: number, w: number, h: number, notch: number];
type Size = readonly [height: number, width: number];

/** The set of a seed; ids of annotations begin at 0. */
export function drawSet(seed: number): EvaluationSet {
  const random = new Random(seed);
  const size: Size = [100 + random.below(40), 100 + random.below(60)];
  const [categories, ties, shuffled] = [1 + random.below(4), random.below(4), random.below(2)];
  const strange = random.below(8) === 0;
  const pictures = 3 + random.below(5);
  const many = random.below(4 * pictures);
  const objects: ReturnType<typeof drawObject>[] = [];
  const results: EvaluationSet["results"][number][] = [];
  const ids = Array.from({ length: pictures }, (_, i) => (i * 5 + 3) % 11 * 10);
  ids.forEach((image, i) => {
    const kind = random.below(8);
    const own = Array.from(
      { length: kind < 2 ? 0 : 1 + random.below(8) },
      () => drawObject(random, image, categories, size),
    );
    const count = i === many ? 101 + random.below(30) : random.below(14);
    for (let d = 0; d < (kind === 0 || kind === 2 ? 0 : count); d++) {
      const result = drawResult(
        random,
        image,
        own.map(({ shape }) => shape),
        categories,
        ties,
        size,
      );
      const stray = strange && random.below(3) === 0;
      results.push(stray ? { ...result, category_id: result.category_id + 50 } : result);
    }
    objects.push(...own);
  });
  for (let i = results.length - 1; shuffled && i > 0; i--) {
    const j = random.below(i + 1);
    [results[i], results[j]] = [results[j], results[i]];
  }
  return {
    truth: {
      images: ids.map((id) => ({ id, height: size[0], width: size[1] })),
      categories: Array.from({ length: categories }, (_, i) => ({ id: i + 1 })),
      annotations: objects.map(({ shape: _, ...annotation }, id) => ({ ...annotation, id })),
    },
    results,
  };
}

function drawObject(random: Random, image: number, categories: number, size: Size) {
  const fixed = random.below(7);
  const [w, h] = fixed < 3
    ? [[32, 32], [96, 96], [64, 16]][fixed]
    : [4 + random.below(60), 4 + random.below(60)];
  const [x, y] = [random.below(size[1] - 4), random.below(size[0] - 4)];
  const shape: Shape = [x, y, w, h, fixed < 3 ? 0 : random.below(4)];
  const mask = pixels(shape, size);
  const category_id = 1 + random.below(categories);
  const iscrowd = random.below(8) === 0 ? 1 as const : 0 as const;
  const count = mask.reduce((sum, bit) => sum + bit, 0);
  const area = [1024, 9216, count + 0.25, count, count, count][random.below(6)];
  const bbox: Box = [x + random.below(4) / 4, y + random.below(4) / 4, w, h];
  return {
    shape,
    image_id: image,
    category_id,
    iscrowd,
    area,
    bbox,
    segmentation: rle(mask, size),
  };
}

function drawResult(
  random: Random,
  image: number,
  objects: readonly Shape[],
  categories: number,
  ties: number,
  size: Size,
) {
  const shape = drawShape(random, objects, size);
  const [x, y, w, h] = shape;
  const category_id = 1 + random.below(categories);
  const bbox: Box = [x + random.below(4) / 4, y + random.below(4) / 4, w, h];
  const raw = random.next();
  const score = [raw, (1 + Math.floor(raw * 8)) / 8, 0.5, Math.floor(raw * 100) / 100][ties];
  const segmentation = rle(pixels(shape, size), size);
  return { image_id: image, category_id, bbox, score, segmentation };
}

function drawShape(random: Random, objects: readonly Shape[], [height, width]: Size): Shape {
  if (objects.length === 0 || random.below(4) === 0) {
    const [x, y] = [random.below(width), random.below(height)];
    return [x, y, 1 + random.below(100), 1 + random.below(100), random.below(4)];
  }
  const copied = objects[random.below(objects.length)];
  if (random.below(3) === 0) return copied;
  const [x, y] = [copied[0] + random.below(7) - 3, copied[1] + random.below(7) - 3];
  const w = Math.max(1, copied[2] + random.below(9) - 4);
  const h = Math.max(1, copied[3] + random.below(9) - 4);
  return [x, y, w, h, random.below(4)];
}

/** A rectangle cut to the picture, less a corner of notch / 8 of its sides. */
function pixels([x, y, w, h, notch]: Shape, [height, width]: Size): Uint8Array {
  const mask = new Uint8Array(height * width);
  const fill = (right: number, bottom: number, value: number) => {
    for (let row = Math.max(0, y); row < Math.min(height, bottom); row++) {
      const start = row * width;
      mask.fill(value, start + Math.max(0, x), start + Math.max(0, Math.min(width, right)));
    }
  };
  fill(x + w, y + h, 1);
  fill(x + Math.floor(w * notch / 8), y + Math.floor(h * notch / 8), 0);
  return mask;
}

const rle = (mask: Uint8Array, size: Size): CocoRle => ({ size, counts: encodeRle(mask, ...size) });

/** Columns [from, from + width) of a picture of 8 × 400. */
export const columns = (from: number, width: number) =>
  ({ size: [8, 400], counts: [8 * from, 8 * width, 8 * (400 - from - width)] }) as const;

/** A picture of disjoint bars of one category each, and detections near them. */
export function disjointScene(seed: number): { truth: CocoInstances; results: CocoResult[] } {
  const next = generator(seed);
  const below = (limit: number) => Math.floor(next() * limit);
  const annotations: CocoAnnotation[] = [];
  const results: CocoResult[] = [];
  for (let x = 0; x < 360;) {
    const width = 3 + below(20);
    annotations.push({
      id: annotations.length,
      iscrowd: 0,
      image_id: 1,
      category_id: 1 + below(3),
      segmentation: columns(x, width),
      area: 8 * width,
    });
    for (let d = below(4); d > 0; d--) {
      const start = Math.max(0, x + below(5) - 2);
      const segmentation = columns(start, 1 + below(2 * width));
      results.push({ image_id: 1, category_id: 1, segmentation, score: next() });
    }
    x += width + below(4);
  }
  return {
    truth: { images: [{ id: 1, width: 400, height: 8 }], annotations, categories: [] },
    results,
  };
}
