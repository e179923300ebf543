/** Ground truth and results from where people keep them: files, and run folders. */
import {
  CocoFormatError,
  type CocoImage,
  type CocoInstances,
  type CocoResult,
  loadCocoInstances,
  readCocoResults,
} from "@fiedler/coco";
import { usage } from "./args.ts";
import { exists } from "./disk.ts";
import { CliError, EXIT } from "./exit.ts";
import { basename, join } from "./paths.ts";
import { plural } from "./summary.ts";
import { expectRun, type ListedPicture, listedPictures } from "./run_folder.ts";

/** Results to score. */
export interface ResultsSource {
  /** As given on the command line. */
  readonly place: string;
  /** The results, streamed; those of pictures that are left out are not among them. */
  readonly results: AsyncIterable<CocoResult>;
  /** What a reader should know of how they were read. */
  readonly notes: readonly string[];
}

/**
 * Ground truth from a COCO instances file.
 *
 * @throws {CliError} exit 2 when there is no such file, 3 when it is no COCO file.
 */
export async function readGroundTruth(path: string): Promise<CocoInstances> {
  return await explaining(path, async () => loadCocoInstances((await openFile(path)).readable));
}

/**
 * Results from a COCO results file, or of a run folder.
 *
 * @param ignoreUnknown Leaves out pictures of a run that the ground truth does not list.
 * @throws {CliError} exit 2 when there are none, 3 when pictures are unknown.
 */
export async function openResults(
  place: string,
  { images }: CocoInstances,
  ignoreUnknown: boolean,
): Promise<ResultsSource> {
  const info = await Deno.stat(place).catch(() => null);
  if (!info?.isDirectory) {
    const { readable } = await openFile(place);
    return { place, results: readCocoResults(readable), notes: [] };
  }
  await expectRun(place);
  const files = ["proposals.coco.json", "predictions.coco.json"].map((name) => join(place, name));
  const there = await Promise.all(files.map(exists));
  const file = files.find((_, i) => there[i]);
  if (file === undefined) {
    throw usage("the run is not finished: it has no results yet", place, "resume it first");
  }
  const pictures = await Array.fromAsync(listedPictures(place));
  const idOf = matchPictures(pictures, images);
  const unknown = pictures.filter(({ id }) => !idOf.has(id));
  if (unknown.length > 0 && !ignoreUnknown) {
    throw new CliError(
      EXIT.input,
      `${unknown.length} of the run's ${pictures.length} pictures are not in the ground truth`,
      `${place}: the first is ${unknown[0].image}`,
      "check that both belong together; --ignore-unknown-images leaves such pictures out",
    );
  }
  const { readable } = await openFile(file);
  return {
    place,
    results: renumbered(readCocoResults(readable), idOf),
    notes: [
      ...(pictures.some(({ id }) => idOf.has(id) && idOf.get(id) !== id)
        ? ["pictures are matched by file name: the run numbers them otherwise"]
        : []),
      ...(unknown.length > 0
        ? [
          `${plural(unknown.length, "picture")} of the run ${
            unknown.length === 1 ? "is" : "are"
          } not in the ground truth and left out`,
        ]
        : []),
    ],
  };
}

/**
 * The ground truth's id for each id of a run, by file name where the ground truth names files,
 * else by the id itself. Names agree when one path ends in the other, or when the last part does
 * and is the only such in the ground truth.
 */
export function matchPictures(
  pictures: readonly Pick<ListedPicture, "image" | "id">[],
  images: readonly CocoImage[],
): ReadonlyMap<number, number> {
  const named = images.filter(({ file_name }) => file_name !== undefined);
  const byName = Map.groupBy(named, ({ file_name }) => lastPart(file_name!));
  const matched = new Map<number, number>();
  for (const { image, id } of pictures) {
    const alike = byName.get(lastPart(image)) ?? [];
    const within = alike.filter(({ file_name }) => endsIn(image, file_name!));
    const [found, ...others] = within.length > 0 ? within : alike;
    if (found && others.length === 0) matched.set(id, found.id);
  }
  if (matched.size > 0) return matched;
  const ids = new Set(images.map(({ id }) => id));
  return new Map(pictures.filter(({ id }) => ids.has(id)).map(({ id }) => [id, id]));
}

const lastPart = (name: string): string => basename(name.replaceAll("\\", "/"));

/** Whether one of two paths is the end of the other. */
const endsIn = (a: string, b: string): boolean =>
  a === b || a.endsWith(`/${b}`) || b.endsWith(`/${a}`);

async function* renumbered(
  results: AsyncIterable<CocoResult>,
  idOf: ReadonlyMap<number, number>,
): AsyncIterable<CocoResult> {
  for await (const result of results) {
    const id = idOf.get(result.image_id);
    if (id !== undefined) yield { ...result, image_id: id };
  }
}

async function openFile(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      throw usage("there is no such file or folder", path, "check the path");
    }
    throw error;
  }
}

/**
 * Runs a body that reads a COCO file; what is wrong with the file is an error of exit 3.
 *
 * @throws {CliError} that names the file, the entry and the field.
 */
export async function explaining<T>(path: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof CocoFormatError || error instanceof RangeError)) throw error;
    const where = `${path}: ${error.message}`;
    throw new CliError(EXIT.input, "the file cannot be scored", where, "correct the file", {
      cause: error,
    });
  }
}
