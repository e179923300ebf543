import { type Figure, makeFigure, type Region, regionOf, silhouette } from "./figure.ts";
import type { Placed } from "./place.ts";

/**
 * An object is left out, of the picture and of the truth, when what is seen of it is less than
 * this share of the picture…
 */
const LEAST_OF_PICTURE = 0.003;
/** … or less than this share of what there would be of it in the picture without the others. */
const LEAST_OF_OBJECT = 0.2;

/** Side of the raster that visibility is judged on: the same for every size of picture. */
const RASTER = 64;

/** An object's silhouette in a picture. */
export interface Outline {
  readonly region: Region;
  /** `[height, width]` of the region, 0 or 1. */
  readonly inside: Uint8Array;
}

/** Where an object would be seen if it were alone. */
export const outlineOf = (figure: Figure, size: number): Outline => {
  const region = regionOf(figure.placed, size);
  return { region, inside: silhouette(figure, region, size) };
};

/** The objects, back to front, of which enough is seen. */
export function visibleOnly(placed: readonly Placed[]): Placed[] {
  const outlines = placed.map((object) => outlineOf(makeFigure(object, RASTER), RASTER));
  const seen = areas(owners(outlines, RASTER), placed.length);
  return placed.filter((_, i) => {
    const whole = outlines[i].inside.reduce((sum, bit) => sum + bit, 0);
    return seen[i] >= LEAST_OF_PICTURE * RASTER * RASTER &&
      seen[i] >= LEAST_OF_OBJECT * whole;
  });
}

/** Which object each pixel shows: `[size, size]`, 0 for the background, else its place + 1. */
export function owners(outlines: readonly Outline[], size: number): Uint8Array {
  const out = new Uint8Array(size * size);
  for (const [i, { region: { left, top, width }, inside }] of outlines.entries()) {
    for (let j = 0; j < inside.length; j++) {
      if (inside[j] === 0) continue;
      out[(top + Math.floor(j / width)) * size + left + j % width] = i + 1;
    }
  }
  return out;
}

function areas(owner: Uint8Array, count: number): number[] {
  const out = new Array<number>(count + 1).fill(0);
  for (const i of owner) out[i]++;
  return out.slice(1);
}
