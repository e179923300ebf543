/** Bytes as base64. */
export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/**
 * The bytes of base64 text.
 *
 * @param what Named in the error.
 * @throws {RangeError} when the text is not base64.
 */
export function fromBase64(text: string, what: string): Uint8Array {
  if (!isBase64(text)) throw new RangeError(`${what} must be base64`);
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** Whether a text is base64 with its padding, without line breaks. */
export function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}
