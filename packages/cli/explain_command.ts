/** `explain`: where a mask came from, or why it was dropped. */
import type { MaskRecord, PictureRecord } from "@fiedler/pipeline";
import { usage } from "./args.ts";
import { drawGrid } from "./draw_grid.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { maskStory } from "./explain_mask.ts";
import { drawMasks } from "./explain_overlay.ts";
import { pictureStory } from "./explain_picture.ts";
import { findPicture } from "./find_picture.ts";
import { gridOf } from "./mask_numbers.ts";
import { expectProposals } from "./predict_folder.ts";
import type { World } from "./run.ts";
import { expectRun } from "./run_folder.ts";

/** Columns of a drawing: those of a narrow terminal, less the frame. */
const DRAWN_COLUMNS = 76;

/** Options of {@linkcode explainRun}. */
export interface ExplainOptions {
  /** A .png file to draw; undefined for none. */
  readonly overlay: string | undefined;
  /** Whether masks are drawn in block characters; else in ASCII. */
  readonly blocks: boolean;
}

/**
 * Tells the story of a picture, or of one of its masks.
 *
 * @throws {CliError} exit 2 when there is no such run, picture or mask, or the run has
 * predictions, 3 when the overlay's
 * picture is gone.
 */
export async function explainRun(
  [folder, picture, mask]: readonly string[],
  { overlay, blocks }: ExplainOptions,
  { out, disk }: Pick<World, "out" | "disk">,
): Promise<ExitCode> {
  const run = await expectRun(folder);
  expectProposals(run, folder, "explain tells of");
  const found = await findPicture(folder, picture);
  if (found.kind === "skipped") {
    const { image, code, reason } = found.skip;
    out.event({ event: "skipped", ...found.skip });
    out.print(`${image} was skipped (${code}): ${reason}`);
    return EXIT.ok;
  }
  const { record } = found;
  const one = mask === undefined ? null : maskOf(record, mask);
  if (one === null) {
    out.event({ event: "picture", ...record });
    out.print(pictureStory(record));
  } else {
    const { image, id } = record;
    out.event({
      event: "mask",
      picture: { image, id },
      mask: one,
      suppressed: beatenBy(record, one),
    });
    const drawing = drawGrid(gridOf(one.grid), one.grid.size[1], { blocks, width: DRAWN_COLUMNS });
    out.print(`${maskStory(record, one, run)}\n\n${drawing.join("\n")}`);
  }
  if (overlay === undefined) return EXIT.ok;
  await drawMasks(run, record, drawn(record, one), overlay, disk);
  out.event({ event: "overlay", path: overlay });
  out.print(`drawn  ${overlay}`);
  return EXIT.ok;
}

function maskOf({ masks, image }: PictureRecord, text: string): MaskRecord {
  const mask = masks.find(({ id }) => String(id) === text);
  if (mask) return mask;
  const range = masks.length === 0 ? "it has none" : `it has masks 0 to ${masks.length - 1}`;
  throw usage(`there is no mask "${text}" in ${image}: ${range}`, text, "leave it out for a list");
}

/** Masks that a mask suppressed, by id. */
const beatenBy = ({ masks }: PictureRecord, { id }: MaskRecord): number[] =>
  masks.flatMap((other) =>
    other.dropped?.rule === "nms" && other.dropped.rival === id ? [other.id] : []
  );

/** The mask and the one that suppressed it, or all kept masks by rank. */
function drawn({ masks }: PictureRecord, one: MaskRecord | null): readonly MaskRecord[] {
  if (one === null) {
    return masks.filter(({ dropped }) => dropped === null).sort((a, b) => a.rank! - b.rank!);
  }
  const { dropped } = one;
  return dropped?.rule === "nms" ? [one, masks.find(({ id }) => id === dropped.rival)!] : [one];
}
