import type { Gpu } from "@fiedler/gpu";
import {
  DINO_TINY,
  MAE_TINY,
  type PretrainBatch,
  pretrainBatch,
  Pretrainer,
  type PretrainSettings,
  scenePicture,
} from "@fiedler/pretrain";
import type { BenchCase, Prepared } from "./case.ts";
import { pretrainFlops } from "./pretrain_flops.ts";

/** Of a course that no bench comes to the end of. */
const STEPS = 1_000_000;
/** Milliseconds between readbacks, as `./fiedler pretrain` has them. */
const REPORT_MS = 250;
/** Most steps between them. */
export const MOST_UNREAD = 64;
/** Steps whose crops are made beforehand, as workers do it; later ones take them again. */
const STEPS_AHEAD = 2;
/** Different scenes; what they show changes no time. */
const SCENES = 16;

/** The courses of the embedded pair; prototypes move at once, as in all but the first 60 steps. */
export const PRETRAININGS: readonly PretrainSettings[] = [
  { ...MAE_TINY, steps: STEPS },
  { ...DINO_TINY, steps: STEPS, model: { ...DINO_TINY.model, frozenPrototypes: 0 } },
];

/** Steps of pretraining, optimiser and teacher included, on crops that are made beforehand. */
export const PRETRAINING: readonly BenchCase[] = PRETRAININGS.map((settings) => ({
  ...{ group: "pretraining", ...pretrainWords(settings), quick: true },
  prepare: (gpu) => pretraining(gpu, settings),
}));

/** What a step is called, and what it sees. */
export function pretrainWords(
  settings: PretrainSettings,
): { readonly name: string; readonly shape: string } {
  const { kind, batch, crops } = settings;
  const small = kind === "dino" ? settings.localCrops : [];
  const views = [crops, small].filter(({ length }) => length > 0)
    .map((of) => `${of.length > 1 ? `${of.length} × ` : ""}${of[0].size}²`);
  return { name: `step, ${kind}`, shape: `${batch} of ${views.join(" + ")}` };
}

function pretraining(gpu: Gpu, settings: PretrainSettings): Prepared {
  const trainer = new Pretrainer(gpu, settings);
  const batches = batchesOf(settings);
  let [step, unread, window, reportedAt] = [0, 0, 1, performance.now()];
  return {
    finish: async () => {
      trainer.step(batches[step % batches.length], ++step);
      if (++unread < window) return;
      await trainer.report();
      const now = performance.now();
      const steps = Math.floor(REPORT_MS * unread / (now - reportedAt));
      [unread, window, reportedAt] = [0, Math.max(1, Math.min(MOST_UNREAD, steps)), now];
    },
    flops: pretrainFlops(settings),
    pictures: settings.batch,
  };
}

/** Crops of the first steps. */
export function batchesOf(settings: PretrainSettings): PretrainBatch[] {
  const { kind, batch } = settings;
  const scenes = Array.from(
    { length: Math.min(SCENES, batch) },
    (_, index) => scenePicture(kind, { seed: 0, index }),
  );
  const pictures = Array.from({ length: batch }, (_, i) => scenes[i % scenes.length]);
  return Array.from(
    { length: STEPS_AHEAD },
    (_, i) => pretrainBatch(settings, pictures, i + 1),
  );
}
