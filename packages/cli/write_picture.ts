import { writeNpy } from "@fiedler/io";
import type { PanelRecord, PictureRecord, Proposals } from "./engine.ts";
import { join } from "./paths.ts";
import type { Plan } from "./plan.ts";
import type { PictureDesk } from "./pool.ts";
import type { Prepared } from "./prepare.ts";
import type { RunFolder } from "./run_folder.ts";

/** A picture that was read. */
export type ReadyPicture = Omit<Extract<Prepared, { ok: true }>, "ok">;

/**
 * Writes what belongs to one picture: overlay, grids for the report, arrays of every stage. All
 * of it before the picture's record, whose line says that the picture is done.
 */
export async function writePicture(
  plan: Plan,
  folder: Pick<RunFolder<PictureRecord>, "disk" | "path" | "file">,
  desk: PictureDesk,
  { index, original, thumbnail }: ReadyPicture & { readonly index: number },
  { record, panel, stages }: Proposals,
): Promise<void> {
  const { path, id } = plan.inputs.pictures[index];
  const { values, command, names } = plan;
  if (command === "pipeline" && values.overlays) {
    const masks = record.masks
      .filter((mask) => mask.segmentation !== undefined)
      .sort((a, b) => a.rank! - b.rank!)
      .map((mask) => mask.segmentation!);
    const maxPixels = values["max-pixels"];
    const png = await desk.draw({ kind: "draw", path, maxPixels, original, masks });
    await folder.disk.writeWhole(folder.file("overlays", `${names[index]}.png`), png);
  }
  if (command === "pipeline" && index < values.gallery) {
    const full: PanelRecord = { ...panel, thumbnail };
    await folder.disk.writeWhole(panelPath(folder.path, id), `${JSON.stringify(full)}\n`);
  }
  const target = values["save-stages"];
  if (target === undefined || stages === null) return;
  for (const [stage, { shape, data }] of Object.entries(stages)) {
    const array = data instanceof Float32Array
      ? { dtype: "f4" as const, shape, data }
      : { dtype: "u4" as const, shape, data };
    await folder.disk.writeWhole(join(target, names[index], `${stage}.npy`), writeNpy(array));
  }
}

/** Where a picture's grids for the report are. */
export const panelPath = (folder: string, id: number): string =>
  join(folder, "panels", `${id}.json`);
