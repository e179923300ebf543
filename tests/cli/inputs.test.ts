import assert from "node:assert/strict";
import { join } from "node:path";
import { pictureIds } from "@fiedler/data";
import { findInputs, outputNames } from "../../packages/cli/inputs.ts";
import { call, inFolder, photoFolder, testPicture } from "./support.ts";

const names = async (places: readonly string[], recursive = true) =>
  (await findInputs(places, { recursive })).pictures.map(({ image }) => image);

Deno.test("findInputs() walks folders, sorts, and tells pictures from other files", () =>
  inFolder(async (root) => {
    const folder = join(root, "in");
    await Deno.mkdir(join(folder, "sub"), { recursive: true });
    await Deno.writeFile(join(folder, "b.PNG"), testPicture(1));
    await Deno.writeFile(join(folder, "no extension"), testPicture(2));
    await Deno.writeFile(join(folder, "sub", "a.jpeg"), Uint8Array.of(0xff, 0xd8, 0xff, 0xe0));
    await Deno.writeTextFile(join(folder, "old.heic"), "never read here, but named as a picture");
    await Deno.writeTextFile(join(folder, "notes.md"), "text");
    await Deno.symlink("nowhere", join(folder, "lost.png"));
    await Deno.symlink("..", join(folder, "sub", "circle"));
    const { pictures, notPictures, base } = await findInputs([folder], { recursive: true });
    assert.deepEqual(
      pictures.map(({ image }) => image),
      ["b.PNG", "lost.png", "no extension", "old.heic", "sub/a.jpeg"],
    );
    assert.deepEqual(pictures.map(({ id }) => id), [1, 2, 3, 4, 5]);
    assert.deepEqual(notPictures, ["notes.md"]);
    assert.equal(base, folder);
    assert.equal((await names([folder], false)).includes("sub/a.jpeg"), false);
  }));

Deno.test("findInputs() takes single pictures, several places and lists", () =>
  inFolder(async (root) => {
    for (const name of ["a/x.png", "b/y.png", "b/z.png"]) {
      await Deno.mkdir(join(root, name, ".."), { recursive: true });
      await Deno.writeFile(join(root, name), testPicture(3));
    }
    assert.deepEqual(await names([join(root, "b", "z.png")]), ["z.png"]);
    assert.deepEqual(await names([join(root, "b"), join(root, "a", "x.png")]), [
      "a/x.png",
      "b/y.png",
      "b/z.png",
    ]);
    await Deno.writeTextFile(join(root, "some.txt"), "# mine\nb/z.png\r\n\na/x.png\n");
    assert.deepEqual(await names([join(root, "some.txt")]), ["a/x.png", "b/z.png"]);
  }));

Deno.test("a run folder among the pictures is no input: the same command still resumes", () =>
  inFolder(async (root) => {
    const photos = await photoFolder(root, 2);
    const args = ["pipeline", photos, "--segmenter", "none", "--project", join(photos, "runs")];
    await call(args);
    assert.match((await call(args)).said.prints[0], /finished already/);
  }));

Deno.test("pictureIds() uses the files' numbers when all have one, else the listing", () => {
  assert.deepEqual(pictureIds(["000000000139.jpg", "a/000000000285.jpg"]), [139, 285]);
  assert.deepEqual(pictureIds(["COCO_train2014_000000000009.jpg"]), [9]);
  assert.deepEqual(pictureIds(["7.jpg", "x.jpg"]), [1, 2]);
  assert.deepEqual(pictureIds(["7.jpg", "sub/07.jpg"]), [1, 2]);
});

Deno.test("outputNames() drops extensions unless two names would agree", () => {
  assert.deepEqual(outputNames(["a.jpg", "b.png", "s/b.png"]), ["a", "b", "s/b"]);
  assert.deepEqual(outputNames(["a.jpg", "A.png", "b"]), ["a.jpg", "A.png", "b"]);
});
