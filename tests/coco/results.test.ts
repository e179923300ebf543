import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type CocoFormatError,
  type CocoMask,
  type CocoPicture,
  type CocoResult,
  cocoResults,
  rankScore,
  readCocoResults,
  writeCocoResults,
} from "@fiedler/coco";

const segmentation = { size: [2, 2], counts: "22" } as const;
const kept = (rank: number): CocoMask => ({
  rank,
  dropped: null,
  segmentation,
  bbox: [1, 0, 1, 2],
});
const dropped: CocoMask = { rank: 1, dropped: { rule: "nms" } };

async function* stream(pictures: readonly CocoPicture[]): AsyncIterable<CocoPicture> {
  yield* pictures;
}

const write = async (pictures: readonly CocoPicture[], options = {}) =>
  (await Array.fromAsync(cocoResults(stream(pictures), options))).join("");

Deno.test("cocoResults() writes one result a line, best first, kept masks only", async () => {
  const text = await write([
    { id: 1, masks: [kept(2), dropped, kept(0)] },
    { id: 2, masks: [dropped] },
    { id: 9, masks: [kept(0)] },
  ]);
  assert.equal(text.split("\n").length, 6); // brackets, three results, final newline
  assert.deepEqual(JSON.parse(text), [
    { image_id: 1, category_id: 1, segmentation, score: 1 },
    { image_id: 1, category_id: 1, segmentation, score: 1 / 3 },
    { image_id: 9, category_id: 1, segmentation, score: 1 },
  ]);
});

Deno.test("cocoResults() is valid JSON without pictures, or without kept masks", async () => {
  assert.equal(await write([]), "[]\n");
  assert.equal(await write([{ id: 1, masks: [dropped] }]), "[]\n");
});

Deno.test("cocoResults() writes boxes when asked", async () => {
  const [result] = JSON.parse(await write([{ id: 1, masks: [kept(0)] }], { boxes: true }));
  assert.deepEqual(result.bbox, [1, 0, 1, 2]);
});

Deno.test("cocoResults() refuses a kept mask that is incomplete", async () => {
  await assert.rejects(write([{ id: 3, masks: [{ rank: 0, dropped: null }] }]), {
    name: "RangeError",
    message: "cocoResults: a kept mask of image 3 has no segmentation",
  });
});

Deno.test("rankScore() falls strictly and stays in (0, 1]", () => {
  const scores = Array.from({ length: 1000 }, (_, rank) => rankScore(rank));
  assert.equal(scores[0], 1);
  assert.ok(scores.every((score, i) => score > 0 && (i === 0 || score < scores[i - 1])));
  assert.throws(() => rankScore(-1), { message: "rankScore: rank must be an integer ≥ 0, got -1" });
});

/** The results in a file that comes in pieces of `size` bytes. */
async function read(text: string, size = 11): Promise<CocoResult[]> {
  const bytes = new TextEncoder().encode(text);
  const pieces = Array.from(
    { length: Math.ceil(bytes.length / size) },
    (_, i) => bytes.subarray(i * size, (i + 1) * size),
  );
  return await Array.fromAsync(readCocoResults(pieces));
}

Deno.test("readCocoResults() reads what the COCO API wrote, as JSON.parse() does", async () => {
  const path = "fixtures/coco/instances_val2014_fakesegm100_results.json";
  const results = JSON.parse(await Deno.readTextFile(path));
  assert.equal(results.length, 734);
  using file = await Deno.open(path);
  const stream = file.readable; // of 64 KiB pieces: three results are cut
  assert.deepEqual(await Array.fromAsync(readCocoResults(stream)), results);
  assert.deepEqual(await read(await Deno.readTextFile(path), 100), results);
});

Deno.test("what writeCocoResults() writes is read again, with the same bytes", async () => {
  const counts = fc.constantFrom<string | number[]>("22", [2, 2], Array.of(0, 4));
  const coordinate = fc.double({ min: 0, max: 1e4, noNaN: true });
  const result: fc.Arbitrary<CocoResult> = fc.tuple(
    fc.record({ image_id: fc.maxSafeInteger(), category_id: fc.integer() }),
    fc.oneof(
      counts.map((counts) => ({ segmentation: { size: [2, 2] as const, counts } })),
      fc.constant({ segmentation: [[0, 0, 5.5, 1e-7, 3, 4]] }),
      fc.tuple(coordinate, coordinate, coordinate, coordinate).map((bbox) => ({ bbox })),
      fc.constant({ segmentation: [[1, 1, 2, 2]], bbox: [1, 1, 2, 2] as const }),
    ),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((score) => ({ score: score + 0 })),
  ).map(([ids, shape, score]) => ({ ...ids, ...shape, ...score }));
  await fc.assert(
    fc.asyncProperty(fc.array(result), fc.integer({ min: 1, max: 60 }), async (results, size) => {
      const text = (await Array.fromAsync(writeCocoResults(results))).join("");
      const again = await read(text, size);
      assert.deepEqual(again, results);
      assert.equal((await Array.fromAsync(writeCocoResults(again))).join(""), text);
      assert.equal(text.split("\n").length, results.length + (results.length > 0 ? 3 : 2));
    }),
    { seed: 13, numRuns: 500 },
  );
});

Deno.test("the bytes do not depend on the order of fields, nor on fields that COCO has not", async () => {
  const write = async (results: CocoResult[]) =>
    (await Array.fromAsync(writeCocoResults(results))).join("");
  const one = { image_id: 1, category_id: 2, segmentation, score: 0.5 };
  const other = {
    score: 0.5,
    note: "mine",
    segmentation: { counts: "22", size: [2, 2] as const },
    category_id: 2,
    image_id: 1,
  };
  assert.equal(await write([other]), await write([one]));
});

Deno.test("readCocoResults() skips fields it does not know and takes ids that are numbers", async () => {
  const text = `[{"image_id": "139", "category_id": 1.0, "bbox": [], "id": {"a": [1, "]"]},
    "segmentation": {"counts": "22", "size": [2, 2], "x": null}, "score": -3e2, "": 0}]`;
  for (let size = 1; size < 40; size++) {
    assert.deepEqual(await read(text, size), [
      { image_id: 139, category_id: 1, segmentation, score: -300 },
    ]);
  }
  assert.deepEqual(await read("[]"), []);
});

/** A result with some fields replaced by JSON text; left out where that is null. */
function line(fields: Record<string, string | null>): string {
  const all = { image_id: "1", category_id: "1", bbox: "[0,0,1,1]", score: "1", ...fields };
  const kept = Object.entries(all).filter(([, value]) => value !== null);
  return `[{${kept.map(([key, value]) => `"${key}":${value}`).join()}}]`;
}

Deno.test("readCocoResults() refuses by name what is no result", async () => {
  const rle = (size: string, counts: string) => ({
    segmentation: `{"size":${size},"counts":${counts}}`,
  });
  const cases: readonly [Record<string, string | null>, string][] = [
    [{ image_id: null }, "[0]: image_id is missing"],
    [{ category_id: null }, "[0]: category_id is missing"],
    [{ score: null }, "[0]: score is missing"],
    [{ bbox: null }, "[0]: needs a segmentation or a bbox"],
    [{ bbox: "[]", segmentation: "[]" }, "[0]: needs a segmentation or a bbox"],
    [{ score: "NaN" }, "[0].score: needed a number, got NaN"],
    [{ score: "-Infinity" }, "[0].score: needed a number, got -Infinity"],
    [{ score: "null" }, "[0].score: needed a number, got null"],
    [{ score: '"0.5"' }, "[0].score: needed a number, got a string"],
    [{ score: "1e400" }, "[0].score: a number too large for a double: 1e400"],
    [{ image_id: "1.5" }, "[0].image_id: needed a whole number, got 1.5"],
    [{ image_id: "9007199254740993" }, "[0].image_id: needed a whole number, got 9007199254740992"],
    [{ image_id: '"000139"' }, '[0].image_id: needed a number, got the string "000139"'],
    [{ image_id: '"a.jpg"' }, '[0].image_id: needed a number, got the string "a.jpg"'],
    [{ image_id: '""' }, '[0].image_id: needed a number, got the string ""'],
    [{ bbox: "[1,2,3]" }, "[0].bbox: needed [x, y, width, height] with sides ≥ 0, got [1, 2, 3]"],
    [
      { bbox: "[0,0,-1,2]" },
      "[0].bbox: needed [x, y, width, height] with sides ≥ 0, got [0, 0, -1, 2]",
    ],
    [{ bbox: '[0,0,"1",2]' }, "[0].bbox[2]: needed a number, got a string"],
    [{ bbox: "null" }, "[0].bbox: needed [x, y, width, height], got null"],
    [{ segmentation: "null" }, "[0].segmentation: needed polygons or run lengths, got null"],
    [{ segmentation: "[1,2,3,4]" }, "[0].segmentation[0]: needed a list of numbers, got 1"],
    [
      { segmentation: "[[1,2,3,4,5]]" },
      "[0].segmentation: polygon 0 must be x, y of at least three vertices, got 5 numbers",
    ],
    [{ segmentation: '{"counts":"22"}' }, "[0].segmentation: size is missing"],
    [{ segmentation: '{"size":[2,2]}' }, "[0].segmentation: counts is missing"],
    [
      rle("[2]", '"22"'),
      "[0].segmentation.size: needed [height, width] of at most " +
      "4294967295 pixels, got [2]",
    ],
    [rle("[2,0]", '""'), "[0].segmentation.size[1]: needed a whole number ≥ 1, got 0"],
    [
      rle("[65536,65536]", "[4294967296]"),
      "[0].segmentation.size: needed [height, width] of " +
      "at most 4294967295 pixels, got [65536,65536]",
    ],
    [rle("[2,2]", '"21"'), "[0].segmentation.counts: must sum to 2 × 2, the size, got 3"],
    [rle("[2,2]", "[2,1]"), "[0].segmentation.counts: must sum to 2 × 2, the size, got 3"],
    [rle("[2,2]", "[5,-1]"), "[0].segmentation.counts[1]: needed a whole number ≥ 0, got -1"],
    [rle("[2,2]", "[1.5,2.5]"), "[0].segmentation.counts[0]: needed a whole number ≥ 0, got 1.5"],
    [rle("[2,2]", '"2é"'), '[0].segmentation.counts: characters must be "0" to "o", got "é" at 1'],
    [rle("[2,2]", '"2P"'), "[0].segmentation.counts: number at 1 is cut off"],
    [rle("[2,2]", '"ooooooooooo0"'), "[0].segmentation.counts: number at 0 is too long"],
    [rle("[2,2]", '"4N2"'), "[0].segmentation.counts: count at 1 is negative: -2"],
    [rle("[2,2]", "4"), "[0].segmentation.counts: needed a string or a list of numbers, got 4"],
  ];
  for (const [fields, what] of cases) {
    const error: Error = await read(line(fields), 1000).then(() => null, (e) => e);
    assert.equal(error?.name, "CocoFormatError", what);
    assert.equal(error.message.replace(/ \(line 1, column \d+\)$/, ""), `results${what}`);
  }
  await assert.rejects(read('{"images": []}'), {
    message: "results: needed an array of results; an object may be the ground truth, got an " +
      "object (line 1, column 1)",
  });
  await assert.rejects(read("[[]]"), /results\[0\]: needed a result, got an array/);
  const good = line({}).slice(1, -1);
  await assert.rejects(read(`[${good},\n${good},\n${good.replace("bbox", "image_id")}]`), {
    message: 'results[2]: the key "image_id" comes twice (line 3, column 31)',
  });
});

Deno.test("a complaint looks back: to the counts, to the start of the result", async () => {
  const one = line({}).slice(1, -1);
  const counts = `[\n${one}, {"segmentation":\n  {"counts": "23",\n  "size": [2, 2]}}]`;
  const score = `[\n${one}, {"image_id":\n 1,\n "category_id": 1\n }]`;
  for (let size = 1; size < 150; size++) {
    const first: CocoFormatError = await read(counts, size).then(() => null, (e) => e);
    assert.equal(first.path, "results[1].segmentation.counts");
    assert.deepEqual(first.position, { byte: counts.indexOf('"23"'), line: 3, column: 14 });
    const second: CocoFormatError = await read(score, size).then(() => null, (e) => e);
    assert.equal(second.path, "results[1]");
    const byte = one.length + 4;
    assert.deepEqual(second.position, { byte, line: 2, column: byte - 1 });
  }
});

Deno.test("writeCocoResults() refuses numbers that JSON has not", async () => {
  const write = (result: Partial<CocoResult>) =>
    Array.fromAsync(writeCocoResults([{ image_id: 1, category_id: 1, score: 1, ...result }]));
  await assert.rejects(write({ segmentation, score: NaN }), {
    name: "RangeError",
    message: "writeCocoResults: results[0].score must be finite, got NaN",
  });
  await assert.rejects(write({ bbox: [0, 0, Infinity, 1] }), {
    message: "writeCocoResults: results[0].bbox must be finite, got Infinity",
  });
  await assert.rejects(write({}), {
    message: "writeCocoResults: results[0] needs a segmentation or a bbox",
  });
});

Deno.test("a reader that stops early gives its stream back", async () => {
  let cancelled = false;
  const piece = new TextEncoder().encode(line({}).slice(0, -1) + ",");
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(piece),
    cancel: () => void (cancelled = true),
  });
  for await (const result of readCocoResults(stream)) {
    assert.equal(result.score, 1);
    break;
  }
  assert.ok(cancelled);
});

Deno.test("a browser whose streams are no iterables is served by their reader", async () => {
  const stream = new Blob([line({})]).stream();
  const bare = { getReader: () => stream.getReader() } as ReadableStream<Uint8Array>;
  assert.equal((await Array.fromAsync(readCocoResults(bare))).length, 1);
  assert.ok(!stream.locked);
});
