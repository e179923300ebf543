/** Invented trainings, predictions and gains to draw: of the right shape, and nothing else. */

import { compressRle, encodeRle, type Rle } from "@fiedler/coco";
import { encodeJpeg, type RgbImage } from "@fiedler/io";
import type {
  GainPicture,
  GainSummary,
  PredictionSummary,
  TrainingStep,
  TrainingSummary,
} from "@fiedler/report";
import { sampleRun } from "./sample.ts";

/** A repeatable noise in 0 … 1. */
export function noise(seed: number): () => number {
  let state = seed * 2654435761 >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Terms that fall, noisily, and a rate that warms up and follows a cosine. */
export function sampleMetrics(steps: number): TrainingStep[] {
  const random = noise(7);
  return Array.from({ length: steps }, (_, i) => {
    const t = i / steps;
    const fall = (from: number, to: number, speed: number) =>
      (to + (from - to) * Math.exp(-speed * t)) * (0.8 + 0.4 * random());
    const category = fall(0.9, 0.22, 6);
    const maxProjection = fall(0.95, 0.3, 5);
    const meanProjection = fall(0.09, 0.04, 4);
    const pairwise = fall(0.05, 0.16, 9);
    const dice = fall(2.4, 0.9, 5);
    const spike = random() > 0.995 ? 20 : 1;
    return {
      step: i + 1,
      rate: 0.001 * Math.min(1, (i + 1) / 20) * (0.505 + 0.495 * Math.cos(Math.PI * t)),
      category,
      maxProjection,
      meanProjection,
      pairwise,
      dice,
      total: category + maxProjection + 0.1 * meanProjection + pairwise + 3 * dice,
      gradientNorm: spike * fall(6, 1.1, 3),
    };
  });
}

/** A training of so many steps that ended as planned. */
export function sampleTraining(steps: number): TrainingSummary {
  return {
    title: "free-photos",
    command: "./fiedler train runs/free-photos --preset tiny",
    version: "0.1.0",
    preset: "tiny",
    backbone: "mae-tiny",
    network: "SOLOv2 with 5 levels of 64 channels",
    stepsDone: steps,
    roundSteps: [steps],
    pictures: 1000,
    instances: 6813,
    dropped: [
      { reason: "no mask was kept", pictures: 12 },
      { reason: "all masks were smaller than the finest level learns", pictures: 3 },
    ],
    seconds: 0.83 * steps,
    adapter: sampleRun.adapter,
    settings: [
      { name: "steps", value: steps, source: "our choice" },
      { name: "loss.category", value: 1, source: "arXiv 2202.12181" },
      { name: "optimiser.rate", value: 0.001, source: "our choice" },
      { name: "views.shortSides", value: [128], source: "our choice" },
    ],
    metrics: sampleMetrics(steps),
  };
}

/** A disc as run lengths. */
export function disc(height: number, width: number, y: number, x: number, radius: number): Rle {
  const inside = (i: number) =>
    Math.hypot(Math.floor(i / width) - y, (i % width) - x) < radius ? 1 : 0;
  const mask = Uint8Array.from({ length: height * width }, (_, i) => inside(i));
  return { size: [height, width], counts: encodeRle(mask, height, width) };
}

/** Two discs on grey: proposals merge them into one and see a shadow, the trained masks fit. */
export async function samplePair(name: string): Promise<GainPicture> {
  const [height, width] = [48, 64];
  const image: RgbImage = {
    width,
    height,
    data: new Uint8Array(height * width * 3).fill(128),
  };
  const at = (x: number, radius: number) => compressRle(disc(height, width, 24, x, radius));
  return {
    name,
    size: [height, width],
    jpeg: btoa(String.fromCharCode(...await encodeJpeg(image, 60))),
    objects: [at(16, 10), at(44, 10)],
    raw: [{ score: 0.4, mask: at(60, 4) }, { score: 0.9, mask: at(30, 22) }],
    trained: [
      { score: 0.2, mask: at(60, 4) },
      { score: 0.9, mask: at(44, 9) },
      { score: 0.8, mask: at(16, 11) },
    ],
  };
}

/** Numbers of the size that our scenes give. */
export function sampleGain(examples: readonly GainPicture[]): GainSummary {
  const metrics = (values: readonly number[]) =>
    Object.fromEntries(
      ["AP", "AP50", "AP75", "APs", "APm", "APl", "AR1", "AR10", "AR100", "ARs", "ARm", "ARl"]
        .map((name, i) => [name, values[i]]),
    );
  const raw = [.037, .098, .021, .018, .071, -1, .062, .153, .163, .141, .224, -1];
  const trained = [.143, .388, .062, .101, .262, -1, .083, .251, .274, .229, .391, -1];
  const errors = (values: readonly number[]) =>
    metrics(values.map((value) => value < 0 ? -1 : 0.002 + value * 0.04));
  return {
    noun: "scene",
    start: null,
    pictures: 200,
    objects: 812,
    raw: { metrics: metrics(raw), errors: errors(raw), detections: 1361 },
    trained: { metrics: metrics(trained), errors: errors(trained), detections: 2204 },
    differenceErrors: errors(trained),
    examples,
  };
}

/** Detections of the pictures with these ids. */
export function samplePrediction(
  shown: PredictionSummary["shown"],
): PredictionSummary {
  return {
    pictures: 13,
    detections: 58,
    scores: [0, 3, 5, 9, 11, 8, 6, 7, 5, 4],
    options: [{ name: "threshold", value: 0.1, source: "arXiv 2202.12181" }],
    shown,
  };
}
