import assert from "node:assert/strict";
import { FormatError, ImageError, type ImageErrorCode } from "@fiedler/io";

const FIXTURES = new URL("../../fixtures/", import.meta.url);

/** What `tools/make_io_goldens.py` found with Pillow and numpy. */
interface Golden {
  readonly pixels: Readonly<Record<string, readonly [number, number, string]>>;
  readonly resized: readonly (readonly [
    string,
    number,
    number,
    "bilinear" | "bicubic" | "lanczos",
    string,
  ])[];
  readonly halfToFloat: string;
}

export function fixture(path: string): Uint8Array<ArrayBuffer> {
  return Deno.readFileSync(new URL(path, FIXTURES));
}

export const golden: Golden = JSON.parse(new TextDecoder().decode(fixture("images/golden.json")));

/** Whole numbers in [0, bound), the same for the same seed (mulberry32). */
export function seeded(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = state + 0x6d2b79f5 | 0;
    let mixed = Math.imul(state ^ state >>> 15, 1 | state);
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed;
    return Math.floor(((mixed ^ mixed >>> 14) / 2 ** 32 + 0.5) * bound);
  };
}

/** Matches an `ImageError` of one kind whose message says `pattern`. */
export function imageError(code: ImageErrorCode, pattern: RegExp) {
  return (error: unknown): true => {
    assert.ok(error instanceof ImageError, `not an ImageError: ${error}`);
    assert.equal(error.code, code, error.message);
    assert.match(error.message, pattern);
    return true;
  };
}

/** Matches a `FormatError` whose message says `pattern`. */
export function formatError(pattern: RegExp) {
  return (error: unknown): true => {
    assert.ok(error instanceof FormatError, `not a FormatError: ${error}`);
    assert.match(error.message, pattern);
    return true;
  };
}
