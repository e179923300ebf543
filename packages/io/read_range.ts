import { FormatError } from "./errors.ts";
import type { ByteSource } from "./source.ts";

/**
 * Bytes `[offset, offset + length)` of a source, all of them.
 *
 * @param what What stands there, the start of the message.
 * @throws {FormatError} when they reach beyond the source, or it hands over fewer.
 */
export async function readRange(
  source: ByteSource,
  offset: number,
  length: number,
  what: string,
): Promise<Uint8Array> {
  // Written so that NaN and overflow fail too.
  if (!(offset >= 0 && length >= 0 && offset + length <= source.size)) {
    throw new FormatError(
      `${what}: bytes ${offset} to ${offset + length} are needed, but the file has ` +
        `${source.size} bytes; it is cut short or damaged, fetch it again`,
    );
  }
  const bytes = await source.read(offset, length);
  if (bytes.length === length) return bytes;
  throw new FormatError(
    `${what}: ${bytes.length} of ${length} bytes at ${offset} could be read; ` +
      "did the file change meanwhile?",
  );
}
