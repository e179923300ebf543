import { EXIT, type ExitCode } from "./exit.ts";
import { PIPELINE_FLAGS } from "./flags.ts";
import { expectProposals } from "./predict_folder.ts";
import { writeReport } from "./report_file.ts";
import type { World } from "./run.ts";
import { expectRun } from "./run_folder.ts";

/** `report`: the report of a run folder, written again. */
export async function redoReport(
  folder: string,
  gallery: number | undefined,
  { disk, out }: World,
): Promise<ExitCode> {
  const run = await expectRun(folder);
  expectProposals(run, folder, "reports are of");
  const recorded = run.config.gallery;
  const limit = gallery ??
    (typeof recorded === "number" ? recorded : PIPELINE_FLAGS.gallery.initial);
  const path = await writeReport(disk, folder, run, limit);
  out.event({ event: "end", report: path });
  if (run.status !== "finished") out.note("the run is not finished: the report shows a part");
  out.print(`report  ${path}`);
  return EXIT.ok;
}
