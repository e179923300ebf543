import {
  adviceFor,
  type DataEntry,
  type DataSet,
  type DataSetInfo,
  type DataTruth,
  findDamage,
  missingText,
  openDataSet,
} from "@fiedler/data";
import { decodeImage, ImageError } from "@fiedler/io";
import { CliError, EXIT, type ExitCode } from "./exit.ts";
import { localFiles } from "./local_files.ts";
import type { World } from "./run.ts";

/**
 * Holds a folder against what its data set has: the names of its pictures, their number, the number
 * of annotations; with `deep` every picture's pixels too.
 *
 * @throws {CliError} exit 3 when something is missing or broken.
 */
export async function verifyDataSet(
  info: DataSetInfo,
  folder: string,
  deep: boolean,
  { out }: Pick<World, "out">,
): Promise<ExitCode> {
  const dataSet = openDataSet(info, localFiles(folder));
  const entries = await dataSet.entries();
  const truth = await dataSet.truth();
  const { missing, empty } = await findDamage(dataSet, entries);
  const gone = new Set([...missing, ...empty]);
  const there = entries.filter(({ path }) => !gone.has(path));
  const annotations = truth && await countOf(truth);
  const problems = [
    missingText(missing, "missing"),
    missingText(empty, "of 0 bytes"),
    differs(info.pictures, entries.length, "pictures", "its files name"),
    differs(info.annotations, annotations, "annotations", "here are"),
    deep ? missingText(await brokenPictures(dataSet, there, truth), "broken") : "",
  ].filter((line) => line !== "");
  const pictures = `${there.length} of ${entries.length}`;
  out.event({ event: "verified", name: info.name, folder, pictures, annotations, problems });
  if (problems.length > 0) {
    const what = `${info.name} is not whole: ${pictures} pictures are there`;
    throw new CliError(EXIT.input, what, `${folder}: ${problems.join("; ")}`, adviceFor(info));
  }
  const truthWords = annotations === null ? "no ground truth" : `${annotations} annotations`;
  out.print(`${info.name} is whole: ${entries.length} pictures, ${truthWords}, in ${folder}`);
  if (info.pictures === null) out.note("how many there should be is not known: all that it names");
  if (!deep) out.note("every picture is there; --deep also decodes them all");
  return EXIT.ok;
}

async function countOf({ annotations }: DataTruth): Promise<number> {
  let count = 0;
  for await (const _ of annotations) count++;
  return count;
}

/** What is not as published; empty where nothing was, or nothing is there to count. */
const differs = (needed: number | null, came: number | null, what: string, words: string) =>
  needed === null || came === null || needed === came
    ? ""
    : `${needed} ${what} belong to it, ${words} ${came}`;

/** Pictures that cannot be decoded, or are of another size than the ground truth says. */
async function brokenPictures(
  { files }: DataSet,
  entries: readonly DataEntry[],
  truth: DataTruth | null,
): Promise<string[]> {
  const sizes = new Map(truth?.images.map((image) => [image.id, image]));
  const broken: string[] = [];
  for (const { id, path } of entries) {
    const size = sizes.get(id);
    try {
      const { width, height } = await decodeImage(await files.read(path));
      if (size === undefined || (size.width === width && size.height === height)) continue;
      const words = `${width} × ${height}, the ground truth says ${size.width} × ${size.height}`;
      broken.push(`${path} (${words})`);
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      broken.push(`${path} (${error.message})`);
    }
  }
  return broken;
}
