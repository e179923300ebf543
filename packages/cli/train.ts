import { EXIT, type ExitCode } from "./exit.ts";
import { trainDryRun } from "./train_dry_run.ts";
import { trainingDone } from "./train_end.ts";
import type { TrainValues } from "./train_flags.ts";
import { planTraining } from "./train_plan.ts";
import { runTraining, type TrainWorld } from "./train_run.ts";

/** `train`: pictures with masks in, a segmenter out. */
export async function train(
  [source]: readonly string[],
  values: TrainValues,
  args: readonly string[],
  world: TrainWorld,
): Promise<ExitCode> {
  const plan = await planTraining(source, { values, args });
  if (values["dry-run"]) return await trainDryRun(plan, world.out);
  await trainingDone(world.out, plan, await runTraining(plan, world));
  return EXIT.ok;
}
