import { EXIT, type ExitCode } from "./exit.ts";
import { pretrainDryRun } from "./pretrain_dry_run.ts";
import { pretrainingDone } from "./pretrain_end.ts";
import type { PretrainValues } from "./pretrain_flags.ts";
import { planPretraining } from "./pretrain_plan.ts";
import { runPretraining } from "./pretrain_run.ts";
import type { World } from "./run.ts";

/** `pretrain`: pictures without labels in, an encoder out. */
export async function pretrain(
  [objective]: readonly string[],
  values: PretrainValues,
  args: readonly string[],
  world: World,
): Promise<ExitCode> {
  const plan = await planPretraining(objective, values, args);
  if (values["dry-run"]) return await pretrainDryRun(plan, world.out);
  await pretrainingDone(world.out, plan, await runPretraining(plan, world));
  return EXIT.ok;
}
