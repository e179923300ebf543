import type { MaskRecord } from "@fiedler/report";
import { RULES } from "@fiedler/report";
import type { Shown, StudioOptions } from "../studio.ts";
import { type Colours, tintOf } from "./mask_colours.ts";
import { gridCells } from "./mask_shapes.ts";
import type { Photo } from "./photo.ts";

/** A picture with what was found in it: all that the views draw from. */
export interface Scene {
  readonly photo: Photo;
  readonly shown: Shown;
  /** Under which it was shown. */
  readonly options: StudioOptions;
  /** Kept masks, best first. */
  readonly kept: readonly MaskRecord[];
  /** Dropped ones, in the order of the rules that dropped them. */
  readonly dropped: readonly MaskRecord[];
  /** Of every mask by `id`; kept ones alone have a colour. */
  readonly tints: ReadonlyMap<number, string>;
  /** For each k, the `id` of the mask that each patch belongs to, `[rows, columns]`. */
  readonly pieces: ReadonlyMap<number, Int32Array>;
}

/** A part of the page that shows a scene. */
export interface View {
  /** Shows another scene. */
  update(scene: Scene): void;
  /** Lights up a mask of the scene, or none. */
  highlight(mask: MaskRecord | null): void;
}

/** Puts a scene together. */
export function makeScene(
  photo: Photo,
  shown: Shown,
  options: StudioOptions,
  colours: Colours,
): Scene {
  const { masks, grid: [rows, columns] } = shown.record;
  const kept = keptMasks(shown);
  const pieces = new Map<number, Int32Array>();
  for (const { id, k, grid } of masks) {
    const owners = pieces.get(k) ?? new Int32Array(rows * columns).fill(-1);
    pieces.set(k, owners);
    gridCells(grid).forEach((inside, cell) => inside && (owners[cell] = id));
  }
  return {
    photo,
    shown,
    options,
    kept,
    dropped: RULES.flatMap((rule) => masks.filter(({ dropped }) => dropped?.rule === rule)),
    tints: new Map(kept.map(({ id, grid }) => [id, tintOf(colours.get(grid.counts)!)])),
    pieces,
  };
}

/** Kept masks, best first. */
export function keptMasks({ record: { masks } }: Pick<Shown, "record">): readonly MaskRecord[] {
  return masks.filter(({ dropped }) => dropped === null).sort((a, b) => a.rank! - b.rank!);
}
