/**
 * JSON strings, from their bytes.
 *
 * @module
 */

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** Up to here, joining characters is faster than a call of the decoder. */
const SHORT = 24;

/**
 * The text of UTF-8 bytes.
 *
 * @param ascii Whether all bytes are below 128.
 * @returns Null when the bytes are no UTF-8.
 */
export function textOf(
  bytes: Uint8Array,
  start: number,
  end: number,
  ascii: boolean,
): string | null {
  if (ascii && end - start <= SHORT) {
    let text = "";
    for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i]);
    return text;
  }
  try {
    return utf8.decode(bytes.subarray(start, end));
  } catch {
    return null; // fatal: true has no other reason to throw
  }
}

/** The character that each letter after a backslash stands for. */
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

const escaped = new Uint8Array(128); // code of the letter → code that it stands for
for (const [letter, character] of Object.entries(ESCAPES)) {
  escaped[letter.charCodeAt(0)] = character.charCodeAt(0);
}

let scratch = new Uint8Array(1024);
const utf8Encoder = new TextEncoder();

/**
 * The text of a string with escapes.
 *
 * @param end Position of the closing quote.
 * @returns The text; or the position of an escape that is none, or −1 for bytes that are no UTF-8.
 */
export function unescape(bytes: Uint8Array, start: number, end: number): string | number {
  if (scratch.length < end - start) scratch = new Uint8Array(2 * (end - start));
  let length = 0; // an escape is never shorter than the UTF-8 of what it stands for
  let ascii = true;
  for (let i = start; i < end;) {
    const byte = bytes[i];
    if (byte !== 0x5c) {
      if (byte >= 0x80) ascii = false;
      scratch[length++] = byte;
      i++;
      continue;
    }
    const letter = bytes[i + 1];
    if (letter < 128 && escaped[letter] !== 0) {
      scratch[length++] = escaped[letter];
      i += 2;
      continue;
    }
    const point = letter === 0x75 ? codePoint(bytes, i, end) : -1;
    if (point < 0) return i;
    i += point > 0xffff ? 12 : 6;
    ascii = false;
    length += utf8Encoder.encodeInto(String.fromCodePoint(point), scratch.subarray(length)).written;
  }
  return textOf(scratch, 0, length, ascii) ?? -1;
}

/** The character of `\uXXXX`, or of the two that are a surrogate pair; −1 when it is none. */
function codePoint(bytes: Uint8Array, at: number, end: number): number {
  const high = hexAt(bytes, at + 2, end);
  if (high < 0xd800 || high > 0xdfff) return high;
  const paired = bytes[at + 6] === 0x5c && bytes[at + 7] === 0x75;
  const low = paired ? hexAt(bytes, at + 8, end) : -1;
  if (high > 0xdbff || low < 0xdc00 || low > 0xdfff) return -1;
  return 0x10000 + (high - 0xd800) * 0x400 + (low - 0xdc00);
}

function hexAt(bytes: Uint8Array, at: number, end: number): number {
  if (at + 4 > end) return -1;
  const digits = String.fromCharCode(bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]);
  return /^[0-9a-fA-F]{4}$/.test(digits) ? parseInt(digits, 16) : -1;
}

/** Texts of short ASCII keys: the same few keys come a million times. */
export class KeyTexts {
  readonly #known = Array.from({ length: 64 }, () => ({ bytes: new Uint8Array(0), text: "" }));

  /** The text of a key; null when it is long or not ASCII. */
  of(bytes: Uint8Array, start: number, end: number): string | null {
    const length = end - start;
    if (length > SHORT || length === 0) return null;
    const slot = (length + 5 * bytes[start] + 11 * bytes[end - 1]) % this.#known.length;
    const known = this.#known[slot];
    if (known.bytes.length === length) {
      let i = 0;
      while (i < length && known.bytes[i] === bytes[start + i]) i++;
      if (i === length) return known.text;
    }
    for (let i = start; i < end; i++) if (bytes[i] >= 0x80) return null;
    const text = textOf(bytes, start, end, true)!;
    this.#known[slot] = { bytes: bytes.slice(start, end), text };
    return text;
  }
}
