import assert from "node:assert/strict";
import type { Gpu, Tensor } from "@fiedler/gpu";
import { movingAverage } from "@fiedler/kernels/training";
import { dinoLoss, makeDino, PretrainOptimiser } from "@fiedler/pretrain";
import { Tape } from "@fiedler/train";
import { assertClose, conformance } from "../support/conformance.ts";
import {
  bytesOf,
  floatsOf,
  type GoldenVit,
  networkOf,
  type PretrainGolden,
  readGolden,
  type StoredTensors,
  vitConfig,
  withoutKeyBias,
} from "./goldens.ts";

interface GoldenCrops {
  readonly grid: [number, number];
  readonly rgb: string;
}

interface DinoGolden extends PretrainGolden {
  readonly config: {
    readonly vit: GoldenVit;
    readonly head: { readonly hidden: number; readonly bottleneck: number; prototypes: number };
    readonly studentTemperature: number;
  };
  readonly images: number;
  readonly crops: GoldenCrops;
  readonly localCrops: GoldenCrops;
  readonly teacherTemperatures: readonly number[];
  readonly teacherKeeps: readonly number[];
  readonly frozenPrototypes: number;
  readonly teacher: StoredTensors;
  readonly teacherEnd: StoredTensors;
  readonly monitors: readonly (readonly [number, number])[];
}

const golden = await readGolden<DinoGolden>("dino");
const { images, config: { vit, ...rest } } = golden;
const CONFIG = {
  encoder: vitConfig(vit),
  ...rest,
  // Given to each step by hand.
  teacherTemperature: [1, 1],
  teacherKeep: 1,
  frozenPrototypes: golden.frozenPrototypes,
} as const;

function upload(gpu: Gpu, { grid, rgb }: GoldenCrops) {
  const words = new Uint32Array(bytesOf(rgb).buffer);
  const each = grid[0] * grid[1] * vit.patch ** 2 * 3 / 4;
  return { grid, rgb: gpu.upload(words, [words.length / each, each]) as Tensor<"u32"> };
}

conformance("dinoLoss()", (test) => {
  test("and its gradients are PyTorch's, and so are the steps, and the teacher", async (gpu) => {
    const make = (stored: StoredTensors) =>
      networkOf(gpu, stored, (make) => makeDino(make, CONFIG));
    const [student, teacher] = [make(golden.start), make(golden.teacher)];
    const { parameters } = student;
    const names = parameters.map(({ plan }) => plan.name);
    assert.deepEqual(names.toSorted(), Object.keys(golden.start).sort());
    const optimiser = new PretrainOptimiser(gpu, { ...golden.optimiser, warmUp: 1 }, parameters);
    const views = { crops: upload(gpu, golden.crops), localCrops: upload(gpu, golden.localCrops) };
    for (const [index, rate] of golden.rates.entries()) {
      const tape = new Tape(gpu, parameters.map(({ tensor }) => tensor));
      const { loss, roots, monitors } = dinoLoss(tape, student.network, teacher.network, CONFIG, {
        ...{ images, ...views, teacherTemperature: golden.teacherTemperatures[index] },
      });
      const gradients = tape.backward(roots);
      if (index === 0) {
        const found = await gpu.readAll(parameters.map(({ tensor }) => gradients.get(tensor)!));
        names.forEach((name, i) =>
          // The teacher's assignments err by 12 · 50 · 2^-24 (see sinkhorn()), the student's logits by
          // some ten roundings times 1 / 0.1; layers as for maeLoss().
          assertClose(found[i], floatsOf(golden.gradients[name].values), {
            relative: 5e-5,
            absolute: 5e-6,
          })
        );
      }
      if (index < golden.frozenPrototypes) gradients.delete(student.network.prototypes);
      const norm = optimiser.update(
        gradients,
        rate,
        ({ tensor }) =>
          tensor === student.network.prototypes ? index + 1 - golden.frozenPrototypes : index + 1,
      );
      parameters.forEach(({ tensor }, i) =>
        movingAverage(gpu, teacher.parameters[i].tensor, tensor, golden.teacherKeeps[index])
      );
      const { teacherEntropy, meanEntropy } = monitors;
      const numbers = await gpu.readAll([loss, norm, teacherEntropy, meanEntropy]);
      const expected = [golden.losses[index], golden.norms[index], ...golden.monitors[index]];
      assertClose(numbers.map(([value]) => value), expected, { absolute: 1e-4 });
    }
    for (
      const [tensors, stored] of [
        [parameters, golden.end],
        [teacher.parameters, golden.teacherEnd],
      ] as const
    ) {
      const end = await gpu.readAll(tensors.map(({ tensor }) => tensor));
      names.forEach((name, i) =>
        // As for maeLoss(), with gradients that err five times as much.
        assertClose(
          withoutKeyBias(name, end[i]),
          withoutKeyBias(name, floatsOf(stored[name].values)),
          { absolute: 1e-4 },
        )
      );
    }
  });
});
