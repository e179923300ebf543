/** Proposals and the segmenter that was trained on them, held against ground truth. */
import {
  type CocoAnnotation,
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
  { truth, noun }: { readonly truth: string; readonly noun: GainSummary["noun"] },
  { disk }: Pick<World, "disk">,
): Promise<void> {
  const objects = await readGroundTruth(truth);
  const raw = await scored(folder, objects);
  const trained = await scored(join(folder, COURSE_FOLDERS.predict), objects);
  const { counts } = raw.evaluation;
  const gain: GainSummary = {
    noun,
    pictures: counts.images,
    objects: counts.objects,
    raw: raw.numbers,
    trained: trained.numbers,
    differenceErrors: null,
    examples: await examplesOf(folder, objects, raw.results, trained.results),
  };
  await disk.writeWhole(gainPath(folder), `${JSON.stringify(gain)}\n`);
}

interface Scored {
  readonly evaluation: Evaluation;
  readonly numbers: GainNumbers;
  readonly results: readonly CocoResult[];
}

/** The results of a folder on the pictures of the ground truth. */
async function scored(folder: string, truth: CocoInstances): Promise<Scored> {
  const source = await openResults(folder, truth, true);
  return await explaining(folder, async () => {
    const evaluator = new Evaluator(truth, { ignoreUnknownImages: true });
    const results: CocoResult[] = [];
    for await (const result of source.results) {
      evaluator.add(result);
      results.push(result);
    }
    const evaluation = evaluator.finish();
    const numbers = { metrics: evaluation.metrics, errors: null, detections: results.length };
    return { evaluation, numbers, results };
  });
}

/** The first pictures of the ground truth that the run has, with all that is known of them. */
async function examplesOf(
  folder: string,
  truth: CocoInstances,
  raw: readonly CocoResult[],
  trained: readonly CocoResult[],
): Promise<GainPicture[]> {
  const { inputs: { base } } = await expectRun(folder);
  const listed = await Array.fromAsync(listedPictures(folder));
  const out: GainPicture[] = [];
  for (const { id, file_name, width, height } of truth.images) {
    if (out.length === SHOWN) break;
    const picture = listed.find(({ image }) => basename(image) === basename(file_name ?? ""));
    if (!picture || width * height > MOST_PIXELS) continue;
    const image = await decodePicture(await Deno.readFile(join(base, picture.image)), MOST_PIXELS);
    out.push({
      name: picture.image,
      size: [height, width],
      jpeg: (await encodeJpeg(image, 85)).toBase64(),
      objects: truth.annotations.filter(({ image_id, iscrowd }) => image_id === id && !iscrowd)
        .flatMap((object) => objectMask(object, height, width)),
      raw: masksOf(raw, id),
      trained: masksOf(trained, id),
    });
  }
  return out;
}

const objectMask = (
  { segmentation }: CocoAnnotation,
  height: number,
  width: number,
): CocoRle[] => segmentation ? [compressRle(rleFromSegmentation(segmentation, height, width))] : [];

const masksOf = (results: readonly CocoResult[], imageId: number): ScoredMask[] =>
  results.filter(({ image_id }) => image_id === imageId)
    .map(({ score, segmentation }) => ({ score, mask: segmentation as CocoRle })); // as we write it
