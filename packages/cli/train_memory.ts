import { type Gpu, GpuMemoryError, openPlanner, PORTABLE_DEVICE } from "@fiedler/gpu";
import {
  makeNetwork,
  type MapSource,
  mapSource,
  type Network,
  networkFlops,
} from "@fiedler/segmenter";
import { trainingBytes, type TrainSettings } from "@fiedler/train";
import type { Extractor } from "@fiedler/pipeline";
import { usage } from "./args.ts";
import { CliError, EXIT } from "./exit.ts";
import { loadExtractors } from "./extractors.ts";
import { memoryText } from "./memory_budget.ts";
import type { TrainPlan } from "./train_plan.ts";

/** `[height, width]` in pixels. */
type Size = readonly [height: number, width: number];

/** What a step of a training takes. */
export interface TrainNeeds {
  /** Of the largest view, with its padding. */
  readonly padded: Size;
  /** Numbers that train. */
  readonly parameters: number;
  /** Arithmetic of a step, a multiply-add counted as two: forth, and twice that back. */
  readonly flopsPerStep: number;
  /** Parameters of the backbone. */
  readonly backboneBytes: number;
  /** Most bytes of GPU memory, those of the backbone among them. */
  readonly bytes: number;
}

/** Pixels between the shorter sides that are tried for advice. */
const STEP = 32;
/** Bytes that maps of views that come again may take, where there is room. */
const MOST_KEPT_BYTES = 2 ** 29;

/** Bytes for the maps of views that come again: half of what a step leaves. */
export const keptBytes = ({ bytes }: TrainNeeds, budgetBytes: number): number =>
  Math.max(1, Math.min(MOST_KEPT_BYTES, (budgetBytes - bytes) / 2));

/**
 * What a step will take, from shapes alone: reads no parameter, allocates nothing.
 *
 * @param gpu the device of the training; null plans for {@linkcode PORTABLE_DEVICE}.
 * @throws {CliError} exit 2 when the network does not fit the backbone; 7 when a step needs more
 * memory than `budgetBytes`, or a larger buffer than the device has.
 */
export async function trainingNeeds(
  gpu: Gpu | null,
  plan: TrainPlan,
  budgetBytes: number,
): Promise<TrainNeeds> {
  const like = gpu ?? PORTABLE_DEVICE;
  const holder = await openPlanner(like);
  try {
    const { backbone: model, segmenter, training, values: { center: centre } } = plan;
    const wanted = { model, saliencyModel: null, centre };
    const extractors = await loadExtractors(holder, wanted, "zeros");
    const { liveBytes: backboneBytes } = holder.memory;
    const { source, network } = shapesOf(holder, plan, extractors.model);
    const { multiple } = network;
    const bytesOf = async (settings: TrainSettings): Promise<number> => {
      const padded = largestView(plan, settings, multiple);
      const objects = mostObjects(plan, settings);
      try {
        const options = { config: segmenter, source, settings, padded, objects };
        return backboneBytes + await trainingBytes(like, options);
      } catch (error) {
        if (error instanceof GpuMemoryError) return Infinity;
        throw error;
      }
    };
    const bytes = await bytesOf(training);
    if (bytes > budgetBytes || bytes === Infinity) {
      throw await tooLarge(plan, bytes, budgetBytes, bytesOf);
    }
    const padded = largestView(plan, training, multiple);
    const parameters = parametersOf(network);
    const views = training.batch * (training.views.strong ? 2 : 1);
    const flopsPerStep = views *
      (source.flops(padded) + 3 * networkFlops(segmenter, source, padded));
    return { padded, parameters, flopsPerStep, backboneBytes, bytes };
  } finally {
    holder.close();
  }
}

/** @throws {CliError} exit 2 when the network does not fit the backbone. */
function shapesOf(
  holder: Gpu,
  { segmenter, backbone }: TrainPlan,
  extractor: Extractor,
): { readonly source: MapSource; readonly network: Network } {
  try {
    const source = mapSource(extractor, segmenter.features);
    const network = makeNetwork(segmenter, source, ({ shape }) => holder.empty(shape));
    return { source, network };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw usage(error.message, `--backbone ${backbone.name}`, "change it, or the network's sizes");
  }
}

const parametersOf = ({ parameters }: Network): number =>
  parameters.reduce((sum, { plan: { used } }) => sum + used.reduce((a, b) => a * b, 1), 0);

/** The largest view there can be of the pictures, with its padding. */
function largestView(
  { data: { pictures } }: TrainPlan,
  { views: { shortSides, longest } }: TrainSettings,
  multiple: number,
): Size {
  const sizes = pictures.map(({ size: [height, width] }): Size => {
    const scale = Math.min(
      Math.max(...shortSides) / Math.min(height, width),
      longest / Math.max(height, width),
    );
    const up = (side: number) => multiple * Math.ceil(Math.round(side * scale) / multiple);
    return [up(height), up(width)];
  });
  return sizes.reduce((a, b) => b[0] * b[1] > a[0] * a[1] ? b : a);
}

/** Most objects of a view: with those of another picture where they are pasted. */
function mostObjects({ data }: TrainPlan, { views: { strong, copyPaste } }: TrainSettings): number {
  const most = data.pictures.reduce((most, { masks }) => Math.max(most, masks.length), 0);
  return strong && copyPaste ? 2 * most : most;
}

/** What is needed, what there is, and the settings that would fit. */
async function tooLarge(
  { training, source }: TrainPlan,
  bytes: number,
  budgetBytes: number,
  bytesOf: (settings: TrainSettings) => Promise<number>,
): Promise<CliError> {
  const one = { ...training, together: 1 };
  const shorter = (side: number): TrainSettings => ({
    ...one,
    views: { ...one.views, shortSides: [side] },
  });
  const fits = async (settings: TrainSettings) => {
    const needed = await bytesOf(settings);
    return needed <= budgetBytes && needed < Infinity;
  };
  const largest = Math.max(...training.views.shortSides);
  let [side, tooLong] = [0, Math.ceil(largest / STEP)];
  while (tooLong - side > 1) {
    const middle = Math.floor((side + tooLong) / 2);
    if (await fits(shorter(STEP * middle))) side = middle;
    else tooLong = middle;
  }
  const smaller = "a smaller network (--grids, --width, --mask-width)";
  const lower = training.together > 1 && await fits(one)
    ? "let fewer views go together (--together 1)"
    : side > 0
    ? `let views be smaller (--together 1 --short-side ${STEP * side})`
    : `choose ${smaller}`;
  const raise = bytes === Infinity
    ? ""
    : `, or give --memory ${Math.ceil(bytes / 2 ** 20)}M if there is that much`;
  const needs = bytes === Infinity
    ? "a step needs a larger buffer than the GPU has"
    : `a step needs ${memoryText(bytes)} of GPU memory, the budget is ${memoryText(budgetBytes)}`;
  return new CliError(
    EXIT.memory,
    needs,
    `--batch ${training.batch} --together ${training.together} --short-side ${largest}, ` +
      source,
    `${lower}${raise}`,
  );
}
