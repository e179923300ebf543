/**
 * Run lengths as the compressed string of COCO files.
 *
 * Each count from the fourth on is stored as its difference to the count before last, in groups of
 * 5 bits, low group first; a sixth bit says that more follows. A group is one character.
 *
 * Source: the format of the COCO API (`maskApi`), re-implemented from its description.
 *
 * @module
 */

const FIRST_CODE = 48; // "0": the character of an empty 5-bit group
const LAST_BITS = 63; // five bits of value, one that says "more follows"
const MAX_GROUPS = 10; // 50 bits: a longer number would not be exact in a double

/**
 * The compressed string of run lengths, as COCO files hold it.
 *
 * @throws {RangeError} when a count is negative or not an integer.
 */
export function rleToString(counts: ArrayLike<number>): string {
  let text = "";
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i];
    if (!Number.isSafeInteger(count) || count < 0) {
      throw new RangeError(`rleToString: counts[${i}] must be an integer ≥ 0, got ${count}`);
    }
    let rest = i > 2 ? count - counts[i - 2] : count;
    for (let more = true; more;) {
      const group = ((rest % 32) + 32) % 32;
      rest = Math.floor(rest / 32);
      more = rest !== (group >= 16 ? -1 : 0); // bit 4 is the sign of what follows
      text += String.fromCharCode(FIRST_CODE + group + (more ? 32 : 0));
    }
  }
  return text;
}

/**
 * The run lengths of a compressed string.
 *
 * @throws {RangeError} that names the position, on a character outside the alphabet, a number that
 *   is cut off or too long, or a negative count.
 */
export function rleFromString(text: string): number[] {
  return parseCounts(text, (what) => {
    throw new RangeError(`rleFromString: ${what}`);
  });
}

/**
 * The counts of a compressed string.
 *
 * @param refuse Is told what is wrong with it, and throws.
 * @param counts An empty list to fill.
 */
export function parseCounts(
  text: string,
  refuse: (what: string) => never,
  counts: number[] = [],
): number[] {
  for (let at = 0; at < text.length;) {
    const start = at;
    let value = 0;
    let scale = 1;
    for (let more = true; more;) {
      if (at === text.length) refuse(`number at ${start} is cut off`);
      const bits = text.charCodeAt(at) - FIRST_CODE;
      if (bits < 0 || bits > LAST_BITS) {
        refuse(`characters must be "0" to "o", got ${JSON.stringify(text[at])} at ${at}`);
      }
      if (at - start === MAX_GROUPS) refuse(`number at ${start} is too long`);
      more = bits >= 32;
      value += (!more && bits >= 16 ? bits - 32 : bits % 32) * scale;
      scale *= 32;
      at++;
    }
    const i = counts.length;
    const count = i > 2 ? counts[i - 2] + value : value;
    if (count < 0) refuse(`count at ${start} is negative: ${count}`);
    counts.push(count);
  }
  return counts;
}
