import type { Plan } from "./plan.ts";
import type { PlannedPicture } from "./picture_sizes.ts";

/**
 * Bytes of what a run writes, as measured on the photos that come with Fiedler; they double or
 * halve with what pictures show.
 */
const RECORD_BYTES = 70e3; // a JSON line of some 200 masks, and its share of the COCO file
const OVERLAY_BYTES_PER_PIXEL = 1; // PNG
const GALLERY_BYTES = 190e3; // grids in panels/ and their pictures in the report

/** About how many bytes a run folder takes, and the folder of `--save-stages`. */
export function diskEstimate(
  { values, command, options }: Plan,
  pictures: readonly PlannedPicture[],
  dim: number,
): { readonly runBytes: number; readonly stageBytes: number } {
  const report = command === "pipeline";
  const pixels = pictures.reduce((sum, { size }) => sum + size.width * size.height, 0);
  const shown = report ? Math.min(values.gallery, pictures.length) : 0;
  const factor = options.upsample === "features-x2" ? 4 : 1;
  const stages = pictures.reduce((sum, { grid: [rows, columns] }) => {
    const cells = factor * rows * columns;
    return sum + 4 * cells * (cells + dim); // affinity and keys; the others are small
  }, 0);
  return {
    runBytes: RECORD_BYTES * pictures.length + GALLERY_BYTES * shown +
      (report && values.overlays ? OVERLAY_BYTES_PER_PIXEL * pixels : 0),
    stageBytes: values["save-stages"] === undefined ? 0 : stages,
  };
}
