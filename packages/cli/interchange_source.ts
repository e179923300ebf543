/** Where instances come from: a run, COCO ground truth, or COCO results. */
import { type CocoResult, rankScore, readCocoResults } from "@fiedler/coco";
import {
  annotationOf,
  boxPolygon,
  gatherInstances,
  type Instances,
  type Known,
  type PictureInstances,
  readTruth,
  type TruthAnnotation,
  type TruthImage,
} from "@fiedler/data";
import { usage } from "./args.ts";
import type { PictureRecord } from "./engine.ts";
import { localFiles } from "./local_files.ts";
import { basename, dirname } from "./paths.ts";
import { isPrediction } from "./predict_folder.ts";
import { type PredictionRecord, PREDICTIONS } from "./predict_record.ts";
import { expectRun, readRecords, readRecordsOf } from "./run_folder.ts";

/**
 * The instances of a run folder, an instances file, or a results file.
 *
 * Results of category 1 alone are objects of no category, as proposals are.
 *
 * @param like An instances file that knows the pictures of results; undefined for none.
 * @throws {CliError} exit 2 when there is no such file, or results come without their pictures.
 */
export async function readInstances(source: string, like: string | undefined): Promise<Instances> {
  const info = await Deno.stat(source).catch(() => null);
  if (info === null) throw usage("there is no such file or folder", source, "check the path");
  if (info.isDirectory) return await instancesOfRun(source);
  if (!await isList(source)) return await gatherInstances(await truthAt(source));
  if (like !== undefined) return await withResults(await truthAt(like), source);
  throw usage(
    "a results file does not name its pictures",
    source,
    "add --like GROUND_TRUTH.json, or give the run folder",
  );
}

/** The ground truth in a file. */
export const truthAt = (path: string) => readTruth(localFiles(dirname(path)), basename(path));

/** Pictures and categories of an instances file. */
export async function knownAt(path: string): Promise<Known> {
  const { images, categories } = await truthAt(path);
  return { images, categories };
}

/** Whether a JSON file holds an array: results, not ground truth. */
export async function isList(path: string): Promise<boolean> {
  using file = await Deno.open(path);
  const head = new Uint8Array(4096);
  const length = await file.read(head) ?? 0;
  return new TextDecoder().decode(head.subarray(0, length)).replace("\ufeff", "").trimStart()
    .startsWith("[");
}

/** Proposals have no categories: all are objects. */
const OBJECT = { id: 1, name: "object" };

async function instancesOfRun(folder: string): Promise<Instances> {
  const run = await expectRun(folder);
  if (isPrediction(run)) return await instancesOfPrediction(folder);
  const pictures: PictureInstances[] = [];
  for await (const record of readRecords(folder)) pictures.push(instancesOfRecord(record));
  return { pictures, categories: [OBJECT] };
}

function instancesOfRecord({ image, id, size, masks }: PictureRecord): PictureInstances {
  const picture: TruthImage = { id, file_name: image, width: size[1], height: size[0] };
  const kept = masks.filter(({ dropped }) => dropped === null)
    .toSorted((a, b) => a.rank! - b.rank!);
  return {
    image: picture,
    annotations: kept.map(({ segmentation, rank }) =>
      annotationOf(segmentation!, picture, {
        category_id: OBJECT.id,
        score: rankScore(rank!),
      })
    ),
  };
}

/** What a segmenter found; where it tells classes apart, those up to the last that it met. */
async function instancesOfPrediction(folder: string): Promise<Instances> {
  const pictures: PictureInstances[] = [];
  let last = 0;
  for await (const record of readRecordsOf(folder, PREDICTIONS)) {
    pictures.push(instancesOfPredicted(record));
    last = record.detections.reduce((last, { category }) => Math.max(last, category), last);
  }
  // The file of a segmenter does not name its classes.
  const classes = Array.from(
    { length: last + 1 },
    (_, i) => ({ id: i + 1, name: `class ${i + 1}` }),
  );
  return { pictures, categories: last === 0 ? [OBJECT] : classes };
}

function instancesOfPredicted({ image, id, size, detections }: PredictionRecord): PictureInstances {
  const picture: TruthImage = { id, file_name: image, width: size[1], height: size[0] };
  return {
    image: picture,
    annotations: detections.map(({ segmentation, category, score }) =>
      annotationOf(segmentation, picture, { category_id: category + 1, score })
    ),
  };
}

/** Results with the pictures they are of. */
async function withResults({ images, categories }: Known, path: string): Promise<Instances> {
  const annotations = new Map(images.map(({ id }) => [id, [] as TruthAnnotation[]]));
  const byId = new Map(images.map((image) => [image.id, image]));
  const met = new Set<number>();
  for await (const result of readCocoResults((await Deno.open(path)).readable)) {
    const image = byId.get(result.image_id);
    if (image === undefined) {
      throw new RangeError(
        `${path}: results are of picture ${result.image_id}, which is not listed`,
      );
    }
    met.add(result.category_id);
    annotations.get(image.id)!.push(instanceOf(result, image));
  }
  // Proposals write 1 for "object": that is not the first category of some ground truth.
  const agnostic = met.size === 1 && met.has(OBJECT.id);
  const unknown = [...met].find((id) => !agnostic && !categories.some((known) => known.id === id));
  if (unknown !== undefined) {
    throw new RangeError(`${path}: results are of category ${unknown}, which is not listed`);
  }
  return {
    pictures: images.map((image) => ({ image, annotations: annotations.get(image.id)! })),
    categories: agnostic ? [OBJECT] : categories,
  };
}

function instanceOf(
  { segmentation, bbox, category_id, score }: CocoResult,
  image: TruthImage,
): TruthAnnotation {
  return annotationOf(segmentation ?? [boxPolygon(bbox!)], image, { category_id, score });
}
