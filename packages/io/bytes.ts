/** A big- or little-endian view of exactly these bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Whether `text`, one byte a character, stands at `offset`. */
export function hasText(bytes: Uint8Array, offset: number, text: string): boolean {
  return latin1(bytes, offset, offset + text.length) === text;
}

/** Bytes `[start, end)`, at most 65,536, as one character each; shorter where the bytes end. */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, end));
}
