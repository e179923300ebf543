/**
 * JSON files as streams: element by element, whatever their size.
 *
 * @module
 */
import { DistinctKeys, Incomplete, JsonCursor } from "./json_cursor.ts";

/**
 * The bytes of a file, in pieces: a `ReadableStream` (`response.body`, `file.stream()`, the
 * `readable` of a file in Deno), or anything else that yields `Uint8Array`s.
 */
export type ByteStream =
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | Iterable<Uint8Array>;

/** The longest element: one annotation's outline takes kilobytes, never so much. */
const MAX_ELEMENT_BYTES = 64 * 2 ** 20;

/**
 * Reads a JSON file through a {@linkcode JsonCursor} that sees a window of it.
 *
 * A read that meets the end of the window starts again when the window has at least doubled, so
 * the work stays proportional to the file and the memory to its longest element.
 */
export class JsonStream {
  /** What reads the values. */
  readonly cursor: JsonCursor;
  readonly #chunks: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  #ended = false;

  /** A stream before its first byte; `root` is what complaints call the whole file. */
  constructor(bytes: ByteStream, root: string) {
    this.cursor = new JsonCursor(root);
    this.#chunks = chunksOf(bytes);
  }

  /** Gives the stream back; to be called in any case. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#chunks.return?.();
  }

  /** Reads what is small. */
  async read<T>(read: () => T): Promise<T> {
    for (;;) {
      const value = this.#attempt(read);
      if (value !== INCOMPLETE) return value;
      await this.#fill();
    }
  }

  /** Reads an array, element by element. */
  async *elements<T>(read: () => T, needed = "an array"): AsyncGenerator<T, void> {
    await this.read(() => this.cursor.expect("[", needed));
    if (await this.read(() => this.cursor.take("]"))) return;
    for (let i = 0, open = true; open; i++) {
      const element = () => {
        this.cursor.enter(i);
        const value = read();
        this.cursor.leave();
        open = this.cursor.another("]");
        return value;
      };
      let value = this.#attempt(element); // no promise for what is there already
      while (value === INCOMPLETE) {
        await this.#fill();
        value = this.#attempt(element);
      }
      yield value;
    }
  }

  /** Reads an object, key by key; the value is to be read before the next key is asked for. */
  async *members(needed = "an object"): AsyncGenerator<string, void> {
    await this.read(() => this.cursor.expect("{", needed));
    if (await this.read(() => this.cursor.take("}"))) return;
    const keys = new DistinctKeys();
    do {
      const key = await this.read(() => this.cursor.key(keys));
      this.cursor.enter(key);
      yield key;
      this.cursor.leave();
    } while (await this.read(() => this.cursor.another("}")));
  }

  /** Reads any value and forgets it, an array element by element. */
  async skip(): Promise<void> {
    const isArray = await this.read(() => this.cursor.peek()) === "[".charCodeAt(0);
    if (!isArray) return await this.read(() => this.cursor.skip());
    for await (const _ of this.elements(() => this.cursor.skip()));
  }

  /** Reads to the end of the file, which must hold nothing more. */
  async end(): Promise<void> {
    if (!await this.read(() => this.cursor.atEnd())) this.cursor.wrong("the end of the file");
  }

  #attempt<T>(read: () => T): T | typeof INCOMPLETE {
    const start = this.cursor.mark();
    try {
      return read();
    } catch (error) {
      if (!(error instanceof Incomplete)) throw error;
      this.cursor.back(start);
      return INCOMPLETE;
    }
  }

  /** Widens the window to twice what is unread, or to the end of the file. */
  async #fill(): Promise<void> {
    const { unread } = this.cursor;
    if (unread.length > MAX_ELEMENT_BYTES) {
      this.cursor.fail(`a value of more than ${MAX_ELEMENT_BYTES / 2 ** 20} MiB`);
    }
    const pieces = [unread];
    let length = unread.length;
    while (!this.#ended && length <= 2 * unread.length) {
      const { value, done } = await this.#chunks.next();
      if (done) {
        this.#ended = true;
      } else if (value instanceof Uint8Array) {
        pieces.push(value.slice()); // its owner may reuse it
        length += value.length;
      } else {
        throw new TypeError(`a stream of bytes must yield Uint8Array, got ${typeof value}`);
      }
    }
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const piece of pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    this.cursor.show(bytes, this.#ended);
  }
}

const INCOMPLETE: unique symbol = Symbol("incomplete");

function chunksOf(bytes: ByteStream): AsyncIterator<Uint8Array> | Iterator<Uint8Array> {
  if (Symbol.asyncIterator in bytes) return bytes[Symbol.asyncIterator]();
  if (Symbol.iterator in bytes) return bytes[Symbol.iterator]();
  return readerOf(bytes); // browsers whose streams are no iterables
}

async function* readerOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const reader = stream.getReader();
  let done = false;
  try {
    for (;;) {
      const result = await reader.read();
      if (result.done) {
        done = true;
        return;
      }
      yield result.value;
    }
  } finally {
    if (!done) await reader.cancel().catch(() => {});
    reader.releaseLock();
  }
}
