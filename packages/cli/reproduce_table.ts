import { usage } from "./args.ts";
import { exists } from "./disk.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import type { ReproduceValues } from "./flags.ts";
import { differences, type Identity } from "./identity.ts";
import { lockFile } from "./lock.ts";
import { join } from "./paths.ts";
import { commandLine } from "./plan.ts";
import { type DirectionResult, testDirections } from "./reproduce_directions.ts";
import { forecastTable } from "./reproduce_forecast.ts";
import { planTable, type TablePlan } from "./reproduce_plan.ts";
import { knownRow, type RowResult } from "./reproduce_result.ts";
import { computeRow, makeTableScenes } from "./reproduce_row.ts";
import type { TableName } from "./reproduce_rows.ts";
import { estimateOf, type Score } from "./reproduce_score.ts";
import { tableMarkdown } from "./reproduce_words.ts";
import type { World } from "./run.ts";
import { checkStop } from "./stop.ts";
import { plural } from "./summary.ts";
import { VERSION } from "./version.ts";

/**
 * `reproduce table2` and `table4` to `table7`: proposals, segmenters and what they find, for each
 * row's configuration. A row that the folder holds, of whichever table, is not computed again.
 *
 * @throws {CliError} exit 2 for a wrong command line or a folder of other options; what `propose`,
 * `train` and `predict` throw.
 */
export async function reproduceTable(
  name: TableName,
  values: ReproduceValues,
  args: readonly string[],
  world: World,
): Promise<ExitCode> {
  const { out, disk } = world;
  const plan = await planTable(name, values, args);
  const { folder } = plan;
  await expectSameRecipe(plan);
  if (values["dry-run"]) return await forecastTable(plan, out);
  using _lock = await lockFile(disk, join(folder, "lock"), {
    what: "another process is making tables in this folder",
    where: folder,
    advice: "wait for it to end, or use another folder with --out DIR",
  });
  await disk.sweep(folder);
  await disk.writeWhole(recipeFile(plan), `${JSON.stringify(plan.recipe, null, 2)}\n`);
  out.note(plan.table.title);
  out.note(`into      ${folder}`);
  const results = await computeRows(plan, world);
  const directions = testDirections(plan.table, results);
  const text = tableMarkdown(plan, results, directions);
  await disk.writeWhole(join(folder, `${name}.md`), text);
  await disk.writeWhole(join(folder, `${name}.json`), tableJson(plan, results, directions));
  out.event({ event: "directions", table: name, directions });
  out.event({ event: "end", table: name, folder });
  out.print(text);
  out.note(`files     ${join(folder, name)}.md, .json`);
  return EXIT.ok;
}

/** The rows that are asked for, computed where they are not known; of the others those known. */
async function computeRows(plan: TablePlan, world: World): Promise<Map<string, RowResult>> {
  const { out, stop } = world;
  const { rows, wanted, table, folder } = plan;
  const results = new Map<string, RowResult>();
  let scenes: Promise<void> | null = null;
  for (const row of rows) {
    const { name, title, slug } = row;
    const known = await knownRow(plan, row);
    if (!known && !wanted.has(row)) continue;
    out.note(`row       ${title}: ${known ? "known" : slug}`);
    if (!known) await (scenes ??= makeTableScenes(plan, world));
    const result = known ?? await computeRow(plan, row, world);
    results.set(name, result);
    out.event({ event: "row", table: table.name, row: name, ...numbersOf(plan, result) });
    checkStop(stop, `${folder}, ${plural(results.size, "row")} of ${rows.length} done`);
  }
  return results;
}

const recipeFile = ({ folder }: TablePlan): string => join(folder, "recipe.json");

/**
 * Makes sure that the rows of the folder have scenes and training in common with those to come.
 *
 * @throws {CliError} exit 2 when they have not.
 */
async function expectSameRecipe(plan: TablePlan): Promise<void> {
  const path = recipeFile(plan);
  if (!await exists(path)) return;
  const identity = JSON.parse(await Deno.readTextFile(path)) as Identity;
  const none = (async function* () {})();
  const changes = await differences({ identity }, plan.recipe, none, []);
  if (changes.length === 0) return;
  throw usage(
    `the folder holds rows of other options:\n${changes.map((line) => `  ${line}`).join("\n")}`,
    path,
    "repeat those options, or choose another folder with --out DIR",
  );
}

/** Every number, for programs. */
function tableJson(
  plan: TablePlan,
  results: ReadonlyMap<string, RowResult>,
  directions: readonly DirectionResult[],
): string {
  const { args, recipe, steps, seed, table: { name, title, metrics, rows, doubts } } = plan;
  const content = {
    version: VERSION,
    command: commandLine(args),
    table: name,
    title,
    recipe: { ...recipe, steps, seed },
    metrics,
    rows: rows.map(({ name, title, missing, paper }) => {
      const result = results.get(name);
      return {
        ...{ name, title, paper },
        ...missing === undefined ? {} : { missing },
        ...result ? numbersOf(plan, result) : {},
      };
    }),
    directions,
    doubts,
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

/** A row's numbers with their errors, without the draws. */
function numbersOf({ table: { metrics } }: TablePlan, result: RowResult) {
  const { about, proposals, trained, counts, seconds } = result;
  const of = (score: Score) =>
    Object.fromEntries(metrics.map((metric) => [metric, estimateOf(score, metric)]));
  return { about, proposals: of(proposals), trained: trained && of(trained), counts, seconds };
}
