import assert from "node:assert/strict";
import fc from "fast-check";
import type { JsonCursor } from "../../packages/coco/json_cursor.ts";
import { JsonStream } from "../../packages/coco/json_stream.ts";
import { CocoFormatError } from "@fiedler/coco";

/** Any value as a tree, by the cursor's own steps. */
function tree(json: JsonCursor): unknown {
  const first = String.fromCharCode(json.peek());
  if (first === '"') return json.string();
  if (first === "t" || first === "f") return json.boolean();
  if (first === "n") return json.skip() ?? null;
  if (first === "[") {
    const list: unknown[] = [];
    json.array(() => void list.push(tree(json)));
    return list;
  }
  if (first !== "{") return json.number("a value");
  const fields: [string, unknown][] = [];
  json.object((key) => void fields.push([key, tree(json)]));
  return Object.fromEntries(fields);
}

/** Reads a file that comes in pieces of `size` bytes. */
async function read(file: string | Uint8Array, size = 7): Promise<unknown> {
  const bytes = typeof file === "string" ? new TextEncoder().encode(file) : file;
  const reused = new Uint8Array(size); // as a reader with its own buffer hands it out
  function* pieces() {
    for (let at = 0; at < bytes.length; at += size) {
      const piece = bytes.subarray(at, at + size);
      reused.set(piece);
      yield reused.subarray(0, piece.length);
    }
  }
  const json = new JsonStream(pieces(), "file");
  await json.read(() => json.cursor.skipByteOrderMark());
  const value = await json.read(() => tree(json.cursor));
  await json.end();
  return value;
}

const refusal = (message: string) => ({ name: "CocoFormatError", message });

Deno.test("what JSON.parse() reads is read alike, however the bytes are cut", async () => {
  const json = fc.jsonValue({ noUnicodeString: false }).chain((value) =>
    fc.record({
      text: fc.constantFrom(0, 1, "\r\n\t").map((indent) => JSON.stringify(value, null, indent)),
      size: fc.integer({ min: 1, max: 40 }),
    })
  );
  await fc.assert(
    fc.asyncProperty(json, async ({ text, size }) => {
      assert.deepEqual(await read(text, size), JSON.parse(text));
    }),
    { seed: 10, numRuns: 2_000 },
  );
});

Deno.test("a damaged file is refused, or is still JSON and read as that", async () => {
  const text = '[{"a": -0.5e-3, "b\\u00e9": [true, false, null]}, "é\\\\", 12, {"": {}}]';
  const damage = fc.record({
    at: fc.nat(text.length - 1),
    cut: fc.nat(3),
    put: fc.constantFrom(
      "",
      "[",
      "]",
      "{",
      "}",
      ",",
      ":",
      '"',
      "\\",
      "0",
      "-",
      ".",
      "e",
      "\n",
      "x",
    ),
    size: fc.integer({ min: 1, max: 80 }),
  });
  let [refused, fine] = [0, 0];
  await fc.assert(
    fc.asyncProperty(damage, async ({ at, cut, put, size }) => {
      const damaged = text.slice(0, at) + put + text.slice(at + cut);
      const expected = attempt(() => JSON.parse(damaged));
      const actual = await read(damaged, size).then((value) => ({ value }), (error) => {
        assert.ok(error instanceof CocoFormatError, String(error));
        return null;
      });
      assert.deepEqual(actual, expected, damaged);
      actual ? fine++ : refused++;
    }),
    { seed: 11, numRuns: 5_000 },
  );
  assert.ok(refused > 1_000 && fine > 200, `${refused} refused, ${fine} fine`);
});

function attempt<T>(run: () => T): { value: T } | null {
  try {
    return { value: run() };
  } catch {
    return null;
  }
}

Deno.test("numbers are the doubles nearest to them", async () => {
  const digits = (least: number, most: number) =>
    fc.array(fc.integer({ min: 0, max: 9 }), { minLength: least, maxLength: most })
      .map((list) => list.join(""));
  const number = fc.tuple(
    fc.constantFrom("", "-"),
    fc.oneof(fc.constant("0"), digits(0, 19).map((rest) => "3" + rest)),
    fc.oneof(fc.constant(""), digits(1, 22).map((decimals) => `.${decimals}`)),
    fc.constantFrom("", "", "e0", "E-7", "e+22", "e-300"),
  ).map((parts) => parts.join(""));
  await fc.assert(
    fc.asyncProperty(fc.array(number), fc.integer({ min: 1, max: 9 }), async (list, size) => {
      const actual = await read(`[${list.join()}]`, size) as number[];
      actual.forEach((value, i) => assert.ok(Object.is(value, Number(list[i])), list[i]));
    }),
    { seed: 12, numRuns: 2_000 },
  );
  for (const text of ["01", "-", "-01", "1.", ".5", "+1", "1e", "1e+", "0x10", "1_000", "--1"]) {
    for (const size of [1, 100]) await assert.rejects(read(`[${text}]`, size), CocoFormatError);
  }
  await assert.rejects(
    read("[1e999]"),
    refusal("file[0]: a number too large for a double: 1e999 (line 1, column 2)"),
  );
});

Deno.test("strings: escapes, surrogate pairs, UTF-8 cut anywhere", async () => {
  const text = String.raw`"\"\\\/\b\f\n\r\t\u0041\u00e9\ud83d\uDE00 é€😀"`;
  for (let size = 1; size < 12; size++) assert.equal(await read(text, size), JSON.parse(text));
  for (const bad of [String.raw`"\x"`, String.raw`"\u12g4"`, String.raw`"\u12`, '"\\', '"a\nb"']) {
    await assert.rejects(read(bad), CocoFormatError);
  }
  for (
    const lone of [String.raw`"\ud83d"`, String.raw`"\udE00\ud83d"`, String.raw`"\ud83d\u0041"`]
  ) {
    await assert.rejects(
      read(lone),
      refusal("file: an escape that JSON has not (line 1, column 2)"),
    );
  }
  for (const bytes of [[0xff], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0x5c, 0x6e, 0xe9]]) {
    await assert.rejects(
      read(Uint8Array.of(0x22, ...bytes, 0x22)),
      /no UTF-8 \(line 1, column 2\)/,
    );
  }
});

Deno.test("complaints name the field, what was needed and what came, and the place", async () => {
  const cases: readonly [string, string][] = [
    ["", "file: the file ends here, inside a value (line 1, column 1)"],
    ["[1,\n 2", "file: the file ends here, inside a value (line 2, column 3)"],
    ["[1 2]", 'file: needed "," or "]", got 2 (line 1, column 4)'],
    ["[1,]", 'file[1]: needed a value, got "]" (line 1, column 4)'],
    ['{"a":1,}', 'file: needed a key, got "}" (line 1, column 8)'],
    ['{"a" 1}', 'file: needed ":", got 1 (line 1, column 6)'],
    ['[{"a":\n{"b":NaN}}]', "file[0].a.b: needed a value, got NaN (line 2, column 6)"],
    ["[-Infinity]", "file[0]: needed a value, got -Infinity (line 1, column 2)"],
    ["[undefined]", "file[0]: needed a value, got undefined (line 1, column 2)"],
    ["[nul]", "file[0]: needed a value, got nul (line 1, column 2)"],
    ["[1]\n\n[2]", "file: needed the end of the file, got an array (line 3, column 1)"],
    ["\x1f\x8b", "file: needed a value, got byte 0x1f (line 1, column 1)"],
    [
      '{"a": 1,\n "b": 2,\n "a"\n: 3}',
      'file: the key "a" comes twice (line 3, column 2)',
    ],
  ];
  for (const [text, message] of cases) {
    // In one piece: a word that is cut off is shown as far as it is there.
    await assert.rejects(read(text, 100), refusal(message));
    await assert.rejects(read(text, 1), CocoFormatError);
  }
  const error: CocoFormatError = await read('[0,\n{"é": x}]').then(() => null, (e) => e);
  assert.deepEqual(error.position, { byte: 11, line: 2, column: 8 });
  assert.equal(error.path, "file[1].é");
});

Deno.test("a key that comes twice is found among many, nesting has a limit", async () => {
  const keys = Array.from({ length: 100 }, (_, i) => `"k${i}":0`);
  assert.equal(Object.keys(await read(`{${keys.join()}}`) as object).length, 100);
  for (const [again, size] of [[3, 1], [60, 4096], [99, 50]]) {
    const text = `{${keys.join()},"k${again}":0}`;
    await assert.rejects(read(text, size), new RegExp(`the key "k${again}" comes twice`));
  }
  await read("[".repeat(64) + "]".repeat(64));
  const deep = "[".repeat(1e5);
  await assert.rejects(read(deep, 4096), /nested deeper than 64 \(line 1, column 66\)/);
  await assert.rejects(read(`{"a":${deep}`, 4096), /nested deeper than 64/);
});

Deno.test("the mark before UTF-8 is skipped, and only there", async () => {
  for (const size of [1, 2, 100]) assert.deepEqual(await read("\ufeff[1]", size), [1]);
  await assert.rejects(read("[\ufeff1]"), CocoFormatError);
  await assert.rejects(read(Uint8Array.of(0xef, 0xbb)), CocoFormatError);
});

Deno.test("streams that are none, and streams that fail, say so", async () => {
  const strings = ["[1]"] as unknown as Iterable<Uint8Array>;
  const json = new JsonStream(strings, "file");
  await assert.rejects(json.read(() => json.cursor.peek()), {
    name: "TypeError",
    message: "a stream of bytes must yield Uint8Array, got string",
  });
  async function* failing() {
    yield new TextEncoder().encode("[1,");
    throw await Promise.resolve(new Error("the disk is gone"));
  }
  const broken = new JsonStream(failing(), "file");
  await assert.rejects(broken.read(() => tree(broken.cursor)), { message: "the disk is gone" });
});

Deno.test("an element may be long, but not without end", async () => {
  const long = `["${"a".repeat(3e6)}"]`;
  assert.equal((await read(long, 1000) as string[])[0].length, 3e6);
  const piece = new Uint8Array(8 * 2 ** 20).fill(0x61);
  function* endless() {
    yield new TextEncoder().encode('[[], "');
    for (let i = 0; i < 100; i++) yield piece;
    assert.fail("read on");
  }
  const json = new JsonStream(endless(), "file");
  const skipAll = async () => {
    for await (const _ of json.elements(() => json.cursor.skip()));
  };
  await assert.rejects(skipAll(), /file: a value of more than 64 MiB \(line 1, column 5\)/);
});
