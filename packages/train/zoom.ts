import type { ZoomSettings } from "./settings.ts";
import type { TrainingView } from "./targets_view.ts";

/** A part of a padded view: top, left, height and width, as shares of its sides. */
export type Window = readonly [top: number, left: number, height: number, width: number];

/** Numbers that a window is decided by. */
export const ZOOM_DRAWS = 4;

/**
 * The window of a view, inside its pixels as far as they are large enough; null for the whole view.
 *
 * @param padded `[height, width]` of the view with its padding, whose sides the window has shares of.
 * @param draws in 0 … 1.
 * @throws {RangeError} when the settings are no shares.
 */
export function drawWindow(
  { width, height }: Pick<TrainingView, "width" | "height">,
  padded: readonly [height: number, width: number],
  { probability, least, leastArea }: ZoomSettings,
  [whether, size, down, across]: ArrayLike<number> & Iterable<number>,
): Window | null {
  if (!(least > 0 && least <= 1 && leastArea >= 0 && leastArea < 1)) {
    throw new RangeError(
      `zoom: least must be above 0 and at most 1, leastArea from 0 to below 1, ` +
        `got ${least} and ${leastArea}`,
    );
  }
  if (whether >= probability) return null;
  const share = least + (1 - least) * size;
  const room = (side: number, full: number) => Math.max(0, side / full - share);
  return [down * room(height, padded[0]), across * room(width, padded[1]), share, share];
}

/**
 * The masks of a view as its window shows them, enlarged to the size of the view to the nearest pixel.
 *
 * @returns a view without pixels, whose size is that of what the window shows of the picture.
 */
export function zoomedMasks(
  { width, height, instances }: TrainingView,
  padded: readonly [height: number, width: number],
  [top, left, tall, wide]: Window,
  leastArea: number,
): Pick<TrainingView, "width" | "height" | "instances"> {
  const rows = places(height, padded[0], top, tall);
  const columns = places(width, padded[1], left, wide);
  const least = leastArea * rows.length * columns.length;
  const seen = instances.flatMap(({ mask, label }) => {
    const zoomed = new Uint8Array(rows.length * columns.length);
    let [p, area] = [0, 0];
    for (const row of rows) {
      for (let x = 0; x < columns.length; x++) {
        const value = mask[row * width + columns[x]];
        zoomed[p++] = value;
        if (value !== 0) area++;
      }
    }
    return area > least ? [{ mask: zoomed, label }] : [];
  });
  return { width: columns.length, height: rows.length, instances: seen };
}

/** The pixel of a side that each pixel of the enlarged window shows, as far as there are some. */
function places(side: number, full: number, start: number, share: number): number[] {
  const shown = Array.from(
    { length: full },
    (_, i) => Math.floor(start * full + share * (i + 0.5)),
  ).filter((place) => place < side);
  return shown.length > 0 ? shown : [Math.min(side - 1, Math.floor(start * full))];
}
