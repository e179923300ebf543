import { type Gpu, ShapeError, type Tensor } from "@fiedler/gpu";
import { movingAverage } from "@fiedler/kernels/training";
import type { Tape } from "@fiedler/train";
import type { PretrainBatch } from "./batch.ts";
import { dinoLoss, makeDino } from "./dino.ts";
import { maeLoss, makeMae, type RecordedLoss } from "./mae.ts";
import { patchMasks } from "./masks.ts";
import { type NamedTensor, startNetwork } from "./parameters.ts";
import { teacherKeep, teacherTemperature } from "./schedule.ts";
import type { DinoSettings, MaeSettings, PretrainSettings } from "./settings.ts";

/** A way of pretraining: its networks and its loss. */
export interface Objective {
  /** What the optimiser changes. */
  readonly parameters: readonly NamedTensor[];
  /** What else changes: a teacher. */
  readonly followers: readonly NamedTensor[];
  /** The part that is kept after training, by timm's names. */
  readonly encoder: readonly NamedTensor[];
  /** How many steps a parameter has had with this one; 0 while it stays as it is. */
  stepOf(parameter: NamedTensor, step: number): number;
  /** The loss of a step, recorded. */
  loss(tape: Tape, batch: PretrainBatch, step: number): RecordedLoss & {
    readonly monitors: Readonly<Record<string, Tensor>>;
  };
  /** What happens behind the update. */
  follow(step: number): void;
}

/** The objective of the settings, with new networks. */
export function makeObjective(gpu: Gpu, settings: PretrainSettings): Objective {
  return settings.kind === "mae" ? maeObjective(gpu, settings) : dinoObjective(gpu, settings);
}

/** The parameters behind a prefix, without it. */
export const behind = (prefix: string, parameters: readonly NamedTensor[]): NamedTensor[] =>
  parameters
    .filter(({ plan }) => plan.name.startsWith(prefix))
    .map(({ plan, tensor }) => ({
      plan: { ...plan, name: plan.name.slice(prefix.length) },
      tensor,
    }));

function maeObjective(gpu: Gpu, settings: MaeSettings): Objective {
  const { model, crops, batch, maskRatio: ratio, seed } = settings;
  if (crops.length !== 1) {
    throw new RangeError(`pretraining: a masked autoencoder has one crop, got ${crops.length}`);
  }
  const grid = gridOf(crops[0].size, model.encoder.patch);
  const { network, parameters } = startNetwork(gpu, seed, (make) => makeMae(make, model));
  return {
    parameters,
    followers: [],
    encoder: behind("encoder.", parameters),
    stepOf: (_, step) => step,
    loss(tape, { crops: pictures }, step) {
      const rgb = upload(gpu, pictures, batch, crops[0].size);
      const masks = patchMasks({ images: batch, patches: grid[0] ** 2, ratio, seed, step });
      return { ...maeLoss(tape, network, model, { rgb, grid, masks }), monitors: {} };
    },
    follow: () => {},
  };
}

function dinoObjective(gpu: Gpu, settings: DinoSettings): Objective {
  const { model, crops, localCrops, batch, seed } = settings;
  const [size, ...others] = crops.map(({ size }) => size);
  if (crops.length !== 2 || others[0] !== size) {
    throw new RangeError(
      "pretraining: self-distillation has two large crops of one size, got " +
        `${crops.map(({ size }) => size).join(", ") || "none"}`,
    );
  }
  const localSize = localCrops[0]?.size ?? 0;
  if (localCrops.some(({ size }) => size !== localSize)) {
    throw new RangeError("pretraining: all small crops must be of one size");
  }
  const { patch } = model.encoder;
  const [grid, localGrid] = [gridOf(size, patch), gridOf(localSize, patch)];
  const build = () => startNetwork(gpu, seed, (make) => makeDino(make, model));
  const [student, teacher] = [build(), build()]; // of one seed: alike
  const followers = teacher.parameters.map(({ plan, tensor }) => ({
    plan: { ...plan, name: `teacher.${plan.name}` },
    tensor,
  }));
  return {
    parameters: student.parameters,
    followers,
    encoder: behind("teacher.encoder.", followers),
    stepOf: ({ plan }, step) =>
      plan.name === "head.prototypes" ? Math.max(0, step - model.frozenPrototypes) : step,
    loss(tape, pictures, step) {
      const rgb = upload(gpu, pictures.crops, 2 * batch, size);
      const count = localCrops.length * batch;
      const locals = upload(gpu, pictures.localCrops, count, localSize);
      return dinoLoss(tape, student.network, teacher.network, model, {
        images: batch,
        crops: { rgb, grid },
        localCrops: count > 0 ? { rgb: locals, grid: localGrid } : null,
        teacherTemperature: teacherTemperature(model, settings, step),
      });
    },
    follow(step) {
      const keep = teacherKeep(model, settings, step);
      teacher.parameters.forEach(({ tensor }, i) =>
        movingAverage(gpu, tensor, student.parameters[i].tensor, keep)
      );
    },
  };
}

/** The grid of patches of square pictures. */
function gridOf(size: number, patch: number): readonly [number, number] {
  if (Number.isInteger(size / patch)) return [size / patch, size / patch];
  throw new RangeError(`pretraining: crops of ${size} pixels are no whole patches of ${patch}`);
}

/** Pictures of one size as words, each padded to whole ones. */
function upload(
  gpu: Gpu,
  pictures: readonly Uint8Array[],
  count: number,
  size: number,
): Tensor<"u32"> {
  const bytes = 3 * size * size;
  const wrong = pictures.find(({ length }) => length !== bytes);
  if (pictures.length !== count || wrong) {
    throw new ShapeError(
      `pretraining: a step needs ${count} crops of [${size}, ${size}, 3] bytes, got ` +
        (wrong ? `one of ${wrong.length} bytes` : pictures.length),
    );
  }
  const words = Math.ceil(bytes / 4);
  const all = new Uint8Array(4 * words * count);
  pictures.forEach((picture, i) => all.set(picture, 4 * words * i));
  return gpu.upload(new Uint32Array(all.buffer), [count, words]);
}
