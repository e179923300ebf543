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
const SCALES = Array.from({ length: MAX_GROUPS }, (_, group) => 32 ** group);

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
  const counts: number[] = [];
  parseCounts(text, counts, (what) => {
    throw new RangeError(`rleFromString: ${what}`);
  });
  return counts;
}

/**
 * Reads a compressed string.
 *
 * @param counts Is filled from the start; a typed array needs `text.length` elements.
 * @param refuse Is told what is wrong with the string, and throws.
 * @returns How many counts there are.
 */
export function parseCounts(
  text: string,
  counts: number[] | Float64Array,
  refuse: (what: string) => never,
): number {
  const bitsAt = (at: number, start: number): number => {
    if (at === text.length) refuse(`number at ${start} is cut off`);
    const bits = text.charCodeAt(at) - FIRST_CODE;
    if (bits >= 0 && bits <= LAST_BITS) return bits;
    refuse(`characters must be "0" to "o", got ${JSON.stringify(text[at])} at ${at}`);
  };
  let length = 0;
  for (let at = 0; at < text.length; length++) {
    const start = at;
    let bits = bitsAt(at++, start);
    let value = 0;
    for (let group = 0; bits >= 32; group++) {
      if (group === MAX_GROUPS - 1) refuse(`number at ${start} is too long`);
      value += (bits & 31) * SCALES[group];
      bits = bitsAt(at++, start);
    }
    // The last group is a signed number of five bits.
    value += ((bits << 27) >> 27) * SCALES[at - start - 1];
    const count = length > 2 ? counts[length - 2] + value : value;
    if (count < 0) refuse(`count at ${start} is negative: ${count}`);
    counts[length] = count;
  }
  return length;
}
