/** The pretrainers beside PyTorch, in turn: `deno task bench pretraining --torch`. */
import { Gpu } from "@fiedler/gpu";
import {
  type PretrainBatch,
  Pretrainer,
  type PretrainReport,
  type PretrainSettings,
} from "@fiedler/pretrain";
import { type Duel, duel, type Trainee } from "./duel.ts";
import { CLOCK, type Machine, machineOf } from "./machine.ts";
import { pretrainFlops } from "./pretrain_flops.ts";
import { batchesOf, MOST_UNREAD, PRETRAININGS, pretrainWords } from "./pretraining.ts";
import { startTwin } from "./torch_twin.ts";

/** A pretraining, and what its steps took, ours first. */
export interface TorchMatch extends Duel {
  readonly name: string;
  readonly shape: string;
  readonly flops: number;
  readonly pictures: number;
}

/** How {@linkcode torchContest} is run. */
export interface TorchOptions {
  /** A Python that has PyTorch. */
  readonly python: string;
  /** One sample each. */
  readonly quick: boolean;
  log(line: string): void;
}

/**
 * Steps of the pretrainings whose names contain one of `names`, or all, by us and by PyTorch from the
 * same weights on the same crops: on the CPU beside a software adapter, else by CUDA.
 *
 * @throws {RangeError} when there is none of the names, no PyTorch, or its numbers are others.
 */
export async function torchContest(
  names: readonly string[],
  options: TorchOptions,
): Promise<{ readonly machine: Machine; readonly matches: readonly TorchMatch[] }> {
  const chosen = PRETRAININGS.filter((settings) => {
    const { name, shape } = pretrainWords(settings);
    return names.length === 0 ||
      names.some((wanted) => wanted === "pretraining" || `${name}, ${shape}`.includes(wanted));
  });
  if (chosen.length === 0) {
    throw new RangeError(`bench --torch: no pretraining is called ${names.join(" or ")}`);
  }
  const matches: TorchMatch[] = [];
  let machine: Machine | null = null;
  for (const settings of chosen) {
    const gpu = await Gpu.open();
    try {
      machine ??= machineOf(gpu.adapter);
      matches.push(await torchMatch(gpu, settings, options));
    } finally {
      gpu.close();
    }
  }
  return { machine: machine!, matches };
}

/** Steps of one pretraining, by us and by PyTorch. */
export async function torchMatch(
  gpu: Gpu,
  settings: PretrainSettings,
  { python, quick, log }: TorchOptions,
): Promise<TorchMatch> {
  const { software } = gpu.adapter;
  const batches = batchesOf(settings);
  const trainer = new Pretrainer(gpu, settings);
  const state = await trainer.state();
  const device = software ? "cpu" : "cuda";
  const twin = await startTwin({ python, device, settings, state, batches });
  try {
    const rules = { rounds: quick ? 1 : 3, leastMs: software ? 40 : 250 };
    const found = await duel(ours(trainer, batches), twin, rules);
    const { name, shape } = pretrainWords(settings);
    log(
      `${name}, ${shape}: ${twin.name} has our losses and norms within ` +
        `${found.difference.toExponential(1)}`,
    );
    return {
      ...{ name, shape, flops: pretrainFlops(settings), pictures: settings.batch },
      ...found,
    };
  } finally {
    await twin.stop();
  }
}

function ours(trainer: Pretrainer, batches: readonly PretrainBatch[]): Trainee {
  return {
    name: "fiedler",
    clock: CLOCK,
    async steps(first, count) {
      const reports: PretrainReport[] = [];
      for (let step = first; step < first + count; step++) {
        trainer.step(batches[(step - 1) % batches.length], step);
        if ((step - first + 1) % MOST_UNREAD === 0) reports.push(...await trainer.report());
      }
      return [...reports, ...await trainer.report()];
    },
  };
}
