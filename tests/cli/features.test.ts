import { readNpy } from "@fiedler/io";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { CliError } from "../../packages/cli/exit.ts";
import { assertClose } from "../support/conformance.ts";
import { call, inFolder, photoFolder } from "./support.ts";

const WEIGHTS = fileURLToPath(new URL("../../fixtures/weights/", import.meta.url));
const GOLDEN = join(WEIGHTS, "golden");
const golden = async (name: string) =>
  Array.from(readNpy(await Deno.readFile(join(GOLDEN, name))).data, Number);

Deno.test("features writes the golden keys of the embedded model and their description", () =>
  inFolder(async (root) => {
    const scene = join(GOLDEN, "scene_192.png");
    const weights = join(WEIGHTS, "dino-tiny.safetensors");
    const plain = ["features", scene, "--weights", weights, "--model", "mine", "--out"];
    await call([...plain, join(root, "plain")]);
    const array = readNpy(await Deno.readFile(join(root, "plain", "scene_192.npy")));
    assert.equal(array.dtype, "f4");
    assert.deepEqual(array.shape, [576, 128]);
    const keys = await golden("dino_keys_192.npy");
    // As the test of the model: f32 sums against an f32 pass.
    assertClose(array.data as Float32Array, keys, { relative: 5e-5 });
    const about = JSON.parse(await Deno.readTextFile(join(root, "plain", "scene_192.json")));
    assert.deepEqual(about.grid, [24, 24]);
    assert.deepEqual(about.size, [192, 192]);
    assert.deepEqual(about.crop, [192, 192]);
    assert.equal(about.patch, 8);
    assert.equal(about.model, "mine");
    assert.match(about.hash, /^[0-9a-f]{64}$/);
    assert.equal(about.centred, false);
    const centred = ["features", scene, "--model", "dino-tiny", "--center", "auto", "--out"];
    await call([...centred, join(root, "centred")]);
    const grey = await golden("dino_grey_keys_192.npy");
    const difference = readNpy(await Deno.readFile(join(root, "centred", "scene_192.npy")));
    const expected = keys.map((key, i) => key - grey[i]);
    assertClose(difference.data as Float32Array, expected, { relative: 1e-4 });
  }));

Deno.test("features goes on where it stopped, skips bad pictures, refuses another recipe", () =>
  inFolder(async (root) => {
    const photos = await photoFolder(root, 3);
    const out = join(root, "features");
    const args = ["features", photos, "--out", out, "--resize", "native"];
    const first = await call(args);
    assert.match(first.said.prints[0], /features of 3 pictures, 1 skipped/);
    const file = join(out, "more", "p2.npy");
    const bytes = await Deno.readFile(file);
    await Deno.remove(join(out, "more", "p2.json"));
    const second = await call(args);
    assert.ok(second.said.notes.some((line) => line.includes("2 of 4 are done")));
    assert.deepEqual(await Deno.readFile(file), bytes);
    for (
      const [other, what] of [
        [["--facet", "value"], /another model or other options/],
        [["--layer", "9"], /no block 9/],
      ] as const
    ) {
      await assert.rejects(call([...args, ...other]), (error) => {
        assert.ok(error instanceof CliError);
        assert.equal(error.exit, 2);
        assert.match(error.what, what);
        return true;
      });
    }
  }));
