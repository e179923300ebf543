/** What other commands read of a data set: its ground truth as COCO JSON, the list of its pictures. */
import {
  type DataSetInfo,
  type DataTruth,
  eachOf,
  listPictures,
  openDataSet,
  renumberPictures,
  type TruthAnnotation,
  truthJson,
} from "@fiedler/data";
import { usage } from "./args.ts";
import type { DataValues } from "./data_command.ts";
import { exists } from "./disk.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import type { FetchWorld } from "./fetch_file.ts";
import { localFiles } from "./local_files.ts";
import { resolve } from "./paths.ts";
import { expectRun, listedPictures } from "./run_folder.ts";

/**
 * A place to write that was given, and is free or may be written over.
 *
 * @throws {CliError} exit 2.
 */
export async function expectOut(
  out: string | undefined,
  force: boolean,
  command: string,
): Promise<string> {
  if (out === undefined) throw usage("--out is needed", command, "write --out FILE");
  if (force || !await exists(out)) return out;
  throw usage("it exists already", out, "choose another --out, or add --force");
}

/** Writes the ground truth of a data set as COCO instances JSON, for `evaluate`. */
export async function convertDataSet(
  info: DataSetInfo,
  folder: string,
  { out: to, force, run, "without-difficult": withoutDifficult }: DataValues,
  { out, disk }: FetchWorld,
): Promise<ExitCode> {
  const path = await expectOut(to, force, `fiedler data convert ${info.name}`);
  const own = await openDataSet(info, localFiles(folder)).truth();
  if (own === null) {
    throw usage(`${info.name} has no ground truth here`, folder, "there is nothing to convert");
  }
  const truth = run === undefined ? own : await asInRun(own, run, out.note);
  const counts = { annotations: 0, difficult: 0 };
  const written = eachOf(() => counted(truth.annotations, withoutDifficult, counts));
  await disk.writeWhole(path, truthJson({ ...truth, annotations: written }, info.title));
  const { length: pictures } = truth.images;
  out.event({ event: "converted", name: info.name, path, pictures, ...counts });
  const left = withoutDifficult ? `, ${counts.difficult} difficult ones left out` : "";
  out.print(`${path}\n  ${pictures} pictures, ${counts.annotations} annotations${left}`);
  if (info.note !== "") out.note(info.note);
  return EXIT.ok;
}

async function* counted(
  annotations: AsyncIterable<TruthAnnotation>,
  withoutDifficult: boolean,
  counts: { annotations: number; difficult: number },
): AsyncGenerator<TruthAnnotation, void> {
  for await (const annotation of annotations) {
    if (annotation.difficult) counts.difficult++;
    if (annotation.difficult && withoutDifficult) continue;
    counts.annotations++;
    yield annotation;
  }
}

/** Ground truth with the image ids of a run. */
async function asInRun(
  truth: DataTruth,
  run: string,
  note: (line: string) => void,
): Promise<DataTruth> {
  await expectRun(run);
  const pictures = await Array.fromAsync(listedPictures(run));
  const { truth: renumbered, without } = renumberPictures(truth, pictures);
  if (renumbered.images.length === 0) {
    throw usage("no picture of the data set is in this run", run, "give a run over its pictures");
  }
  if (without.length > 0) {
    const some = without.slice(0, 3).join(", ");
    note(`${without.length} pictures are not in the run and left out: ${some}`);
  }
  return renumbered;
}

/** Writes the paths of a data set's pictures, for commands that take a list of pictures. */
export async function writePictureList(
  info: DataSetInfo,
  folder: string,
  { out: to, force }: DataValues,
  { out, disk }: FetchWorld,
): Promise<ExitCode> {
  const path = await expectOut(to, force, `fiedler data pictures ${info.name}`);
  if (!path.endsWith(".txt")) {
    throw usage("a list of pictures must be a .txt file", path, "write --out LIST.txt");
  }
  const entries = await listPictures(openDataSet(info, localFiles(folder)));
  const lines = entries.map((entry) => `${resolve(folder, entry.path)}\n`);
  await disk.writeWhole(path, lines.join(""));
  out.event({ event: "pictures", name: info.name, path, pictures: entries.length });
  out.print(`${path}\n  ${entries.length} pictures; use it as \`fiedler propose ${path}\``);
  return EXIT.ok;
}
