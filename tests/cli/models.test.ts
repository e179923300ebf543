import { openTensorFile, readNpy } from "@fiedler/io";
import { findWeights, recognise } from "@fiedler/models";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { CliError } from "../../packages/cli/exit.ts";
import { FileSource } from "../../packages/cli/file_source.ts";
import { findModel } from "../../packages/cli/weights.ts";
import { cachePath } from "../../packages/cli/weights_cache.ts";
import { assertClose } from "../support/conformance.ts";
import { call, inFolder } from "./support.ts";

const CHECKPOINTS = fileURLToPath(new URL("../../fixtures/checkpoints/", import.meta.url));
const checkpoint = (name: string) => join(CHECKPOINTS, name);

const exits = (exit: number, what: RegExp) => (error: unknown) => {
  assert.ok(error instanceof CliError, `${error}`);
  assert.equal(error.exit, exit);
  assert.match(`${error.what}\n${error.advice}`, what);
  return true;
};

Deno.test("features takes any checkpoint, by its own signs or named", () =>
  inFolder(async (root) => {
    const picture = checkpoint("80x112.png");
    const golden = readNpy(await Deno.readFile(checkpoint("dino_flat_80x112.npy")));
    const about = async (folder: string) =>
      JSON.parse(await Deno.readTextFile(join(root, folder, "80x112.json")));
    const run = async (folder: string, ...flags: string[]) => {
      const args = ["features", picture, "--weights", checkpoint("dino_flat.pth"), ...flags];
      const { said } = await call([...args, "--out", join(root, folder)]);
      const array = readNpy(await Deno.readFile(join(root, folder, "80x112.npy")));
      return { said, keys: array.data as Float32Array };
    };
    const plain = await run("plain");
    // As the goldens of the models: f32 sums of 64 and 256 terms through two blocks.
    assertClose(plain.keys, golden.data as Float32Array, { relative: 1e-4 });
    assert.ok(plain.said.notes.some((line) => /dino_flat: DINO, ViT of 2 blocks/.test(line)));
    const { model, encoder, network } = await about("plain");
    assert.deepEqual([model, encoder], ["dino_flat", "backbone"]);
    assert.match(network, /^DINO, ViT/);
    const mae = await run("mae", "--model", "mae");
    assert.notDeepEqual(mae.keys, plain.keys, "positions by size");
    assert.equal((await about("mae")).model, "mae");
    const two = await run("heads", "--heads", "2");
    assert.notDeepEqual(two.keys, plain.keys);
  }));

Deno.test("--encoder chooses among the encoders of a training checkpoint", () =>
  inFolder(async (root) => {
    const weights = checkpoint("moco_v3.pth.tar");
    const features = async (...flags: string[]) => {
      const out = join(root, flags.join("-") || "default");
      const picture = checkpoint("16x16.png");
      await call(["features", picture, "--weights", weights, "--out", out, ...flags]);
      return readNpy(await Deno.readFile(join(out, "16x16.npy"))).data;
    };
    const base = await features();
    assert.deepEqual(await features("--encoder", "base"), base);
    assert.notDeepEqual(await features("--encoder", "momentum"), base);
    await assert.rejects(
      () => features("--encoder", "teacher"),
      exits(4, /no encoder "teacher", the file has base, momentum/),
    );
  }));

Deno.test("a published name is found in the cache, and its absence says what to type", () =>
  inFolder(async (root) => {
    const before = Deno.env.get("FIEDLER_WEIGHTS");
    Deno.env.set("FIEDLER_WEIGHTS", root);
    try {
      const request = { nameOrFile: "selfpatch", flag: "model" };
      await assert.rejects(
        () => findModel(request),
        exits(2, /selfpatch-vits16 are not here\n.*fiedler weights fetch selfpatch-vits16/),
      );
      await Deno.copyFile(checkpoint("selfpatch.pth"), cachePath(findWeights("selfpatch")!));
      const found = await findModel(request);
      assert.equal(found.name, "selfpatch-vits16");
      assert.match(found.title, /^SelfPatch/);
      assert.match(found.terms!, /^Apache-2.0/);
    } finally {
      if (before === undefined) Deno.env.delete("FIEDLER_WEIGHTS");
      else Deno.env.set("FIEDLER_WEIGHTS", before);
    }
    await assert.rejects(
      () => findModel({ nameOrFile: "mae-vitb61", flag: "model" }),
      exits(2, /did you mean mae-vitb16\?/),
    );
  }));

Deno.test("inspect lists tensors and names the model, of any format", () =>
  inFolder(async (root) => {
    const lines = async (file: string, ...flags: string[]) =>
      (await call(["inspect", file, ...flags])).said.prints[0];
    const torch = await lines(checkpoint("mae.pth"));
    assert.match(torch, /^model\.blocks\.0\.attn\.qkv\.weight +F32 +\[192, 64\] +49 kB$/m);
    assert.match(torch, /^file +torch pickle/m);
    assert.match(torch, /^model +MAE, ViT of 1 blocks? of 64, patch 4; encoder encoder$/m);
    const array = await lines(checkpoint("mae_16x16.npy"));
    assert.match(array, /^array +F32/m);
    assert.match(array, /^model +none: no model that is known/m);
    await Deno.writeTextFile(join(root, "page.pth"), "<!DOCTYPE html><html>404</html>");
    await assert.rejects(() => lines(join(root, "page.pth")), exits(4, /page/));
    await assert.rejects(() => lines(join(root, "none.pth")), exits(2, /no such file/));
  }));

Deno.test("convert writes what gives the same keys, whatever the file's name", () =>
  inFolder(async (root) => {
    for (
      const [file, flags] of [
        ["dino_full.pth", ["--encoder", "student"]],
        ["huggingface_mae.safetensors", []],
        ["densecl.pth", []],
        ["selfpatch.pth", []],
      ] as const
    ) {
      const out = join(root, `${file}.safetensors`);
      await call(["convert", checkpoint(file), "--out", out, ...flags]);
      using from = FileSource.open(checkpoint(file));
      using to = FileSource.open(out);
      const [source, target] = [await openTensorFile(from), await openTensorFile(to)];
      const { encoder, parameters, title, metadata } = recognise(source, { encoder: flags[1] });
      const converted = recognise(target);
      assert.equal(converted.title, title);
      assert.equal(converted.encoder, encoder);
      assert.deepEqual(converted.metadata, metadata);
      for (const [name, parameter] of parameters) {
        assert.deepEqual(await converted.parameters.get(name)!.read(), await parameter.read());
      }
      assert.match(target.metadata.source_sha256, /^[0-9a-f]{64}$/);
      await assert.rejects(
        () => call(["convert", checkpoint(file), "--out", out]),
        exits(2, /the file exists/),
      );
    }
    const array = join(root, "array.safetensors");
    await assert.rejects(
      () => call(["convert", checkpoint("mae_16x16.npy"), "--out", array]),
      exits(4, /no model that is known.*--all/),
    );
    await call(["convert", checkpoint("mae_16x16.npy"), "--out", array, "--all"]);
    await assert.rejects(() => call(["convert", checkpoint("mae.pth")]), exits(2, /--out FILE/));
  }));

Deno.test("of the hints only those that change the model are kept, and recorded", async () => {
  const hints = { dilate: true, enlarge: 2 } as const;
  const found = async (name: string) =>
    (await findModel({ nameOrFile: checkpoint(name), flag: "model", hints })).hints;
  const { dilate, enlarge } = await found("dino_flat.pth");
  assert.deepEqual([dilate, enlarge], [undefined, undefined], "there is no layer4 to dilate");
  const resnet = await found("densecl.pth");
  assert.deepEqual([resnet.dilate, resnet.enlarge], [true, 2]);
});

Deno.test("a deviation of the input that is not above 0 is refused, whatever the network", async () => {
  for (const name of ["densecl.pth", "dino_flat.pth"]) {
    using source = FileSource.open(checkpoint(name));
    const file = await openTensorFile(source);
    const spoilt = { ...file, metadata: { image_std: "0.5,0,0.5" } };
    assert.throws(() => recognise(spoilt), /"image_std" must be above 0, got 0.5,0,0.5/);
  }
});
