/** Where a training finds its pictures and masks: a run, COCO ground truth, or COCO results. */
import { usage } from "./args.ts";
import { CliError, EXIT } from "./exit.ts";
import { isList } from "./interchange_source.ts";
import { dirname, join } from "./paths.ts";
import {
  picturesOfFile,
  picturesOfInstances,
  picturesOfResults,
  type ResultLimits,
} from "./training_coco.ts";
import { picturesOfRun } from "./training_run.ts";
import {
  emptyTally,
  type HoldOut,
  holdOut,
  type KeepPicture,
  type SourcePicture,
  type Tally,
  type TrainingSet,
  trainingSet,
} from "./training_set.ts";

export type { KeepPicture } from "./training_set.ts";

/** Options of {@linkcode readTrainingSet}. */
export interface TrainingSourceOptions {
  /**
   * The folder of the pictures. Default: where the run found them; for a file its own folder, or
   * `images` in that.
   */
  readonly images?: string;
  /** What names the pictures of a results file: an instances file, or the folder of a run. */
  readonly like?: string;
  /** Of results: masks of a lower score are left out. Default 0. */
  readonly leastScore?: number;
  /** Of results: most masks of a picture, the best. Default 100. */
  readonly mostPerPicture?: number;
  /** Leaves out pictures whose file is not there. Default `false`: they are refused. */
  readonly skipMissing?: boolean;
  /** Default all. */
  readonly keep?: KeepPicture;
}

/**
 * Reads what a training learns from. All masks are checked and kept as run lengths; pictures are
 * looked for, but not opened.
 *
 * @param source The folder of a finished run, whose kept masks are the objects; a COCO instances
 * file; or a COCO results file, which needs `like`.
 * @throws {CliError} exit 2 when the source is none of these; 3 when a file is not as it should be, a
 * mask does not fit its picture, pictures are missing or changed, or nothing is left to learn from.
 */
export async function readTrainingSet(
  source: string,
  { images, like, leastScore = 0, mostPerPicture = 100, skipMissing = false, keep = () => true }:
    TrainingSourceOptions = {},
): Promise<TrainingSet> {
  const tally = emptyTally();
  const held = holdOut(keep, tally);
  const kind = await kindOf(source);
  if (kind !== "results" && like !== undefined) {
    throw usage("--like is for results files", source, "leave --like out, or give a results file");
  }
  const found = kind === "run"
    ? await picturesOfRun(source, { held, tally, withMasks: true })
    : kind === "instances"
    ? { base: null, pictures: await picturesOfInstances(source, held, tally) }
    : await resultsLike(source, like, { leastScore, mostPerPicture, held, tally });
  const listing = kind === "results" ? like! : source;
  const folder = images ?? found.base ?? folderBeside(listing, found.pictures);
  await expectFolder(folder, images === undefined ? source : "--images");
  return trainingSet(found.pictures, { source, folder, skipMissing }, tally);
}

type SourceKind = "run" | "instances" | "results";

async function kindOf(path: string): Promise<SourceKind> {
  const info = await Deno.stat(path).catch(() => null);
  if (info === null) throw usage("there is no such file or folder", path, "check the path");
  if (info.isDirectory) return "run";
  return await isList(path) ? "results" : "instances";
}

async function resultsLike(
  source: string,
  like: string | undefined,
  { held, tally, ...limits }: ResultLimits & { readonly held: HoldOut; readonly tally: Tally },
): Promise<{ base: string | null; pictures: readonly SourcePicture[] }> {
  if (like === undefined) {
    throw usage(
      "a results file does not name its pictures",
      source,
      "add --like with ground truth or a run folder that does, or give the run folder itself",
    );
  }
  const kind = await kindOf(like);
  if (kind === "results") {
    throw usage("a results file does not name pictures", like, "give ground truth to --like");
  }
  const { base, pictures } = kind === "run"
    ? await picturesOfRun(like, { held, tally, withMasks: false })
    : { base: null, pictures: await picturesOfFile(like, held) };
  return { base, pictures: await picturesOfResults(source, { pictures, held }, limits, tally) };
}

/** The folder of a file, or `images` in it when the first picture is there: as scenes are. */
function folderBeside(file: string, pictures: readonly SourcePicture[]): string {
  const beside = dirname(file);
  const [first] = pictures;
  if (first === undefined) return beside;
  const has = (folder: string) => {
    try {
      return Deno.statSync(join(folder, first.name)).isFile;
    } catch {
      return false; // which is said of all pictures together
    }
  };
  const inside = join(beside, "images");
  return !has(beside) && has(inside) ? inside : beside;
}

async function expectFolder(folder: string, where: string): Promise<void> {
  const info = await Deno.stat(folder).catch(() => null);
  if (info?.isDirectory) return;
  throw new CliError(
    where === "--images" ? EXIT.usage : EXIT.input,
    "the folder of pictures is not there",
    `${where}: ${folder}`,
    "say where the pictures are with --images DIR",
  );
}
