/** Fuzzing of file readers: seeded inputs, every entry read, every byte of memory counted. */
import { memory } from "./count_memory.ts"; // first: readers may keep the constructors
import assert from "node:assert/strict";
import { type ByteSource, FormatError, type TensorDtype, type TensorFile } from "@fiedler/io";
import { cpuTime } from "../../tools/bench/cpu_time.ts";
import { seeded } from "./fixtures.ts";

export type Random = (bound: number) => number;

const MIN_INPUTS = 25_000;
/** Inputs of each format; more in a nightly run. */
export const INPUTS = Number(Deno.env.get("FIEDLER_FUZZ_INPUTS") ?? MIN_INPUTS);
assert.ok(INPUTS >= MIN_INPUTS, `FIEDLER_FUZZ_INPUTS must be a number from ${MIN_INPUTS} on`);

/** Allowed beside a multiple of the input, for all that does not grow with it. */
const FREE_BYTES = 1 << 18;
/** Of CPU time; most inputs take some 0.1 ms. */
const MAX_MS = 5000;

/** What is fuzzed. */
export interface Target {
  readonly name: string;
  /** Small files that are read without an error. */
  readonly files: readonly Uint8Array[];
  /** Damages one of them. */
  readonly mutate: (file: Uint8Array, random: Random) => Uint8Array;
  readonly open: (source: ByteSource) => Promise<TensorFile>;
  /** What opening, and reading one entry, may allocate, as a multiple of the input. */
  readonly ratio: number;
  /** And beside it, in bytes. */
  readonly free?: number;
  /** At least so many kinds of refusal must be met: proof that the inputs reach far. */
  readonly refusals: number;
  /** More that must hold of an input: `file` is undefined when it was refused. */
  readonly check?: (input: Uint8Array, file: TensorFile | undefined) => void;
}

/** Declares the test of a format with so many inputs, the same for the same seed. */
export function fuzz(target: Target, seed: number, inputs: number = INPUTS): void {
  Deno.test(`${inputs} damaged files: ${target.name}`, async () => {
    for (const file of target.files) assert.ok(await survives(target, file), "a whole file");
    const refusals = new Set<string>();
    let accepted = 0;
    for (let i = 0; i < inputs; i++) {
      const random = seeded(seed * 1e6 + i);
      const file = target.files[random(target.files.length)];
      const input = target.mutate(file, random);
      try {
        accepted += Number(await survives(target, input, refusals));
      } catch (cause) {
        throw new Error(`input ${i}, ${input.length} bytes: ${input.toHex()}`, { cause });
      }
    }
    const share = accepted / inputs;
    assert.ok(share > 0.01 && share < 0.9, `${accepted} of ${inputs} accepted`);
    const kinds = [...refusals].sort().join("\n");
    assert.ok(refusals.size >= target.refusals, `${refusals.size} kinds of refusal:\n${kinds}`);
  });
}

/** Whether an input is read; fails on errors of other types, waste of memory or time. */
export async function survives(
  { open, ratio, free = FREE_BYTES, check }: Pick<Target, "open" | "ratio" | "free" | "check">,
  input: Uint8Array,
  refusals = new Set<string>(),
): Promise<boolean> {
  const limit = ratio * input.length + free;
  const start = cpuTime();
  const attempt = async <T>(what: string, work: () => Promise<T>): Promise<T | undefined> => {
    memory.bytes = 0;
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      refusals.add(kindOf(error.message));
    } finally {
      const { bytes } = memory;
      assert.ok(bytes <= limit, `${what}: ${bytes} bytes for ${input.length}`);
    }
  };
  const file = await attempt("open", () => open(strictSource(input)));
  let whole = file !== undefined;
  for (const [name, entry] of file?.tensors ?? []) {
    assert.equal(entry.name, name);
    const bytes = await attempt(`read ${name}`, () => entry.read());
    whole &&= bytes !== undefined;
    if (bytes) assert.equal(bytes.length, sizeOf(entry.dtype, entry.shape), name);
  }
  check?.(input, file);
  const ms = cpuTime() - start;
  assert.ok(ms < MAX_MS, `took ${ms} ms`);
  return whole;
}

/** A message without what differs from input to input. */
function kindOf(message: string): string {
  return message.replace(/".*"|\[.*\]|\(.*\)/gs, "#").replace(/\S*\d\S*|key .*/g, "#");
}

/** Memory that fails the test when it is asked for bytes that it does not have. */
function strictSource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read: (offset, length) => {
      const inside = Number.isSafeInteger(offset) && Number.isSafeInteger(length) &&
        offset >= 0 && length >= 0 && offset + length <= bytes.length;
      assert.ok(inside, `asked for ${length} bytes at ${offset} of ${bytes.length}`);
      return Promise.resolve(bytes.subarray(offset, offset + length));
    },
  };
}

const BITS = /(\d+)(?:_|$)/;

function sizeOf(dtype: TensorDtype, shape: readonly number[]): number {
  const bits = dtype === "BOOL" ? 8 : Number(BITS.exec(dtype)?.[1]);
  return shape.reduce((product, length) => product * length, bits / 8);
}

/** A random element. */
export function pick<T>(items: readonly T[], random: Random): T {
  return items[random(items.length)];
}

/** A flip, a cut, a copy, a loss or an insertion of bytes anywhere. */
export function damage(bytes: Uint8Array, random: Random): Uint8Array {
  if (bytes.length === 0) return bytes;
  const at = random(bytes.length);
  const length = 1 + random(8);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (random(6)) {
    case 0:
      return bytes.with(at, random(256));
    case 1:
      return bytes.with(at, bytes[at] ^ 1 << random(8));
    case 2:
      return before;
    case 3:
      return joined(before, bytes.subarray(at + length));
    case 4:
      return joined(before, bytes.subarray(at, at + length), after);
    default:
      return joined(before, Uint8Array.from({ length }, () => random(256)), after);
  }
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Numbers that readers trip over. */
export const EDGES = [
  ...[0, 1, 2, 3, 4, 7, 8, 9, 16, 63, 64, 65, 127, 128, 255, 256, 65535, 65536],
  ...[1e6, 1e8, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 2 ** 63],
];

/** Mutates a text by structure: swaps, drops, repeats or inserts tokens. */
export function mutateText(text: string, words: readonly string[], random: Random): string {
  const tokens = text.match(/"[^"]*"|'[^']*'|\d+|./gs) ?? [];
  for (let edits = 1 + random(3); edits > 0; edits--) {
    const at = random(tokens.length + 1);
    const number = /^\d+$/.test(tokens[at] ?? "");
    const word = number && random(2) === 0
      ? String(BigInt(random(3) ? pick(EDGES, random) : Number(tokens[at]) + random(5)))
      : pick(random(3) === 0 ? tokens : words, random);
    tokens.splice(at, number ? 1 : random(3), ...(random(4) === 0 ? [] : [word]));
  }
  return tokens.join("");
}
