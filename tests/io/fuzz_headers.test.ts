import { damage, fuzz, joined, mutateText, type Random } from "./fuzz_support.ts";
import assert from "node:assert/strict";
import {
  FormatError,
  openNpy,
  openSafetensors,
  readNpy,
  readSafetensors,
  type SafeTensor,
  writeNpy,
  writeSafetensors,
} from "@fiedler/io";
import { fixture } from "./fixtures.ts";

const MARKS = [..."{}[]\",:'()\\0-9 \n", "null", "true", '"x"', "1e9", "4294967296"];
const SAFETENSORS_WORDS = [
  ...MARKS,
  ...['"U8"', '"F32"', '"F64"', '"BOOL"', '"BF16"', '"__metadata__"', '"shape"', '"dtype"'],
  ...['"data_offsets"', "\\u0078", "\\ud800", "[0,0]", "[0,4]", '"x":{}', "-1"],
];
const NPY_WORDS = [
  ...MARKS,
  ...["'descr'", "'fortran_order'", "'shape'", "True", "False", "'<f4'", "'<f8'", "'<f2'"],
  ...["'>i4'", "'|b1'", "'|u1'", "'<u8'", "'<c8'", "(2, 3)", "(6,)", "()", ", "],
];

/** Whether a reader of bytes in memory takes them; fails on any error but a `FormatError`. */
function accepts(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
}

/** Puts a mutated header back behind a length that is right, mostly. */
function mutateHeader(lengthAt: number, lengthBytes: number, words: readonly string[]) {
  return (file: Uint8Array, random: Random): Uint8Array => {
    if (random(5) === 0) return damage(file, random);
    const view = new DataView(file.buffer, file.byteOffset);
    const length = lengthBytes === 2
      ? view.getUint16(lengthAt, true)
      : view.getUint32(lengthAt, true);
    const start = lengthAt + lengthBytes;
    const text = new TextDecoder("latin1").decode(file.subarray(start, start + length));
    const header = new TextEncoder().encode(mutateText(text, words, random));
    const out = joined(file.subarray(0, start), header, file.subarray(start + length));
    const stated = header.length + (random(8) ? 0 : random(5) - 2);
    new DataView(out.buffer).setUint16(lengthAt, stated, true);
    return out;
  };
}

const TENSORS = new Map<string, SafeTensor>([
  ["x", { dtype: "U8", shape: [4], data: Uint8Array.of(1, 2, 3, 4) }],
  ["weight", { dtype: "F32", shape: [2, 1], data: new Uint8Array(8) }],
  ["none", { dtype: "F16", shape: [0], data: new Uint8Array(0) }],
]);

fuzz({
  name: "safetensors",
  files: [
    writeSafetensors(TENSORS, { format: "pt" }),
    writeSafetensors(new Map([["x", { dtype: "I64", shape: [], data: new Uint8Array(8) }]])),
  ],
  mutate: mutateHeader(0, 8, SAFETENSORS_WORDS),
  open: openSafetensors,
  ratio: 2,
  refusals: 24,
  check(input, file) {
    assert.equal(accepts(() => readSafetensors(input)), file !== undefined, "the readers agree");
    if (!file) return;
    let owned = 8 + new DataView(input.buffer, input.byteOffset).getUint32(0, true);
    for (const { data } of readSafetensors(input).tensors.values()) {
      assert.equal(data.buffer, input.buffer);
      owned += data.length;
    }
    assert.equal(owned, input.length, "every byte belongs to one tensor");
  },
}, 11);

fuzz({
  name: "npy",
  files: [
    writeNpy({ dtype: "i4", shape: [2, 3], data: Int32Array.of(1, 2, 3, 4, 5, 6) }),
    fixture("images/fortran.npy"),
    fixture("images/version2.npy"),
    fixture("images/b1.npy"),
  ],
  mutate: (file, random) => mutateHeader(8, file[6] === 1 ? 2 : 4, NPY_WORDS)(file, random),
  open: openNpy,
  ratio: 2,
  refusals: 13,
  check(input, file) {
    // The lazy reader takes more element types, Fortran order, and any byte as a truth value.
    if (accepts(() => readNpy(input))) assert.ok(file, "only readNpy() accepts");
    const shape = file?.tensors.get("array")?.shape ?? [];
    assert.ok(shape.every((length) => Number.isSafeInteger(length) && length >= 0));
  },
}, 13);
