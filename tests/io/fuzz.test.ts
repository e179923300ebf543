import assert from "node:assert/strict";
import {
  FormatError,
  readNpy,
  readSafetensors,
  type SafeTensor,
  writeNpy,
  writeSafetensors,
} from "@fiedler/io";
import { seeded } from "./fixtures.ts";

const INPUTS = 10_000; // per format
const WORDS = [
  ..."{}[]\",:'()\\0-9 \n",
  "1e9",
  "4294967296",
  "null",
  "true",
  '"x"',
  "\\u0078",
  "U8",
  "F32",
  "BOOL",
  "__metadata__",
  "shape",
  "data_offsets",
  "descr",
  "True",
  "<f8",
];

/** Mutates a text by structure: swaps, drops, repeats or inserts tokens. */
function mutate(text: string, random: (bound: number) => number): string {
  const tokens = text.match(/"[^"]*"|'[^']*'|\d+|./gs) ?? [];
  for (let edits = 1 + random(3); edits > 0; edits--) {
    const at = random(tokens.length + 1);
    const word = random(3) === 0
      ? tokens[random(tokens.length)] ?? ""
      : WORDS[random(WORDS.length)];
    tokens.splice(at, random(3), ...(random(4) === 0 ? [] : [word]));
  }
  return tokens.join("");
}

/** Puts a mutated header back behind a length that is right, mostly. */
function rebuild(
  bytes: Uint8Array,
  lengthAt: number,
  lengthBytes: number,
  random: (bound: number) => number,
): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const length = lengthBytes === 2
    ? view.getUint16(lengthAt, true)
    : view.getUint32(lengthAt, true);
  const start = lengthAt + lengthBytes;
  const text = new TextDecoder("latin1").decode(bytes.subarray(start, start + length));
  const header = new TextEncoder().encode(mutate(text, random));
  const data = bytes.subarray(start + length);
  const out = new Uint8Array(start + header.length + data.length);
  out.set(bytes.subarray(0, start));
  new DataView(out.buffer).setUint16(
    lengthAt,
    header.length + (random(8) ? 0 : random(5) - 2),
    true,
  );
  out.set(header, start);
  out.set(data, start + header.length);
  return out;
}

/** A flip, a cut or a mutated header. */
function damage(
  bytes: Uint8Array,
  lengthAt: number,
  lengthBytes: number,
  random: (bound: number) => number,
): Uint8Array {
  const kind = random(8);
  if (kind === 0) return bytes.with(random(bytes.length), random(256));
  if (kind === 1) return bytes.subarray(0, random(bytes.length));
  return rebuild(bytes, lengthAt, lengthBytes, random);
}

/** Whether `read` accepts; fails on any error but a `FormatError`. */
function accepts(read: () => unknown, input: Uint8Array): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw new Error(`input ${JSON.stringify(new TextDecoder("latin1").decode(input))}`, {
      cause: error,
    });
  }
}

Deno.test(`readSafetensors(): ${INPUTS} damaged files, and what is read owns all bytes`, () => {
  const random = seeded(11);
  const tensors = new Map<string, SafeTensor>([
    ["x", { dtype: "U8", shape: [4], data: Uint8Array.of(1, 2, 3, 4) }],
    ["weight", { dtype: "F32", shape: [2, 1], data: new Uint8Array(8) }],
    ["none", { dtype: "F16", shape: [0], data: new Uint8Array(0) }],
  ]);
  const whole = writeSafetensors(tensors, { format: "pt" });
  let accepted = 0;
  for (let i = 0; i < INPUTS; i++) {
    const input = damage(whole, 0, 8, random);
    accepted += Number(accepts(() => {
      let owned = 0;
      for (const { data } of readSafetensors(input).tensors.values()) {
        assert.equal(data.buffer, input.buffer);
        owned += data.length;
      }
      const header = new DataView(input.buffer, input.byteOffset).getUint32(0, true);
      assert.equal(owned, input.length - 8 - header);
    }, input));
  }
  assert.ok(accepted > INPUTS / 100 && accepted < INPUTS / 2, `${accepted} accepted`);
});

Deno.test(`readNpy(): ${INPUTS} damaged files, and what is read is the rest of the file`, () => {
  const random = seeded(13);
  const whole = writeNpy({ dtype: "i4", shape: [2, 3], data: Int32Array.of(1, 2, 3, 4, 5, 6) });
  let accepted = 0;
  for (let i = 0; i < INPUTS; i++) {
    const input = damage(whole, 8, 2, random);
    accepted += Number(accepts(() => {
      const { data } = readNpy(input);
      const header = new DataView(input.buffer, input.byteOffset).getUint16(8, true);
      assert.equal(data.byteLength, input.length - 10 - header);
    }, input));
  }
  assert.ok(accepted > INPUTS / 100 && accepted < INPUTS / 2, `${accepted} accepted`);
});
