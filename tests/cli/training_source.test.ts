import { encodeRle, rleToString } from "@fiedler/coco";
import fc from "fast-check";
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { CliError } from "../../packages/cli/exit.ts";
import { readTrainingSet, type TrainingSourceOptions } from "../../packages/cli/training_source.ts";
import { leftOutText } from "../../packages/cli/training_set.ts";
import { call, inFolder, photoFolder, testPicture } from "./support.ts";

const SIZE = [32, 48] as const;

/** Run lengths of a square of 10 pixels. */
function square(left: number, [height, width]: readonly [number, number] = SIZE) {
  const mask = new Uint8Array(height * width);
  for (let y = 8; y < 18; y++) mask.fill(1, y * width + left, y * width + left + 10);
  return { size: [height, width], counts: rleToString(encodeRle(mask, height, width)) };
}

const EMPTY = { size: SIZE, counts: rleToString([SIZE[0] * SIZE[1]]) };

const image = (id: number, fields: object = {}) => ({
  ...{ id, file_name: `${id}.png`, width: 48, height: 32 },
  ...fields,
});

const annotation = (id: number, image_id: number, fields: object = {}) => ({
  ...{ id, image_id, category_id: 3, segmentation: square(id), bbox: [id, 8, 10, 10], area: 100 },
  ...{ iscrowd: 0 },
  ...fields,
});

const result = (image_id: number, score: number, fields: object = {}) => ({
  ...{ image_id, category_id: 1, segmentation: square(Math.round(10 * score)), score },
  ...fields,
});

/** Writes JSON, and pictures 1 … `pictures` beside it. */
async function write(folder: string, name: string, content: unknown, pictures = 3) {
  const path = join(folder, name);
  const text = typeof content === "string" ? content : JSON.stringify(content);
  await Deno.writeTextFile(path, text);
  for (let i = 1; i <= pictures; i++) {
    await Deno.writeFile(join(folder, `${i}.png`), testPicture(i));
  }
  return path;
}

const truth = (images: unknown[], annotations: unknown[]) => ({
  ...{ images, annotations, categories: [{ id: 3, name: "cat" }] },
});

/** The source is refused, with the words given in what, where and advice. */
async function refuses(
  source: string,
  exit: number,
  words: readonly [what: RegExp, where: RegExp, advice: RegExp],
  options: TrainingSourceOptions = {},
) {
  await assert.rejects(readTrainingSet(source, options), (error: Error) => {
    assert.ok(error instanceof CliError, error.stack);
    assert.match(error.what, words[0]);
    assert.match(error.where, words[1]);
    assert.match(error.advice, words[2]);
    assert.equal(error.exit, exit);
    return true;
  });
}

Deno.test("an instances file gives the masks of its objects, in its order", () =>
  inFolder(async (folder) => {
    const polygon = [[2.5, 1.5, 9.5, 1.5, 9.5, 6.5, 2.5, 6.5]];
    const file = await write(
      folder,
      "truth.json",
      truth([image(2), image(1), image(3)], [
        annotation(5, 1),
        annotation(4, 2, { segmentation: polygon }),
        annotation(3, 1),
        annotation(9, 1, { iscrowd: 1 }),
        annotation(10, 2, { segmentation: undefined }),
        annotation(11, 1, { segmentation: EMPTY }),
      ]),
    );
    const { pictures, summary, digest } = await readTrainingSet(file);
    assert.deepEqual(pictures.map(({ id }) => id), [2, 1]);
    assert.deepEqual(pictures[1], {
      ...{ name: "1.png", id: 1, path: join(folder, "1.png"), size: [...SIZE], sha256: null },
      masks: [square(5).counts, square(3).counts],
    });
    assert.deepEqual(pictures[0].masks.length, 1);
    assert.deepEqual(summary, {
      ...{ pictures: 2, instances: 3, perPicture: 1.5 },
      shapes: { wide: 2, square: 0, tall: 0 },
      ...{ shortSides: [32, 32], longSides: [48, 48], cut: 0 },
      leftOut: {
        pictures: { heldOut: 0, unread: 0, withoutMasks: 1, missing: 0 },
        masks: { crowds: 1, boxes: 1, empty: 1, unsure: 0, surplus: 0 },
      },
    });
    assert.equal(
      leftOutText(summary.leftOut),
      "pictures: 1 without a mask; masks: 1 of a crowd, 1 only a box, 1 empty",
    );
    assert.match(digest, /^[0-9a-f]{64}$/);
  }));

Deno.test("the digest knows every name, size and mask, but not where the pictures are", () =>
  inFolder(async (root) => {
    const digestOf = async (name: string, content: unknown) => {
      const folder = join(root, name);
      await Deno.mkdir(folder);
      return (await readTrainingSet(await write(folder, "t.json", content))).digest;
    };
    const pair = [annotation(4, 1), annotation(5, 2)];
    const first = await digestOf("a", truth([image(1), image(2)], pair));
    assert.equal(await digestOf("b", truth([image(1), image(2)], pair)), first);
    const others = [
      await digestOf("c", truth([image(1), image(2)], [pair[0], annotation(6, 2)])),
      await digestOf("d", truth([image(2), image(1)], pair)),
      await digestOf("e", truth([image(1), image(2)], [pair[0], annotation(5, 1)])),
      await digestOf("f", truth([image(1), image(2, { file_name: "3.png" })], pair)),
    ];
    assert.equal(new Set([first, ...others]).size, 5);
  }));

Deno.test("pictures are looked for beside the file, in images beside it, or where --images says", () =>
  inFolder(async (root) => {
    const file = await write(root, "t.json", truth([image(1)], [annotation(4, 1)]), 0);
    await refuses(file, 3, [/^1 of 1 picture/, /1\.png$/, /--images DIR.*--skip-missing/]);
    for (
      const [name, options] of [["images", {}], ["far", { images: join(root, "far") }]] as const
    ) {
      await Deno.mkdir(join(root, name));
      await Deno.writeFile(join(root, name, "1.png"), testPicture(1));
      const { pictures } = await readTrainingSet(file, options);
      assert.equal(dirname(pictures[0].path), join(root, name));
    }
    const gone = { images: join(root, "gone") };
    await refuses(file, 2, [/folder of pictures is not there/, /gone/, /--images/], gone);
  }));

Deno.test("missing pictures are counted, and left out when asked; held out ones are not looked for", () =>
  inFolder(async (folder) => {
    const all = [1, 2, 7, 8].map((id) => image(id));
    const file = await write(
      folder,
      "t.json",
      truth(all, all.map(({ id }) => annotation(id + 10, id))),
    );
    await refuses(file, 3, [/^2 of 4 pictures with masks are not there$/, /7\.png$/, /--images/]);
    const { summary } = await readTrainingSet(file, { skipMissing: true });
    assert.equal(summary.pictures, 2);
    assert.equal(summary.leftOut.pictures.missing, 2);
    const { pictures, summary: rest } = await readTrainingSet(file, {
      keep: ({ id, name }) => id < 7 && name !== "1.png",
    });
    assert.deepEqual(pictures.map(({ id }) => id), [2]);
    assert.equal(rest.leftOut.pictures.heldOut, 3);
    await refuses(file, 3, [/no picture/, /pictures: 4 kept for prediction$/, /source/], {
      keep: () => false,
    });
    const only = { skipMissing: true, keep: ({ id }: { id: number }) => id > 2 };
    await refuses(file, 3, [/no picture/, /2 kept for prediction, 2 not there$/, /--images/], only);
  }));

Deno.test("masks that do not fit are refused with their file, annotation and picture", () =>
  inFolder(async (folder) => {
    const cases: [unknown, RegExp, RegExp][] = [
      [square(4, [48, 32]), /does not fit/, /annotation 4 of 1\.png: .* 32 × 48, got 48 × 32/],
      [{ size: SIZE, counts: [5, 3] }, /not COCO/, /annotations\[0\].*sum to 32 × 48/],
      [{ size: SIZE, counts: "P15z" }, /not COCO/, /annotations\[0\]\.segmentation\.counts/],
      [{ size: SIZE, counts: [-1, 1537] }, /not COCO/, /annotations\[0\]/],
      [[[50, 2, 60, 2, 60, 9]], /outside its picture/, /annotation 4 of 1\.png: .* 32 × 48 pixels/],
      [[[2, -9, 8, -9, 8, -1]], /outside its picture/, /annotation 4/],
      [[[2, 2, 8]], /not COCO/, /annotations\[0\]/],
    ];
    for (const [segmentation, what, where] of cases) {
      const file = await write(
        folder,
        "t.json",
        truth([image(1)], [
          annotation(4, 1, { segmentation }),
        ]),
      );
      await refuses(file, 3, [what, where, /./]);
    }
    const orphan = await write(folder, "t.json", truth([image(1)], [annotation(4, 9)]));
    await refuses(orphan, 3, [/not listed/, /annotation 4 is of picture 9$/, /belong together/]);
  }));

Deno.test("outlines that go on beyond the border are cut there, and counted", () =>
  inFolder(async (folder) => {
    const file = await write(
      folder,
      "t.json",
      truth([image(1)], [
        annotation(4, 1, { segmentation: [[-9, -9, 99, -9, 99, 99, -9, 99]] }),
        annotation(5, 1, { segmentation: [[0, 0, 48.4, 0, 48.4, 32.4, 0, 32.4]] }), // rounding
      ]),
    );
    const { pictures, summary } = await readTrainingSet(file);
    assert.equal(summary.cut, 1);
    const whole = rleToString([0, 32 * 48]);
    assert.deepEqual(pictures[0].masks, [whole, whole]);
  }));

Deno.test("a file without a usable mask says what it has instead", () =>
  inFolder(async (folder) => {
    const cases: [unknown[], RegExp, RegExp][] = [
      [[annotation(1, 1, { segmentation: EMPTY })], /masks: 1 empty$/, /in pixels/],
      [[annotation(1, 1, { segmentation: undefined })], /masks: 1 only a box$/, /segmentation/],
      [[annotation(1, 1, { iscrowd: 1 })], /masks: 1 of a crowd$/, /a source with masks/],
      [[], /1 without a mask$/, /a source with masks/],
      // Shares of the picture rather than pixels.
      [
        [annotation(1, 1, { segmentation: [[0.1, 0.2, 0.4, 0.2, 0.4, 0.5]] })],
        /empty/,
        /in pixels/,
      ],
    ];
    for (const [annotations, where, advice] of cases) {
      const file = await write(folder, "t.json", truth([image(1)], annotations));
      await refuses(file, 3, [/^no picture with a mask to learn from$/, where, advice]);
    }
    const nothing = await write(folder, "t.json", truth([], []));
    await refuses(nothing, 3, [/no picture/, /it names no picture$/, /source/]);
  }));

Deno.test("results give the best masks of a sufficient score", () =>
  inFolder(async (folder) => {
    const like = await write(folder, "t.json", truth([1, 2, 3].map((id) => image(id)), []));
    const scores = [0.1, 0.9, 0.3, 0.8, 0.31];
    const results = await write(folder, "r.json", [
      ...scores.map((score) => result(1, score)),
      result(2, 0.9),
      result(3, 0.2),
      result(2, 0.7, { segmentation: undefined, bbox: [0, 0, 4, 4] }),
    ]);
    const options = { like, leastScore: 0.3, mostPerPicture: 3 };
    const { pictures, summary } = await readTrainingSet(results, options);
    assert.deepEqual(pictures.map(({ masks }) => masks), [
      [9, 8, 3].map((left) => square(left).counts),
      [square(9).counts],
    ]);
    assert.deepEqual(summary.leftOut.masks, {
      crowds: 0,
      boxes: 1,
      empty: 0,
      unsure: 2,
      surplus: 1,
    });
    assert.equal(summary.leftOut.pictures.withoutMasks, 1);
    const held = await readTrainingSet(results, { ...options, keep: ({ id }) => id !== 1 });
    assert.deepEqual(held.pictures.map(({ id }) => id), [2]);
    await refuses(results, 3, [/no picture/, /below the least score/, /--least-score/], {
      ...{ like, leastScore: 1, keep: ({ id }) => id === 1 },
    });
    const other = await write(folder, "o.json", [result(9, 0.5)]);
    await refuses(other, 3, [/not listed/, /result 0 is of picture 9$/, /belong/], { like });
  }));

Deno.test("files of the wrong kind are refused, whichever way they are mixed up", () =>
  inFolder(async (folder) => {
    const good = await write(folder, "t.json", truth([image(1)], [annotation(4, 1)]));
    const results = await write(folder, "r.json", [result(1, 0.5)]);
    const config = await write(folder, "c.json", { model: "mae-tiny" });
    const tasks = await write(folder, "l.json", [{ data: { image: "1.png" }, annotations: [] }]);
    const torn = await write(folder, "x.json", '{"images": [');
    await refuses(results, 2, [/does not name its pictures/, /r\.json/, /--like/]);
    await refuses(good, 2, [/--like is for results/, /t\.json/, /leave/], { like: good });
    await refuses(results, 2, [/does not name pictures/, /r\.json/, /--like/], { like: results });
    await refuses(config, 3, [/not COCO/, /c\.json: .*images is missing/, /fiedler import/]);
    await refuses(tasks, 3, [/not COCO/, /l\.json: .*image_id is missing/, /import/], {
      like: good,
    });
    await refuses(torn, 3, [/not COCO/, /x\.json: /, /./]);
    await refuses(join(folder, "1.png"), 3, [/not COCO/, /1\.png: /, /./]);
    await refuses(join(folder, "no.json"), 2, [/no such file/, /no\.json/, /path/]);
    await refuses(folder, 2, [/no run in this folder/, /./, /./]);
    const outside = await write(folder, "t.json", truth([image(1, { file_name: "../1.png" })], []));
    await refuses(outside, 3, [/not COCO/, /file_name.*inside the folder/, /./]);
  }));

/** A finished run over photos: 9 of them, and a broken one. */
async function makeRun(root: string): Promise<{ photos: string; run: string }> {
  const photos = await photoFolder(root);
  const run = join(root, "run");
  await call(["propose", photos, "--out", run]);
  return { photos, run };
}

const shardOf = (run: string) => join(run, "proposals", "shard-00000.jsonl");

Deno.test("a run gives its kept masks, hashes, and pictures where it found them", () =>
  inFolder(async (root) => {
    const { photos, run } = await makeRun(root);
    const { pictures, summary, digest } = await readTrainingSet(run);
    assert.equal(pictures.length, 9);
    assert.equal(summary.leftOut.pictures.unread, 1);
    const lines = (await Deno.readTextFile(shardOf(run))).trimEnd().split("\n");
    const records = lines.map((line) => JSON.parse(line));
    pictures.forEach(({ name, path, sha256, size, masks }, i) => {
      assert.equal(path, join(photos, name));
      const { image, ...record } = records[i];
      assert.deepEqual([name, sha256, size], [image, record.sha256, record.size]);
      const kept = record.masks.filter(({ dropped }: { dropped: unknown }) => dropped === null);
      assert.deepEqual(masks, [kept[0].segmentation.counts]);
    });
    const moved = join(root, "elsewhere");
    await Deno.rename(photos, moved);
    await refuses(run, 3, [/not there/, /./, /--images DIR/]);
    assert.equal((await readTrainingSet(run, { images: moved })).digest, digest);
    await Deno.writeTextFile(join(moved, "p0.png"), "another");
    await refuses(run, 3, [/1 picture changed/, /p0\.png$/, /make the masks again/], {
      images: moved,
    });
  }));

Deno.test("a run names the pictures of results", () =>
  inFolder(async (root) => {
    const { run } = await makeRun(root);
    const [{ id, size, sha256 }] = (await readTrainingSet(run)).pictures;
    const segmentation = square(3, [size[0], size[1]]);
    const results = await write(root, "r.json", [result(id, 0.5, { segmentation })], 0);
    const { pictures, summary } = await readTrainingSet(results, { like: run });
    assert.deepEqual(pictures.map(({ masks }) => masks), [[segmentation.counts]]);
    assert.equal(pictures[0].sha256, sha256);
    assert.deepEqual(
      [summary.leftOut.pictures.withoutMasks, summary.leftOut.pictures.unread],
      [8, 1],
    );
    const wrong = await write(root, "w.json", [result(id, 0.5, {
      segmentation: square(3, [20, 20]),
    })], 0);
    await refuses(wrong, 3, [/does not fit/, /result 0, of /, /./], { like: run });
  }));

Deno.test("runs that are not finished or not whole are refused", () =>
  inFolder(async (root) => {
    const { run } = await makeRun(root);
    const shard = shardOf(run);
    const good = await Deno.readTextFile(shard);
    const lines = good.trimEnd().split("\n");
    const changed = async (edit: (record: Record<string, unknown>) => void) => {
      const record = JSON.parse(lines[0]);
      edit(record);
      await Deno.writeTextFile(shard, [JSON.stringify(record), ...lines.slice(1), ""].join("\n"));
    };
    const damaged = [/records are damaged/, /run/, /--force/] as const;
    await Deno.writeTextFile(shard, good.slice(0, -20));
    await refuses(run, 3, damaged);
    await changed((record) => delete record.size);
    await refuses(run, 3, damaged);
    await changed((record) => delete (record.masks as { segmentation: unknown }[])[0].segmentation);
    await refuses(run, 3, damaged);
    await changed((record) => record.size = [8, 8]);
    await refuses(run, 3, [/does not fit/, /mask 0: /, /again/]);
    await Deno.writeTextFile(shard, good);
    await readTrainingSet(run);
    const file = join(run, "run.json");
    const state = JSON.parse(await Deno.readTextFile(file));
    await Deno.writeTextFile(file, JSON.stringify({ ...state, status: "running" }));
    await refuses(run, 2, [/not finished/, /run/, /command again/]);
  }));

Deno.test("pictures, instances and what is left out add up, whatever the file", () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          of: fc.integer({ min: 1, max: 3 }),
          kind: fc.constantFrom("mask", "crowd", "empty", "box"),
        }),
        { minLength: 1, maxLength: 12 },
      ),
      (entries) =>
        inFolder(async (folder) => {
          const annotations = entries.map(({ of, kind }, i) =>
            annotation(i + 1, of, {
              ...(kind === "crowd" ? { iscrowd: 1 } : {}),
              ...(kind === "empty" ? { segmentation: EMPTY } : {}),
              ...(kind === "box" ? { segmentation: undefined } : {}),
            })
          );
          const file = await write(
            folder,
            "t.json",
            truth([1, 2, 3].map((id) => image(id)), annotations),
          );
          const masks = entries.filter(({ kind }) => kind === "mask");
          if (masks.length === 0) return refuses(file, 3, [/no picture/, /./, /./]);
          const { summary: { pictures, instances, leftOut } } = await readTrainingSet(file);
          const out = Object.values(leftOut.masks).reduce((sum, count) => sum + count);
          assert.equal(instances, masks.length);
          assert.equal(instances + out, entries.length);
          assert.equal(pictures, new Set(masks.map(({ of }) => of)).size);
          assert.equal(pictures + leftOut.pictures.withoutMasks, 3);
        }),
    ),
    { numRuns: 30 },
  ));
