import { cocoResults } from "@fiedler/coco";
import { sha256Hex } from "@fiedler/io";
import type { PictureRecord } from "./engine.ts";
import { runCourse } from "./course.ts";
import type { Finish } from "./picture_run.ts";
import type { Plan } from "./plan.ts";
import type { World } from "./run.ts";
import { basename, join, relative, SEPARATOR } from "./paths.ts";
import { writeReport } from "./report_file.ts";
import { type Done, readRunFile, type RunFolder } from "./run_folder.ts";
import { checkStop } from "./stop.ts";

/** Files that hold times, or serve the run itself: not compared from run to run. */
const NOT_SUMMED = new Set([
  "run.json",
  "train.json",
  "log.jsonl",
  "lock",
  "report.html",
  "SHA256SUMS",
]);

/** Writes what is made of all records: the COCO file, all that is learnt, the report, the hashes. */
export async function finishRun(
  plan: Plan,
  folder: RunFolder<PictureRecord>,
  done: Done,
  world: World,
  { time, save }: Finish,
): Promise<void> {
  const { disk } = folder;
  const { stop } = world;
  await disk.writeWhole(folder.file("proposals.coco.json"), cocoResults(folder.records()));
  checkStop(stop, plan.folder);
  if (plan.course) {
    await save("proposed");
    await runCourse(plan, plan.course, done, world, time);
    await save("proposed");
  }
  if (plan.command === "pipeline") {
    const run = (await readRunFile(folder.path))!;
    await writeReport(disk, folder.path, run, plan.values.gallery);
  }
  checkStop(stop, `${plan.folder}, ${done.pictures} pictures done`);
  await disk.writeWhole(folder.file("SHA256SUMS"), await sums(folder.path));
}

/** Hashes of all result files, in the form that `sha256sum -c` reads. */
export async function sums(folder: string): Promise<string> {
  const files = (await Array.fromAsync(filesIn(folder)))
    .map((path) => relative(folder, path).replaceAll(SEPARATOR, "/"))
    .filter((name) => !NOT_SUMMED.has(basename(name))).sort();
  const lines: string[] = [];
  for (const name of files) {
    lines.push(`${await sha256Hex(await Deno.readFile(join(folder, name)))}  ${name}\n`);
  }
  return lines.join("");
}

async function* filesIn(folder: string): AsyncIterable<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* filesIn(join(folder, name));
    else yield join(folder, name);
  }
}
