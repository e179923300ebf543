/** Proposals and the segmenter that was trained on them, held against ground truth. */
import {
  type CocoAnnotation,
  type CocoImage,
  type CocoInstances,
  type CocoResult,
  type CocoRle,
  compressRle,
  type Evaluation,
  Evaluator,
  rleFromSegmentation,
} from "@fiedler/coco";
import { encodeJpeg } from "@fiedler/io";
import type { GainNumbers, GainPicture, GainSummary, ScoredMask } from "@fiedler/report";
import { COURSE_FOLDERS } from "./course.ts";
import { exists } from "./disk.ts";
import { explaining, openResults, readGroundTruth } from "./evaluate_results.ts";
import { basename, join } from "./paths.ts";
import { decodePicture } from "./prepare.ts";
import type { World } from "./run.ts";
import { expectRun, listedPictures } from "./run_folder.ts";

/** Pictures that the report shows with all that was found. */
const SHOWN = 8;
/** Pictures are shown at their size; larger ones are not shown. */
const MOST_PIXELS = 4e6;

/** Where the comparison is kept, for reports. */
export const gainPath = (folder: string): string => join(folder, "evaluation", "gain.json");

/** What was compared in a run folder; null when nothing was. */
export async function readGain(folder: string): Promise<GainSummary | null> {
  const path = gainPath(folder);
  return await exists(path) ? JSON.parse(await Deno.readTextFile(path)) as GainSummary : null;
}

/** Compares, and writes `evaluation/gain.json`. */
export async function writeGain(
  folder: string,
  { truth, noun, start }: Pick<GainSummary, "noun" | "start"> & { readonly truth: string },
  { disk }: Pick<World, "disk">,
): Promise<void> {
  const objects = await readGroundTruth(truth);
  const shown = await shownPictures(folder, objects);
  const ids = new Set(shown.map(({ id }) => id));
  const raw = await scored(folder, objects, ids);
  const trained = await scored(join(folder, COURSE_FOLDERS.predict), objects, ids);
  const { counts } = raw.evaluation;
  const gain: GainSummary = {
    noun,
    pictures: counts.images,
    objects: counts.objects,
    raw: raw.numbers,
    trained: trained.numbers,
    start,
    differenceErrors: null,
    examples: await Promise.all(
      shown.map((picture) => exampleOf(picture, objects, raw.shown, trained.shown)),
    ),
  };
  await disk.writeWhole(gainPath(folder), `${JSON.stringify(gain)}\n`);
}

interface Scored {
  readonly evaluation: Evaluation;
  readonly numbers: GainNumbers;
  /** Results on the pictures that are shown. */
  readonly shown: readonly CocoResult[];
}

/** The results of a folder on the pictures of the ground truth. */
async function scored(
  folder: string,
  truth: CocoInstances,
  ids: ReadonlySet<number>,
): Promise<Scored> {
  const source = await openResults(folder, truth, true);
  return await explaining(folder, async () => {
    const evaluator = new Evaluator(truth, { ignoreUnknownImages: true });
    const shown: CocoResult[] = [];
    let detections = 0;
    for await (const result of source.results) {
      evaluator.add(result);
      detections++;
      if (ids.has(result.image_id)) shown.push(result);
    }
    const evaluation = evaluator.finish();
    return {
      evaluation,
      numbers: { metrics: evaluation.metrics, errors: null, detections },
      shown,
    };
  });
}

/** A picture of the ground truth that the report shows. */
interface Shown extends Pick<CocoImage, "id" | "width" | "height"> {
  /** As the run calls it. */
  readonly name: string;
  readonly path: string;
}

/** The first pictures of the ground truth that the run has. */
async function shownPictures(folder: string, { images }: CocoInstances): Promise<Shown[]> {
  const { inputs: { base } } = await expectRun(folder);
  const names = new Map<string, string>();
  for await (const { image } of listedPictures(folder)) names.set(basename(image), image);
  const shown: Shown[] = [];
  for (const { id, file_name, width, height } of images) {
    if (shown.length === SHOWN) break;
    const name = names.get(basename(file_name ?? ""));
    if (name === undefined || width * height > MOST_PIXELS) continue;
    shown.push({ id, width, height, name, path: join(base, name) });
  }
  return shown;
}

/** A picture with all that is known of it. */
async function exampleOf(
  { id, width, height, name, path }: Shown,
  { annotations }: CocoInstances,
  raw: readonly CocoResult[],
  trained: readonly CocoResult[],
): Promise<GainPicture> {
  const image = await decodePicture(await Deno.readFile(path), MOST_PIXELS);
  return {
    name,
    size: [height, width],
    jpeg: (await encodeJpeg(image, 85)).toBase64(),
    objects: annotations.filter(({ image_id, iscrowd }) => image_id === id && !iscrowd)
      .flatMap((object) => objectMask(object, height, width)),
    raw: masksOf(raw, id),
    trained: masksOf(trained, id),
  };
}

const objectMask = (
  { segmentation }: CocoAnnotation,
  height: number,
  width: number,
): CocoRle[] => segmentation ? [compressRle(rleFromSegmentation(segmentation, height, width))] : [];

const masksOf = (results: readonly CocoResult[], imageId: number): ScoredMask[] =>
  results.filter(({ image_id }) => image_id === imageId)
    .map(({ score, segmentation }) => ({ score, mask: segmentation as CocoRle })); // as we write it
