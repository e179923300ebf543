import { decodeRle, rleFromString } from "@fiedler/coco";
import { decodeImage } from "@fiedler/io";
import { makeScene, SCENE_CATEGORIES } from "@fiedler/scenes";
import assert from "node:assert/strict";
import { join } from "node:path";
import { Disk } from "../../packages/cli/disk.ts";
import { CliError } from "../../packages/cli/exit.ts";
import { findInputs } from "../../packages/cli/inputs.ts";
import { call, inFolder } from "./support.ts";

const SETTINGS = { count: "4", size: "48", seed: "6", mode: "crowd" };
const command = (folder: string, other: Partial<typeof SETTINGS> = {}) => [
  "scenes",
  folder,
  ...Object.entries({ ...SETTINGS, ...other }).flatMap(([name, value]) => [`--${name}`, value]),
];

interface Truth {
  readonly images: readonly { id: number; file_name: string; width: number; height: number }[];
  readonly annotations: readonly {
    id: number;
    image_id: number;
    category_id: number;
    segmentation: { size: [number, number]; counts: string };
    area: number;
    bbox: [number, number, number, number];
    iscrowd: 0;
  }[];
  readonly categories: readonly { id: number; name: string }[];
}

const readTruth = async (folder: string): Promise<Truth> =>
  JSON.parse(await Deno.readTextFile(join(folder, "instances.json")));

/** Every file but the lock, by name. */
async function bytesIn(folder: string): Promise<Map<string, Uint8Array>> {
  const out = new Map<string, Uint8Array>();
  for (const name of ["scenes.json", "instances.json"]) {
    out.set(name, await Deno.readFile(join(folder, name)));
  }
  for await (const { name } of Deno.readDir(join(folder, "images"))) {
    out.set(name, await Deno.readFile(join(folder, "images", name)));
  }
  return out;
}

Deno.test("scenes writes pictures and COCO's ground truth, as makeScene makes them", () =>
  inFolder(async (root) => {
    const folder = join(root, "toys");
    const { said } = await call(command(folder));
    const { images, annotations, categories } = await readTruth(folder);
    assert.deepEqual(images.map(({ id, file_name }) => [id, file_name]), [
      [1, "000001.png"],
      [2, "000002.png"],
      [3, "000003.png"],
      [4, "000004.png"],
    ]);
    assert.deepEqual(categories.map(({ name }) => name), SCENE_CATEGORIES);
    assert.deepEqual(annotations.map(({ id }) => id), annotations.map((_, i) => i + 1));
    for (const { id, file_name, width, height } of images) {
      const scene = makeScene({ seed: 6, index: id - 1, mode: "crowd", size: 48 });
      const picture = await decodeImage(await Deno.readFile(join(folder, "images", file_name)));
      assert.deepEqual(picture.data, scene.data);
      assert.deepEqual([width, height], [48, 48]);
      const mine = annotations.filter(({ image_id }) => image_id === id);
      assert.deepEqual(
        mine.map(({ segmentation: { size: [rows, columns], counts }, ...rest }) => ({
          category: categories.findIndex(({ id }) => id === rest.category_id),
          mask: decodeRle(rleFromString(counts), rows, columns),
          area: rest.area,
          bbox: rest.bbox,
        })),
        scene.instances.map((instance) => ({ ...instance, bbox: [...instance.bbox] })),
      );
    }
    const end = said.events.at(-1)!;
    assert.deepEqual([end.event, end.pictures, end.instances], ["end", 4, annotations.length]);
  }));

Deno.test("the pipeline gives the scenes the ids that the ground truth has", () =>
  inFolder(async (root) => {
    await call(command(root));
    const { images } = await readTruth(root);
    const { pictures } = await findInputs([join(root, "images")], { recursive: true });
    assert.deepEqual(
      pictures.map(({ id, image }) => [id, image]),
      images.map(({ id, file_name }) => [id, file_name]),
    );
  }));

Deno.test("scenes goes on where it was cut off, and ends with the same bytes", () =>
  inFolder(async (root) => {
    const [whole, cut] = [join(root, "whole"), join(root, "cut")];
    await call(command(whole));
    let renames = 0;
    const dying = new Disk((step) => {
      if (step === "rename" && ++renames === 4) throw new Error("the power failed");
    });
    await assert.rejects(call(command(cut), { disk: dying }), /the power failed/);
    assert.equal([...Deno.readDirSync(join(cut, "images"))].length, 3, "two, and one half made");
    const { said } = await call(command(cut));
    assert.ok(said.notes.includes("resuming  2 of 4 are done"), said.notes.join("\n"));
    assert.deepEqual(await bytesIn(cut), await bytesIn(whole));
  }));

Deno.test("scenes stops between pictures when asked to", () =>
  inFolder(async (root) => {
    const stopped = call(command(root), { stop: { signal: "SIGINT" } });
    await assert.rejects(stopped, (error: CliError) => error.exit === 130);
    assert.equal([...Deno.readDirSync(join(root, "images"))].length, 1);
  }));

Deno.test("scenes refuses a folder of other settings or of other files", () =>
  inFolder(async (root) => {
    const folder = join(root, "toys");
    await call(command(folder));
    const refused = (args: readonly string[], what: RegExp) =>
      assert.rejects(call(args), (error: CliError) => error.exit === 2 && what.test(error.what));
    for (const other of [{ seed: "7" }, { count: "5" }, { size: "64" }, { mode: "object" }]) {
      await refused(command(folder, other), /scenes of other settings/);
    }
    await Deno.mkdir(join(root, "mine", "images"), { recursive: true });
    await refused(command(join(root, "mine")), /files of something else/);
    await refused(["scenes", folder, "--size", "31"], /must be a whole number from 32 to 4096/);
    await refused(["scenes"], /./);
  }));

Deno.test("sets of one seed with other first numbers go on where the first set ends", () =>
  inFolder(async (root) => {
    const [whole, rest] = [join(root, "whole"), join(root, "rest")];
    await call(command(whole));
    await call([...command(rest, { count: "2" }), "--first", "3"]);
    const [all, some] = [await readTruth(whole), await readTruth(rest)];
    assert.deepEqual(some.images, all.images.slice(2));
    const masks = ({ annotations }: Truth) => annotations.map(({ segmentation }) => segmentation);
    assert.deepEqual(
      masks(some),
      masks({ ...all, annotations: all.annotations.filter(({ image_id }) => image_id > 2) }),
    );
    const pictures = [await bytesIn(whole), await bytesIn(rest)];
    assert.deepEqual(pictures[1].get("000003.png"), pictures[0].get("000003.png"));
  }));
