import { elements, openPlanner, type PlannedFor } from "@fiedler/gpu";
import { makeNetwork, type MapSource, type SegmenterConfig } from "@fiedler/segmenter";
import { LOGITS_BYTES } from "./losses.ts";
import type { TrainSettings } from "./settings.ts";
import { stepPlan } from "./step_plan.ts";
import type { StepView } from "./step_view.ts";
import { MASK_STRIDE } from "./targets_mask.ts";
import { FrozenMaps } from "./trainer_maps.ts";
import { Optimiser } from "./trainer_optimiser.ts";
import { freeGradients, recordStep } from "./trainer_step.ts";

/** What {@linkcode trainingBytes} plans. */
export interface TrainingBytesOptions {
  /** Of the segmenter. */
  readonly config: SegmenterConfig;
  /** Its maps; its parameters may lie on any device, a planner too, and are not counted. */
  readonly source: MapSource;
  /** Of the course. */
  readonly settings: TrainSettings;
  /** `[height, width]` in pixels of the largest views with their padding. */
  readonly padded: readonly [number, number];
  /** Objects of a view that train a whole neighbourhood of cells, at most; each on one level. */
  readonly objects: number;
  /** Bytes of maps that are kept besides. Default 0. */
  readonly keepMapsBytes?: number;
  /** As of {@linkcode TrainerOptions}. Default 64 MiB. */
  readonly logitsBytes?: number;
}

/** Cells of an object on a level, at most: 3 × 3. */
const CELLS = 9;

/**
 * Most bytes of GPU memory that training takes, besides the parameters of the backbone: those of the
 * heads, their gradients, what the optimiser remembers, and the largest step.
 *
 * Found by recording a step on a device that allocates nothing: {@linkcode openPlanner}.
 *
 * @param like The device it would run on.
 * @throws {GpuMemoryError} when a tensor is larger than the device allows.
 * @throws {RangeError} when the settings or the size cannot be.
 */
export async function trainingBytes(
  like: PlannedFor,
  options: TrainingBytesOptions,
): Promise<number> {
  const { config, source, settings, padded, objects } = options;
  const { keepMapsBytes = 0, logitsBytes = LOGITS_BYTES } = options;
  const gpu = await openPlanner(like);
  try {
    const network = makeNetwork(config, source, ({ shape }) => gpu.zeros(shape));
    const optimiser = new Optimiser(gpu, settings.optimiser, network.parameters);
    const { batch, views: { strong, zoom }, together } = settings;
    const views = new Array<StepView>(batch * (strong ? 2 : 1))
      .fill({ ...fullView(config, padded, objects), window: zoom && [0, 0, 1, 1] });
    const plan = stepPlan(views, { heads: config.heads, together });
    const context = { gpu, network, settings, logitsBytes, maps: new FrozenMaps(gpu, source, 0) };
    const step = await recordStep(context, views, plan, 1);
    await gpu.readAll([step.notFinite, ...step.values]);
    optimiser.update(step.gradients, 1, 0);
    freeGradients(gpu, step);
    return gpu.memory.peakBytes + keepMapsBytes;
  } finally {
    gpu.close();
  }
}

/** A view whose every object trains as many cells as it can. */
function fullView(
  { heads }: SegmenterConfig,
  padded: readonly [number, number],
  objects: number,
): StepView {
  const [height, width] = padded;
  const entries = objects * CELLS;
  const levels = heads.grids.map((grid, level) => ({
    categories: new Uint32Array(grid ** 2),
    cells: new Uint32Array(level === 0 ? entries : 0),
    maskOf: Uint32Array.from(
      { length: level === 0 ? entries : 0 },
      (_, n) => Math.floor(n / CELLS),
    ),
  }));
  const words = Math.ceil(height * width / MASK_STRIDE ** 2 / 32);
  const instances = Array.from({ length: objects }, (_, i) => i);
  const masks = new Uint32Array(objects * words);
  const rgb = new Uint8Array(elements([...padded, 3]));
  const targets = { levels, masks, instances, skipped: [] };
  const view = { picture: 0, size: padded, padded, rgb, valid: padded, targets };
  return { ...view, window: null, repeats: null };
}
