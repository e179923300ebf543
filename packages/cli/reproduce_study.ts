import { renderStudy } from "@fiedler/report";
import { differencesOf, type StudySetResult, summarise, testClaims } from "@fiedler/study";
import { usage } from "./args.ts";
import { type Disk, exists } from "./disk.ts";
import { CliError, EXIT, type ExitCode } from "./exit.ts";
import type { ReproduceValues } from "./flags.ts";
import { takeLock } from "./lock.ts";
import { join } from "./paths.ts";
import { commandLine } from "./plan.ts";
import { HELD_OUT_SEED, openStudySet, type StudySet } from "./reproduce_data.ts";
import { StudyLines } from "./reproduce_lines.ts";
import { findStudyModel, type StudyModel } from "./reproduce_models.ts";
import { measureAll, STUDY_OPTIONS, type StudyPlan } from "./reproduce_run.ts";
import { studyMarkdown } from "./reproduce_tables.ts";
import type { World } from "./run.ts";
import { plural } from "./summary.ts";
import { VERSION } from "./version.ts";

/** What is measured where nobody says. */
const DEFAULTS = {
  data: "scenes,nuclei",
  models: "mae-tiny,mae-tiny:none,dino-tiny,random,colour",
  out: "runs/table1",
} as const;

/**
 * `reproduce table1`: recall by number of instances, merge rates, key gaps and saliency of
 * extractors on labelled pictures, and how far each is from the first. Pictures that are measured
 * already are not measured again.
 *
 * @throws {CliError} exit 2 for a wrong command line or a folder of other options, 3 when no
 * picture of a data set can be used.
 */
export async function reproduceStudy(
  values: ReproduceValues,
  args: readonly string[],
  world: World,
): Promise<ExitCode> {
  const { out, disk } = world;
  const plan = await planStudy(values);
  const { folder } = plan;
  using _lock = await takeLock(disk, folder);
  await disk.sweep(folder);
  await claimFolder(disk, plan);
  const lines = await StudyLines.open(disk, folder);
  for (const { name, entries } of plan.sets) {
    out.note(`data      ${name}, ${plural(entries.length, "picture")}`);
  }
  for (const { name, title } of plan.models) out.note(`model     ${name}: ${title}`);
  out.note(`into      ${folder}`);
  await measureAll(plan, lines, world);
  const sets = plan.sets.map((set) => resultOf(set, plan.models, lines));
  const tables = studyMarkdown(sets);
  await writeResults(disk, plan, sets, tables, commandLine(args));
  for (const { data, results, claims, differences } of sets) {
    for (const result of results) out.event({ event: "result", data, ...result });
    out.event({ event: "claims", data, claims });
    for (const one of differences) out.event({ event: "differences", data, ...one });
  }
  out.event({ event: "end", folder });
  out.print(tables);
  out.note(`files   ${folder}`);
  return EXIT.ok;
}

/** Finds data sets and models; measures nothing. */
async function planStudy(values: ReproduceValues): Promise<StudyPlan> {
  const { resize, memory, tune, pictures, "max-pixels": maxPixels } = values;
  const { data, models: items, out: folder } = {
    data: values.data ?? DEFAULTS.data,
    models: values.models ?? DEFAULTS.models,
    out: values.out ?? DEFAULTS.out,
  };
  const models = await each(items, "--models", findStudyModel);
  const open = (item: string) => openStudySet(item, { pictures, maxPixels });
  return { sets: await each(data, "--data", open), models, resize, memory, tune, folder };
}

async function writeResults(
  disk: Disk,
  { folder, resize }: StudyPlan,
  sets: readonly StudySetResult[],
  tables: string,
  command: string,
): Promise<void> {
  const about = { version: VERSION, command, options: STUDY_OPTIONS, resize };
  const json = JSON.stringify({ ...about, sets }, null, 2);
  await disk.writeWhole(join(folder, "results.md"), tables);
  await disk.writeWhole(join(folder, "results.json"), `${json}\n`);
  const page = renderStudy({ sets, tables, command, version: VERSION });
  await disk.writeWhole(join(folder, "results.html"), page);
}

/** What each item of a list with commas means; none may come twice. */
async function each<T extends { readonly name: string }>(
  list: string,
  flag: string,
  open: (item: string) => Promise<T>,
): Promise<T[]> {
  const found: T[] = [];
  for (const item of list.split(",").map((word) => word.trim()).filter((word) => word !== "")) {
    const one = await open(item);
    if (found.some(({ name }) => name === one.name)) {
      throw usage(`${one.name} is there twice`, `${flag} ${list}`, "name each once");
    }
    found.push(one);
  }
  if (found.length === 0) throw usage("the list is empty", `${flag} ${list}`, "name one or more");
  return found;
}

/**
 * Marks a folder as holding numbers that were made in one way; data sets and models may be added.
 *
 * @throws {CliError} exit 2 when they were made in another way.
 */
async function claimFolder(disk: Disk, { resize, folder }: StudyPlan): Promise<void> {
  const { split: _always, ...options } = STUDY_OPTIONS; // folders from before --split go on
  const recipe = { version: VERSION, options, resize, sceneSeed: HELD_OUT_SEED };
  const text = `${JSON.stringify(recipe, null, 2)}\n`;
  const path = join(folder, "recipe.json");
  if (!await exists(path)) return await disk.writeWhole(path, text);
  if (await Deno.readTextFile(path) === text) return;
  throw usage(
    "the folder holds numbers of another version or other options",
    path,
    "compare the file with your command, and choose another folder with --out DIR",
  );
}

/** The tables of one data set, on the pictures that every model could use. */
function resultOf(set: StudySet, models: readonly StudyModel[], lines: StudyLines): StudySetResult {
  const skipped = new Map<string, string>();
  const tables = models.map((model) => lines.of(set, model));
  for (const { name } of set.entries) {
    for (const table of tables) {
      const outcome = table.get(name)!;
      if ("skipped" in outcome) skipped.set(name, outcome.skipped);
    }
  }
  const names = set.entries.map(({ name }) => name).filter((name) => !skipped.has(name));
  if (names.length === 0) {
    const [[picture, reason]] = skipped;
    throw new CliError(EXIT.input, reason, `${picture} of ${set.name}`, "see --resize");
  }
  const contenders = models.map(({ name, method }, i) => ({
    name,
    method,
    pictures: names.map((picture) => {
      const outcome = tables[i].get(picture)!;
      if ("skipped" in outcome) throw new TypeError(`${picture} was skipped`); // not in names
      return outcome.study;
    }),
  }));
  return {
    data: set.name,
    title: set.title,
    pictures: names.length,
    skipped: [...skipped].map(([picture, reason]) => ({ picture, reason })),
    results: models.map(({ name, title, method, centred }, i) => ({
      model: name,
      title,
      method,
      centred,
      summary: summarise(contenders[i].pictures),
    })),
    claims: testClaims(contenders.filter((_, i) => !models[i].variant)),
    differences: contenders.slice(1).map(({ name, pictures }) => ({
      model: name,
      numbers: differencesOf(pictures, contenders[0].pictures),
    })),
  };
}
