/** A very small network that pretrains, and what its tests share. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { parseCommandLine } from "../../packages/cli/args.ts";
import { Disk, type DiskStep } from "../../packages/cli/disk.ts";
import { CliError } from "../../packages/cli/exit.ts";
import { PRETRAIN_FLAGS } from "../../packages/cli/pretrain_flags.ts";
import { planPretraining, type PretrainPlan } from "../../packages/cli/pretrain_plan.ts";
import { resolveFlags } from "../../packages/cli/settings.ts";
import { call, type CallOptions } from "./support.ts";

export const STEPS = 6;
const BOTH = "--dim 16 --depth 1 --heads 2 --patch 4 --crop 16 --side 32 --batch 3 --warm-up 2 " +
  `--steps ${STEPS} --checkpoint-every 2 --rate 0.01 --workers 1`;
export const OF_MAE = "--decoder-dim 8 --decoder-depth 1 --decoder-heads 2";
const OF_DINO = "--local-crops 1 --local-crop 8 --prototypes 12 --hidden 16 --bottleneck 8 " +
  "--frozen-prototypes 2";

/** A command line that pretrains the small network on generated scenes. */
export const command = (out: string, objective = "mae", ...more: readonly string[]) => [
  ...["pretrain", objective, "--out", out],
  ...`${BOTH} ${objective === "mae" ? OF_MAE : OF_DINO}`.split(" "),
  ...more,
];

/** The same with another value of a flag. */
export const changed = (args: readonly string[], flag: string, value: string) =>
  args.map((word, i) => args[i - 1] === flag ? value : word);

/** What two pretrainings must agree in. */
export const bytesOf = (folder: string): Promise<string[]> =>
  Promise.all(
    ["encoder.safetensors", "metrics.jsonl"].map(async (name) =>
      (await Deno.readFile(join(folder, name))).toHex()
    ),
  );

/** What a command line of masked autoencoding decides. */
export async function planOf(args: readonly string[]): Promise<PretrainPlan> {
  const invocation = parseCommandLine(args);
  const values = await resolveFlags(PRETRAIN_FLAGS, invocation, () => Promise.resolve("{}"));
  return await planPretraining("mae", values, args);
}

/** Asserts that a command fails with an exit code and words. */
export async function refused(
  args: readonly string[],
  exit: number,
  words: readonly RegExp[],
  options?: CallOptions,
): Promise<void> {
  const error = await call(args, options).then(() => null, (error) => error);
  assert.ok(error instanceof CliError, String(error?.stack ?? "it did not fail"));
  const text = `${error.what}\n${error.where}\n${error.advice}`;
  assert.equal(error.exit, exit, text);
  for (const word of words) assert.match(text, word);
}

/** A disk that does something before a step. */
export const diskThat = (before: (step: DiskStep, path: string) => void) => new Disk(before);

/** A moment of a process that is not there any more. */
export class Died extends Error {}
