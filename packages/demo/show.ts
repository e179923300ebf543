import {
  type BatchSettings,
  type Explored,
  type ExploredStages,
  SALIENCY_VECTORS,
  type StageTime,
  vectorLevels,
} from "@fiedler/pipeline";
import type { Bench } from "./engine.ts";
import { featureColours } from "./feature_colours.ts";
import type { Models } from "./models.ts";
import type { OpenPicture } from "./picture.ts";
import type { GridPicture, Shown, StudioOptions } from "./studio.ts";

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

/** Of the features, made once for each array of them. */
function colours({ features, grid: [rows, columns] }: ExploredStages): Uint8Array<ArrayBuffer> {
  const known = coloursOf.get(features);
  if (known) return known;
  const made = featureColours(features, rows * columns);
  coloursOf.set(features, made);
  return made;
}
