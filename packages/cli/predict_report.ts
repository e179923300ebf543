import type { PredictionSummary } from "@fiedler/report";
import { type PredictionRecord, PREDICTIONS } from "./predict_record.ts";
import { readRecordsOf, readRunFile } from "./run_folder.ts";

const SCORE_BINS = 20;

/** What a folder of predictions says, for reports; undefined when it is not finished. */
export async function predictionSummary(
  folder: string,
  gallery: number,
): Promise<PredictionSummary | undefined> {
  const run = await readRunFile(folder);
  if (run?.status !== "finished") return undefined;
  const scores = new Array(SCORE_BINS).fill(0);
  const shown: { id: number; masks: PredictionSummary["shown"][number]["masks"] }[] = [];
  let [pictures, detections] = [0, 0];
  for await (const record of readRecordsOf(folder, PREDICTIONS)) {
    pictures++;
    detections += record.detections.length;
    for (const { score } of record.detections) {
      scores[Math.min(SCORE_BINS - 1, Math.floor(SCORE_BINS * score))]++;
    }
    if (shown.length < gallery) shown.push({ id: record.id, masks: masksOf(record) });
  }
  return { pictures, detections, scores, options: run.options, shown };
}

const masksOf = ({ detections }: PredictionRecord) =>
  detections.map(({ score, segmentation }) => ({ score, mask: segmentation }));
