import { usage } from "./args.ts";
import type { ExitCode } from "./exit.ts";
import type { ReproduceValues } from "./flags.ts";
import { expectFlagsOf } from "./reproduce_plan.ts";
import { TABLE_NAMES } from "./reproduce_rows.ts";
import { reproduceStudy } from "./reproduce_study.ts";
import { reproduceTable } from "./reproduce_table.ts";
import type { World } from "./run.ts";

/** `reproduce`: makes a table of the paper, as far as it can be made here. */
export async function reproduce(
  [what]: readonly string[],
  values: ReproduceValues,
  args: readonly string[],
  world: World,
): Promise<ExitCode> {
  if (what === "table1") {
    expectFlagsOf(what, values);
    return await reproduceStudy(values, args, world);
  }
  const name = TABLE_NAMES.find((table) => table === what);
  if (name === undefined) {
    const advice = `write table1, ${TABLE_NAMES.join(", ")}`;
    throw usage(`there is no table "${what}" to reproduce`, `reproduce ${what}`, advice);
  }
  expectFlagsOf(name, values);
  return await reproduceTable(name, values, args, world);
}
