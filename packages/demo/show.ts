import {
  type BatchSettings,
  type Explored,
  type ExploredStages,
  SALIENCY_VECTORS,
  type StageTime,
  vectorLevels,
} from "@fiedler/pipeline";
import type { Bench } from "./engine.ts";
import type { Models } from "./models.ts";
import type { OpenPicture } from "./picture.ts";
import { principalComponents } from "./principal_components.ts";
import type { GridPicture, Shown, StudioOptions } from "./studio.ts";

/** Standard deviations of a principal component that colours reach, either way: our choice. */
const COLOUR_RANGE = 2.5;

/** Colours of features, which many options leave as they are. */
const coloursOf = new WeakMap<Float32Array, Uint8Array<ArrayBuffer>>();

/** Everything about a picture under some options. */
export async function show(
  bench: Bench,
  models: Models,
  picture: OpenPicture,
  options: StudioOptions,
): Promise<Shown> {
  const times: StageTime[] = [];
  const settings = modelsOf(options).every((id) => bench.extractors.has(id))
    ? await settingsOf(bench, models, options)
    : await timed(times, "weights", () => settingsOf(bench, models, options));
  const { shortSide } = options;
  const { patch } = settings.model.backbone;
  const prepared = picture.isPrepared(shortSide, patch)
    ? picture.prepare(shortSide, patch)
    : await timed(times, "picture", () => picture.prepare(shortSide, patch));
  const explored = await bench.explorer.explore(prepared, settings);
  times.push(...explored.times);
  const panels = await timed(times, "panels", () => panelsOf(explored));
  return { record: explored.record, ...panels, times };
}

/** The models of some options, on a device. */
export async function settingsOf(
  bench: Bench,
  models: Models,
  options: StudioOptions,
): Promise<BatchSettings> {
  const ids = modelsOf(options);
  if (ids.some((id) => !bench.extractors.has(id))) await models.makeRoom(bench, ids);
  const model = await models.load(bench, ids[0]);
  const saliencyModel = ids.length > 1 ? await models.load(bench, ids[1]) : null;
  return { model, saliencyModel, options: options.proposals };
}

const modelsOf = ({ model, saliencyModel }: StudioOptions): string[] =>
  saliencyModel === null ? [model] : [model, saliencyModel];

async function timed<T>(times: StageTime[], part: string, work: () => T | Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work();
  times.push({ part, ms: performance.now() - start });
  return result;
}

type Panels = Omit<Shown, "record" | "times">;

/** What there is to see of the stages. */
function panelsOf({ record: { grid: [rows, columns] }, stages }: Explored): Panels {
  const cells = rows * columns;
  const panel = (data: Uint8Array<ArrayBuffer>): GridPicture => ({ rows, columns, data });
  if (!stages) {
    const features = panel(new Uint8Array(3 * cells));
    return { features, eigenvectors: [], saliencyEigenvectors: [], clusters: [], saliency: null };
  }
  const { eigenvectors, saliencyEigenvectors, clusters, saliency } = stages;
  return {
    features: panel(colours(stages)),
    eigenvectors: vectorLevels(eigenvectors, cells, Infinity).map(panel),
    saliencyEigenvectors: saliencyEigenvectors
      ? vectorLevels(saliencyEigenvectors, cells, SALIENCY_VECTORS).map(panel)
      : [],
    clusters: clusters.map(({ k, labels }) => ({ k, labels: panel(Uint8Array.from(labels)) })),
    saliency: saliency && panel(Uint8Array.from(saliency)),
  };
}

/**
 * The first three principal components of the features as red, green and blue: the mean is 128, and
 * 0 and 255 are {@linkcode COLOUR_RANGE} standard deviations of the component from it, or more.
 */
function colours({ features, grid: [rows, columns] }: ExploredStages): Uint8Array<ArrayBuffer> {
  const known = coloursOf.get(features);
  if (known) return known;
  const cells = rows * columns;
  const out = new Uint8Array(3 * cells).fill(128);
  principalComponents(features, features.length / cells, 3).forEach((component, channel) => {
    const variance = component.reduce((sum, value) => sum + value * value, 0) / cells;
    const scale = 127 / (COLOUR_RANGE * Math.sqrt(variance) || 1);
    component.forEach((value, cell) => {
      const level = Math.round(128 + scale * value);
      out[3 * cell + channel] = Math.min(Math.max(level, 0), 255);
    });
  });
  coloursOf.set(features, out);
  return out;
}
