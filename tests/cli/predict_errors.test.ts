/** What `fiedler predict` says of files that it cannot use, and what `fiedler inspect` says of them. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { CliError } from "../../packages/cli/exit.ts";
import { SMALL, type SmallOptions, smallSegmenter } from "./segmenter_case.ts";
import { call, inFolder, testPicture } from "./support.ts";

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
const BACKBONE = fixture("checkpoints/mae.pth");

/** A command line that predicts with `file`; everything lies in `root`. */
const command = (root: string, file: string, ...more: readonly string[]) => [
  ...["predict", join(root, "photo.png"), "--out", join(root, `out ${file}`)],
  ...["--weights", join(root, file), ...more],
];

/** Asserts that a command fails with an exit code and words. */
async function refused(
  args: readonly string[],
  exit: number,
  words: readonly RegExp[],
): Promise<void> {
  const error = await call(args).then(() => null, (error) => error);
  assert.ok(error instanceof CliError, String(error?.stack ?? "it did not fail"));
  const text = `${error.what}\n${error.where}\n${error.advice}`;
  assert.equal(error.exit, exit, text);
  for (const word of words) assert.match(text, word);
}

/** Runs a body in a folder with a photo. */
const withPhoto = (body: (root: string) => Promise<void>) =>
  inFolder(async (root) => {
    await Deno.writeFile(join(root, "photo.png"), testPicture(1));
    await body(root);
  });

/** A segmenter's file with other metadata, of the same length. */
async function edited(from: string, to: string): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await smallSegmenter();
  const text = new TextDecoder("latin1").decode(bytes);
  const at = text.indexOf(from);
  assert.ok(at >= 0 && from.length === to.length, from);
  bytes.set(new TextEncoder().encode(to), at);
  return bytes;
}

Deno.test("predict names what is not a segmenter, and what to do", () =>
  withPhoto(async (root) => {
    await refused(command(root, "none.safetensors"), 2, [/no such segmenter/, /fiedler train/]);
    const photo = join(root, "photo.png");
    await refused(["predict", photo, "--weights", "scenes-tinny"], 2, [/did you mean scenes-tiny/]);
    await Deno.writeTextFile(join(root, "notes.txt"), "a few words, and no tensor at all\n");
    await refused(command(root, "notes.txt"), 4, [/notes\.txt/, /inspect/]);
    await refused(["predict", photo, "--weights", BACKBONE], 4, [
      /this is a backbone \(MAE, ViT of 1 block/,
      /fiedler train SOURCE --backbone .*mae\.pth/,
    ]);
    await refused(["predict", photo, "--weights", fixture("checkpoints/mae_16x16.npy")], 4, [
      /format fiedler-segmenter, got none/,
    ]);
    await Deno.mkdir(join(root, "run", "train"), { recursive: true });
    await refused(command(root, "run"), 2, [/a folder/, /give a segmenter\.safetensors/]);
    const inside = join(root, "run", "train", "segmenter.safetensors");
    await Deno.writeFile(inside, await smallSegmenter());
    await refused(command(root, "run"), 2, [/give .*run.train.segmenter\.safetensors/]);
    const bytes = await smallSegmenter();
    await Deno.writeFile(join(root, "torn.safetensors"), bytes.subarray(0, bytes.length - 100));
    await refused(command(root, "torn.safetensors"), 4, [/torn\.safetensors/]);
    const newer = await edited('"version":"1"', '"version":"2"');
    await Deno.writeFile(join(root, "newer.safetensors"), newer);
    await refused(command(root, "newer.safetensors"), 4, [
      /version 2 is newer than 1/,
      /use a newer Fiedler/,
    ]);
  }));

Deno.test("predict names tensors that are missing, surplus, odd or not finite", () =>
  withPhoto(async (root) => {
    const name = "pyramid.output2.bias";
    const filled = (shape: number[], value: number) => ({
      shape,
      values: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value),
    });
    const write = async (file: string, arrays: SmallOptions["arrays"]) =>
      await Deno.writeFile(join(root, file), await smallSegmenter({ arrays }));
    await write("missing", { [name]: null });
    await refused(command(root, "missing"), 4, [/"pyramid\.output2\.bias" is missing/]);
    await write("surplus", { stray: filled([16], 0) });
    await refused(command(root, "surplus"), 4, [/"stray" is unknown/]);
    await write("odd", { [name]: filled([8], 0) });
    await refused(command(root, "odd"), 4, [/output2\.bias" must be \[16\], got \[8\]/]);
    const bytes = await smallSegmenter();
    bytes.set(new Uint8Array(Float32Array.of(NaN).buffer), bytes.length - 4);
    await Deno.writeFile(join(root, "nan"), bytes);
    await refused(command(root, "nan"), 4, [/"pyramid\..*", whose element \d+ is NaN/]);
    // Finite, but their sums are not.
    await write("huge", { "category.output.weight": filled([3, 3, 16, 1], 3e38) });
    await refused(command(root, "huge"), 4, [/logits of level \d must be finite/, /inspect/]);
    await write("checkpoint", { "optimiser.momentum": filled([16], 1) });
    const { said } = await call(command(root, "checkpoint"));
    assert.match(said.prints[0], /in 1 picture/, "what an optimiser remembers is not looked at");
  }));

Deno.test("predict names a backbone that is not here, or another one", () =>
  withPhoto(async (root) => {
    const before = Deno.env.get("FIEDLER_WEIGHTS");
    Deno.env.set("FIEDLER_WEIGHTS", join(root, "cache"));
    try {
      const write = async (file: string, backbone: Readonly<Record<string, unknown>>) =>
        await Deno.writeFile(join(root, file), await smallSegmenter({ backbone }));
      await write("official", { name: "dino-vitb16", release: "dino" });
      await refused(command(root, "official"), 2, [
        /its backbone: the weights of dino-vitb16 are not here/,
        /fiedler weights fetch dino-vitb16/,
      ]);
      await write("private", { name: "my_vit" });
      await refused(command(root, "private"), 2, [/its backbone: .*my_vit/, /--backbone FILE/]);
      await write("unknown", { release: "of tomorrow" });
      await refused(command(root, "unknown"), 4, [/a release that is not known here: of tomorrow/]);
      await write("usual", {});
      await refused(command(root, "usual", "--backbone", "dino-tiny"), 4, [
        /was trained on another backbone: mae-tiny with SHA-256 [0-9a-f]{16}…, got [0-9a-f]{16}…/,
        /--backbone FILE/,
      ]);
    } finally {
      if (before === undefined) Deno.env.delete("FIEDLER_WEIGHTS");
      else Deno.env.set("FIEDLER_WEIGHTS", before);
    }
  }));

Deno.test("predict refuses pictures that are too large, and takes any short side", () =>
  withPhoto(async (root) => {
    await Deno.writeFile(join(root, "small"), await smallSegmenter());
    await refused(command(root, "small", "--max-pixels", "1000"), 3, [/not one of the pictures/]);
    const skipped = await Deno.readTextFile(join(root, "out small", "skipped.jsonl"));
    assert.match(skipped, /"too-large".*--max-pixels/);
    await Deno.remove(join(root, "out small"), { recursive: true });
    const { said } = await call(command(root, "small", "--short-side", "16", "--longest", "20"));
    assert.match(said.prints[0], /in 1 picture/);
  }));

Deno.test("predict numbers the classes of a published segmenter, and says so", () =>
  withPhoto(async (root) => {
    const published = fixture("segmenter/published/solo.pth");
    await Deno.copyFile(published, join(root, "solo.pth"));
    const size = ["--short-side", "64", "--longest", "96", "--class-score", "0", "--score", "0"];
    const { said } = await call(command(root, "solo.pth", ...size, "--most", "9"));
    assert.match(said.notes.join("\n"), /5 classes, which the file does not name: category_id/);
    assert.match(said.prints[0], /^ {2}\d\.\d\d {2}class [1-5], \d+ × \d+ at /m);
    const out = join(root, "out solo.pth");
    const coco = JSON.parse(await Deno.readTextFile(join(out, "predictions.coco.json")));
    const ids = coco.map(({ category_id }: { category_id: number }) => category_id);
    assert.ok(new Set(ids).size > 1 && ids.every((id: number) => id >= 1 && id <= 5), `${ids}`);
    const truth = join(root, "truth.json");
    await call(["export", out, "--format", "coco", "--out", truth]);
    const { categories, annotations } = JSON.parse(await Deno.readTextFile(truth));
    assert.equal(categories.at(-1).name, `class ${Math.max(...ids)}`);
    assert.deepEqual(
      annotations.map((it: { category_id: number }) => it.category_id).sort(),
      ids.sort(),
    );
    await refused([...command(root, "solo.pth"), "--backbone", "mae-tiny"], 2, [
      /its own backbone/,
    ]);
  }));

Deno.test("inspect tells of segmenters, ours and published ones", () =>
  inFolder(async (root) => {
    const inspect = async (path: string) => (await call(["inspect", path])).said;
    const path = join(root, "small");
    await Deno.writeFile(path, await smallSegmenter());
    const { prints: [text], events } = await inspect(path);
    assert.match(text, /^segmenter SOLOv2 on mae-tiny$/m);
    assert.match(text, /^levels +6 × 6, 4 × 4 cells$/m);
    assert.match(text, /^pictures +shorter side 64, longer one at most 96 pixels$/m);
    assert.match(text, /^training +steps: 0$/m);
    assert.doesNotMatch(text, /^model|^says +config/m);
    const { segmenter } = events.find(({ event }) => event === "file") as {
      segmenter?: { config: unknown };
    };
    assert.deepEqual(segmenter?.config, SMALL);
    const arrays = { "optimiser.momentum": { shape: [1], values: Float32Array.of(1) } };
    await Deno.writeFile(path, await smallSegmenter({ arrays }));
    assert.match((await inspect(path)).prints[0], /^segmenter .*, in the midst of its training$/m);
    await Deno.writeFile(path, await edited('"version":"1"', '"version":"2"'));
    assert.match((await inspect(path)).prints[0], /^segmenter not usable: .*version 2 is newer/m);
    const published = (await inspect(fixture("segmenter/published/solo.pth"))).prints[0];
    assert.match(published, /^segmenter SOLOv2 of its authors, .*, 5 classes$/m);
    assert.match(published, /^layout +solo$/m);
    assert.match(published, /^note +left aside/m);
  }));
