/** Bytes that can be read in any order: a file, a `Blob`, or memory. */
export interface ByteSource {
  /** Bytes in all. */
  readonly size: number;
  /**
   * Bytes `[offset, offset + length)`, which must lie inside; a view where the source is memory.
   */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** Memory as a {@linkcode ByteSource}: reads are views, not copies. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)),
  };
}

/** A `Blob` or a browser's `File`, read in place. */
export function blobSource(blob: Blob): ByteSource {
  return {
    size: blob.size,
    read: async (offset, length) =>
      new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer()),
  };
}
