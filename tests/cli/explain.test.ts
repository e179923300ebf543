/** `explain` on a run folder whose every mask has another fate. */
import { encodeRle, rleToString } from "@fiedler/coco";
import { decodeImage, sha256Hex } from "@fiedler/io";
import type { DropReason, MaskRecord, PictureRecord } from "@fiedler/pipeline";
import assert from "node:assert/strict";
import { join } from "node:path";
import { drawGrid } from "../../packages/cli/draw_grid.ts";
import { CliError } from "../../packages/cli/exit.ts";
import { keepingLimit, limitAbove, thresholdBelow } from "../../packages/cli/mask_numbers.ts";
import { call, inFolder, testPicture } from "./support.ts";

const [ROWS, COLUMNS] = [4, 6];

/** A mask of one row of cells, from a column to another, on a grid of 4 × 6. */
function mask(id: number, row: number, [from, to]: [number, number], fate: Partial<MaskRecord>) {
  const grid = new Uint8Array(ROWS * COLUMNS);
  grid.fill(1, row * COLUMNS + from, row * COLUMNS + to);
  return maskOf(id, grid, fate);
}

function maskOf(id: number, grid: Uint8Array, fate: Partial<MaskRecord>): MaskRecord {
  return {
    id,
    k: 3,
    cluster: 1,
    component: id,
    areaPatches: grid.reduce((sum, one) => sum + one, 0),
    borderPatches: 2,
    ioa: 0.9,
    iou: 0.25,
    coherence: 0.5,
    rank: null,
    dropped: null,
    grid: { size: [ROWS, COLUMNS], counts: rleToString(encodeRle(grid, ROWS, COLUMNS)) },
    ...fate,
  };
}

const dropped = (reason: DropReason, rank: number | null = null) => ({ dropped: reason, rank });

/** Five masks: kept, suppressed by it, too small, too large, not salient. */
function record(image: string, id: number, sha256: string): PictureRecord {
  const all = new Uint8Array(ROWS * COLUMNS).fill(1);
  const segmentation = {
    size: [32, 48] as const,
    counts: rleToString(encodeRle(new Uint8Array(32 * 48).fill(1, 0, 96), 32, 48)),
  };
  const pixels = { segmentation, bbox: [0, 0, 48, 2] as const, areaPixels: 96 };
  const masks = [
    mask(0, 0, [0, 5], { rank: 0, ...pixels }),
    mask(1, 0, [0, 4], dropped({ rule: "nms", rival: 0, iou: 0.8, threshold: 0.7 }, 1)),
    mask(2, 2, [0, 1], dropped({ rule: "area", areaPatches: 1, minPatches: 3 })),
    maskOf(3, all, dropped({ rule: "size", share: 1, maxShare: 0.6 })),
    mask(4, 3, [0, 3], {
      ioa: 0.3333333,
      ...dropped({ rule: "saliency", score: 0.3333333, threshold: 0.5 }),
    }),
  ];
  return {
    image,
    id,
    sha256,
    size: [32, 48],
    resized: [32, 48],
    crop: [32, 48],
    grid: [ROWS, COLUMNS],
    patch: 8,
    model: { name: "mae-tiny", sha256: "a", centred: true },
    saliencyModel: { name: "dino-tiny", sha256: "b", centred: false },
    seed: 3,
    flags: ["small-gap"],
    eigen: { values: [0, 0.25, 0.5], residuals: [1e-7, 2e-6, 1e-7], gaps: { 2: 0.25 } },
    saliency: {
      areaPatches: 5,
      borderPatches: [9, 4],
      grid: masks[0].grid,
    },
    counts: { clusters: 3, components: 5, afterArea: 3, afterSaliency: 2, kept: 1 },
    masks,
  };
}

/** A run of three pictures done, one skipped, one to come. */
async function runFolder(root: string): Promise<string> {
  const run = join(root, "run");
  const base = join(root, "photos");
  await Deno.mkdir(join(run, "proposals"), { recursive: true });
  await Deno.mkdir(join(base, "b"), { recursive: true });
  const done = ["a/dog.png", "b/cat.png", "b/dog.png"];
  const images = [...done, "b/broken.png", "b/late.png"];
  await Deno.writeFile(join(base, "b", "cat.png"), testPicture(1));
  const sha256 = await sha256Hex(testPicture(1));
  const lines = (values: readonly unknown[]) =>
    values.map((value) => `${JSON.stringify(value)}\n`).join("");
  const write = (name: string, text: string) => Deno.writeTextFile(join(run, name), text);
  await write("inputs.jsonl", lines(images.map((image, i) => ({ image, id: 100 + i, bytes: 1 }))));
  const records = done.map((image, i) => record(image, 100 + i, sha256));
  // The last line is still being written.
  await write("proposals/shard-00000.jsonl", `${lines(records)}{"image":"b/la`);
  const reason = "png: the data ends early";
  const skips = [{ image: "b/broken.png", id: 103, code: "truncated", reason }];
  await write("skipped.jsonl", lines(skips));
  const identity = {
    "min-patches": 3,
    "max-share": 0.6,
    "saliency-score": "ioa",
    "saliency-threshold": 0.5,
    nms: 0.7,
    "nms-order": "ioa",
  };
  const file = { identity, inputs: { base }, config: { "max-pixels": 1e6 } };
  await write("run.json", JSON.stringify(file));
  return run;
}

const inRun = (body: (run: string, root: string) => Promise<void>) =>
  inFolder(async (root) => await body(await runFolder(root), root));

const printed = async (...args: string[]) =>
  (await call(["explain", ...args])).said.prints.join("\n");

async function failure(args: readonly string[], exit: number): Promise<CliError> {
  const error = await call(["explain", ...args]).then(() => null, (error) => error);
  assert.ok(error instanceof CliError, `expected a CliError, got ${error?.stack ?? error}`);
  assert.equal(error.exit, exit, error.message);
  return error;
}

Deno.test("explain finds a picture by path, end of path, name without extension, and id", () =>
  inRun(async (run) => {
    const names = ["b/cat.png", "cat.png", "cat", "b/cat", "101", "./b/cat.png", "/x/b/cat.png"];
    for (const name of names) {
      assert.match(await printed(run, name), /^b\/cat\.png \(COCO id 101\)/);
    }
    const cases: readonly (readonly [string, RegExp])[] = [
      ["dog.png", /"dog.png" may be 2 pictures: a\/dog.png, b\/dog.png$/],
      ["at.png", /no picture of the run is "at.png", did you mean cat.png\?/],
      ["zebra", /no picture of the run is "zebra"$/],
      ["late", /b\/late.png is not done yet/],
    ];
    for (const [name, what] of cases) assert.match((await failure([run, name], 2)).what, what);
    assert.match((await failure([join(run, "no"), "cat"], 2)).what, /there is no run/);
  }));

Deno.test("explain says why a picture was skipped", () =>
  inRun(async (run) => {
    assert.equal(
      await printed(run, "broken"),
      "b/broken.png was skipped (truncated): png: the data ends early",
    );
  }));

Deno.test("explain tells a picture's story, with every mask and its fate", () =>
  inRun(async (run) => {
    const text = await printed(run, "cat");
    const parts = [
      "32 × 48 pixels, as 32 × 48: 4 × 6 patches of 8",
      "mae-tiny (less the keys of a grey picture), saliency by dino-tiny; seed 3",
      "flag     small gap: Two eigenvalues nearly agree",
      "λ        0.0000  0.2500  0.5000",
      "k = 2: 0.2500; residuals at most 2.0e-6",
      "5 of 24 patches (21 %): the side with fewer at the border, 4 against 9",
      "3 clusters → 5 pieces → 3 of fit size → 2 salient → 1 kept",
    ];
    for (const part of parts) assert.ok(text.includes(part), `${part}\nis not in\n${text}`);
    const rows = text.split("\n").slice(-5).map((row) => row.trim());
    assert.match(rows[0], /^0 .* 0 {2}kept$/);
    assert.match(rows[1], /^1 .* 1 {2}overlaps 80 % with mask 0 \(k = 3\): NMS limit 70 %$/);
    assert.match(rows[2], /^2 .* – {2}only 1 patch: at least 3 wanted$/);
    assert.match(rows[3], /^3 .* – {2}covers 100 % of the picture: limit 60 %$/);
    assert.match(rows[4], /^4 .*0.333 .* – {2}only 33 % inside the salient region: limit 50 %$/);
  }));

Deno.test("explain tells where each mask came from, which rule dropped it, and what keeps it", () =>
  inRun(async (run) => {
    const kept = await printed(run, "cat", "0");
    assert.match(kept, /^mask 0 of b\/cat.png: kept, place 1 among 2, of which 1 were kept\n/);
    assert.match(kept, /3 clusters; this is piece 0 of cluster 1\./);
    assert.match(kept, /5 patches of 24 \(20.8 %\), 2 of them at the border/);
    assert.match(
      kept,
      /Rows 0 to 0, columns 0 to 4 of the grid: x 0 to 40, y 0 to 8 in the picture/,
    );
    assert.match(kept, /96 pixels: x 0 to 48, y 0 to 2\./);
    assert.match(kept, /none better was kept: passed\n\nIt suppressed mask 1 \(IoU 0.8000\)\./);
    const fates: readonly (readonly [string, RegExp, RegExp])[] = [
      ["1", /nms .*IoU 0.8000 with mask 0, at most 0.7 allowed: DROPPED/, /--nms 0.8\./],
      ["2", /area .*1 patch, at least 3 needed: DROPPED/, /--min-patches 1;/],
      ["3", /size .*1.0000, at most 0.6 of the picture: DROPPED/, /--max-share 1;/],
      ["4", /saliency .*0.3333, at least 0.5 needed .*DROPPED/, /--saliency-threshold 0.3333;/],
    ];
    for (const [id, rule, keeps] of fates) {
      const text = await printed(run, "cat", id);
      assert.match(text, rule);
      assert.match(text, keeps);
      assert.equal(text.split("DROPPED").length, 2, text);
    }
    assert.match((await failure([run, "cat", "9"], 2)).what, /no mask "9" in .*masks 0 to 4/);
  }));

Deno.test("explain --json gives the record, the mask and what it suppressed", () =>
  inRun(async (run) => {
    const event = async (...args: string[]) =>
      (await call(["explain", run, ...args, "--json"])).said.events[0];
    assert.deepEqual((await event("cat")).id, 101);
    const one = await event("cat", "0");
    assert.deepEqual([one.event, one.suppressed], ["mask", [1]]);
    assert.equal((await event("broken")).code, "truncated");
  }));

Deno.test("explain --overlay draws a mask and its rival, and spares what exists", () =>
  inRun(async (run, root) => {
    const drawn = async (name: string, ...args: string[]) => {
      const path = join(root, name);
      await printed(run, "cat", ...args, "--overlay", path);
      return (await decodeImage(await Deno.readFile(path))).data;
    };
    const original = (await decodeImage(testPicture(1))).data;
    const changed = (data: Uint8Array, x: number, y: number) =>
      [0, 1, 2].some((c) => data[3 * (48 * y + x) + c] !== original[3 * (48 * y + x) + c]);
    const small = await drawn("small.png", "2"); // row 2, column 0 of 8-pixel cells
    assert.ok(changed(small, 4, 20));
    assert.ok(!changed(small, 12, 20) && !changed(small, 4, 0));
    const rivals = await drawn("rivals.png", "1"); // row 0, columns 0 to 3; its rival rows 0 and 1
    assert.ok(changed(rivals, 4, 4) && changed(rivals, 47, 0));
    assert.ok(changed(await drawn("all.png"), 47, 0));
    const again = ["cat", "--overlay", join(root, "all.png")];
    assert.match((await failure([run, ...again], 2)).what, /not written over/);
    const other = [run, "cat", "--overlay", join(root, "new.png")];
    await Deno.writeFile(join(root, "photos", "b", "cat.png"), testPicture(2));
    assert.match((await failure(other, 3)).what, /another than in the run/);
    await Deno.remove(join(root, "photos", "b", "cat.png"));
    assert.match((await failure(other, 3)).what, /cannot be read/);
  }));

Deno.test("keepingLimit() counts with masks that a higher limit lets through", () => {
  const first = (cells: number, rank: number) =>
    maskOf(rank, new Uint8Array(ROWS * COLUMNS).fill(1, 0, cells), { rank });
  const masks = [first(20, 0), first(15, 1), first(16, 2)];
  // IoU of 1 with 0 is 15/20, of 2 with 0 is 16/20, of 2 with 1 is 15/16.
  assert.equal(keepingLimit(masks, 1, 0.7), 0.75);
  // At 0.8 mask 0 spares mask 2; but then mask 1 is kept too, and suppresses it.
  assert.equal(keepingLimit(masks, 2, 0.7), 0.9375);
});

Deno.test("advised thresholds are the next steps that pass, and steps stay themselves", () => {
  assert.deepEqual([0.3333333, 0.5, 0.49999].map(thresholdBelow), [0.3333, 0.5, 0.4999]);
  assert.deepEqual([0.8333333, 0.7, 0.70001].map(limitAbove), [0.8334, 0.7, 0.7001]);
});

Deno.test("drawGrid() draws two cells a letter, and shrinks what is too wide", () => {
  // deno-fmt-ignore
  const mask = Uint8Array.of(
    1, 1, 0,
    1, 0, 0,
    0, 0, 1,
  );
  assert.deepEqual(drawGrid(mask, 3, { blocks: true, width: 3 }), [
    "┌───┐",
    "│█▀ │",
    "│  ▀│",
    "└───┘",
  ]);
  assert.deepEqual(drawGrid(mask, 3, { blocks: false, width: 3 }).slice(1, 3), ["|#' |", "|  '|"]);
  // Blocks of 2 × 2: three of four, none of two, none of two, the corner alone.
  assert.deepEqual(drawGrid(mask, 3, { blocks: false, width: 2 }), ["+--+", "|'.|", "+--+"]);
});
