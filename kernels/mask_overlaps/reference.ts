/** Pixels that every two masks `[masks, pixels]` of 0 and 1 share. */
export function maskOverlaps(pixels: readonly (readonly number[])[]): number[] {
  return pixels.flatMap((a) => pixels.map((b) => a.filter((set, p) => set && b[p]).length));
}
