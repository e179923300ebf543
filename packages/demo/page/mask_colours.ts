import { cyclic, hex, MASK_COLOURS } from "@fiedler/report";
import type { MaskRecord } from "@fiedler/report";

/** Colour numbers by the patches of a mask. */
export type Colours = ReadonlyMap<string, number>;

/**
 * Colours of kept masks: one that stays keeps its own while sliders move, a new one gets the first
 * that is free.
 *
 * @param kept Best first.
 * @param before Of the masks that were shown last.
 */
export function assignColours(
  kept: readonly Pick<MaskRecord, "grid">[],
  before: Colours = new Map(),
): Colours {
  const colours = new Map<string, number>();
  for (const { grid: { counts } } of kept) {
    const colour = before.get(counts);
    if (colour !== undefined) colours.set(counts, colour);
  }
  const taken = new Set(colours.values());
  let free = 0;
  for (const { grid: { counts } } of kept) {
    if (colours.has(counts)) continue;
    while (taken.has(free)) free++;
    taken.add(free);
    colours.set(counts, free);
  }
  return colours;
}

/** `#rrggbb` of colour number i. */
export const tintOf = (colour: number): string => hex(cyclic(MASK_COLOURS, colour));
