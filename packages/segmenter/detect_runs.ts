import type { Rle } from "@fiedler/coco";

/**
 * Run lengths of a mask in strips of 32 rows, a word at a time where nothing changes.
 *
 * @param words `[⌈height / 32⌉, width]`: row y of column x is bit y % 32 of its word y / 32; bits
 *   below the last row are 0.
 */
export function rleFromStrips(words: Uint32Array, height: number, width: number): Rle {
  const counts: number[] = [];
  let start = 0; // of the current run
  let inside = 0;
  for (let x = 0; x < width; x++) {
    for (let top = 0, at = x; top < height; top += 32, at += width) {
      const word = words[at];
      const rows = Math.min(32, height - top);
      // A set bit of `changes` is a pixel that differs from the one before it.
      let changes = word ^ (word << 1 | inside);
      if (rows < 32) changes &= 2 ** rows - 1;
      while (changes !== 0) {
        const position = x * height + top + 31 - Math.clz32(changes & -changes);
        counts.push(position - start);
        start = position;
        changes &= changes - 1;
      }
      inside = word >>> (rows - 1) & 1;
    }
  }
  counts.push(height * width - start);
  return { size: [height, width], counts };
}
