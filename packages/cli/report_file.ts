import { renderReport, type ReportInput, type RunSummary } from "@fiedler/report";
import { type Disk, exists } from "./disk.ts";
import type { PanelRecord } from "./engine.ts";
import { join } from "./paths.ts";
import { COURSE_FOLDERS } from "./course.ts";
import { readGain } from "./gain.ts";
import { predictionSummary } from "./predict_report.ts";
import { readTrainFile } from "./train_folder.ts";
import { trainingSummary } from "./train_report.ts";
import type { RunFile, Session } from "./run_file.ts";
import { readRecords, readSkips } from "./run_folder.ts";
import { panelPath } from "./write_picture.ts";

/** Writes `report.html` from what is in the run folder. Returns its path. */
export async function writeReport(
  disk: Disk,
  folder: string,
  run: RunFile,
  gallery: number,
): Promise<string> {
  const path = join(folder, "report.html");
  await disk.writeWhole(
    path,
    renderReport({
      run: await summaryOf(folder, run),
      pictures: picturesOf(folder, gallery),
      skipped: await readSkips(folder),
      galleryLimit: gallery,
      ...await courseOf(folder, gallery),
    }),
  );
  return path;
}

/** What a pipeline learnt, as far as it came to that. */
async function courseOf(
  folder: string,
  gallery: number,
): Promise<Pick<ReportInput, "training" | "prediction" | "gain">> {
  const [train, predict] = [COURSE_FOLDERS.train, COURSE_FOLDERS.predict].map((name) =>
    join(folder, name)
  );
  const file = await readTrainFile(train);
  return {
    training: file?.status === "finished" ? await trainingSummary(train, file) : undefined,
    prediction: await predictionSummary(predict, gallery),
    gain: await readGain(folder) ?? undefined,
  };
}

async function* picturesOf(folder: string, gallery: number): ReportInput["pictures"] {
  let shown = 0;
  for await (const record of readRecords(folder)) {
    const panel = shown++ < gallery ? await readPanel(folder, record.id) : null;
    yield { record, panel };
  }
}

async function readPanel(folder: string, id: number): Promise<PanelRecord | null> {
  const path = panelPath(folder, id);
  return await exists(path) ? JSON.parse(await Deno.readTextFile(path)) as PanelRecord : null;
}

async function summaryOf(folder: string, run: RunFile): Promise<RunSummary> {
  const { title, command, version, options, sessions } = run;
  const sum = (list: (session: Session) => Session["stages"]) => {
    const total = new Map<string, { name: string; ms: number; calls: number }>();
    for (const { name, ms, calls = 0 } of sessions.flatMap<Part>(list)) {
      const entry = total.get(name) ?? { name, ms: 0, calls: 0 };
      total.set(name, { name, ms: entry.ms + ms, calls: entry.calls + calls });
    }
    return [...total.values()];
  };
  return {
    title,
    command,
    version,
    options,
    weights: run.weights ?? [],
    startedAt: sessions[0].startedAt,
    adapter: sessions[sessions.length - 1].adapter,
    wallMs: sessions.reduce((ms, session) => ms + session.wallMs, 0),
    stages: sum(({ stages }) => stages),
    kernels: sum(({ kernels }) => kernels).sort((a, b) => b.ms - a.ms),
    peakGpuBytes: Math.max(...sessions.map(({ peakGpuBytes }) => peakGpuBytes)),
    outputs: await outputsOf(folder),
  };
}

interface Part {
  readonly name: string;
  readonly ms: number;
  readonly calls?: number;
}

const OUTPUTS: readonly (readonly [string, string])[] = [
  ["proposals.coco.json", "all kept masks, COCO results format"],
  ["proposals", "one JSON line a picture: every mask, kept or dropped, and why"],
  ["overlays", "the pictures with their masks drawn over them"],
  ["train/segmenter.safetensors", "the segmenter that was trained on the masks, for `predict`"],
  ["train/metrics.jsonl", "the terms of the loss, one line a step"],
  ["predict/predictions.coco.json", "what the segmenter found, COCO results format"],
  ["predict/overlays", "the pictures with what the segmenter found"],
  ["evaluation/gain.json", "proposals and segmenter, held against ground truth"],
  ["skipped.jsonl", "pictures that could not be read, and why"],
  ["run.json", "version, options, adapter, times"],
  ["SHA256SUMS", "hashes of all result files"],
];

async function outputsOf(folder: string): Promise<RunSummary["outputs"]> {
  const there = await Promise.all(
    OUTPUTS.map(([path]) => path === "SHA256SUMS" || exists(join(folder, path))),
  );
  return OUTPUTS.filter((_, i) => there[i]).map(([path, what]) => ({ path, what }));
}
