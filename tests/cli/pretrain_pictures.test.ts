/** `fiedler pretrain --pictures` with files that cannot be decoded, or are gone. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { BatchMaker } from "../../packages/cli/pretrain_pictures.ts";
import { bytesOf, changed, command, Died, diskThat, planOf, refused } from "./pretrain_support.ts";
import { call, inFolder, testPicture } from "./support.ts";

/** A picture whose header says 400 megapixels. */
function hugePicture(): Uint8Array {
  const bytes = testPicture(0);
  const view = new DataView(bytes.buffer);
  for (const at of [16, 20]) view.setUint32(at, 20_000); // width and height, behind "IHDR"
  view.setUint32(29, crc32(bytes.subarray(12, 29)));
  return bytes;
}

/** A folder of three pictures, one that ends too early, one that is too large, and one that is none. */
async function damagedPhotos(folder: string): Promise<void> {
  await Deno.mkdir(folder);
  for (let i = 0; i < 3; i++) await Deno.writeFile(join(folder, `${i}.png`), testPicture(i));
  await Deno.writeFile(join(folder, "torn.png"), testPicture(5).subarray(0, 60));
  await Deno.writeFile(join(folder, "vast.png"), hugePicture());
  await Deno.writeFile(join(folder, "zero.png"), new Uint8Array(9));
}

Deno.test("pretrain: skips damaged pictures, tells each once, and comes to the same bytes", async () => {
  await inFolder(async (root) => {
    const photos = join(root, "damaged");
    await damagedPhotos(photos);
    const [out, other] = [join(root, "skipping"), join(root, "skipping-2")];
    const args = command(out, "mae", "--pictures", photos);
    const { said } = await call(args);
    const skips = said.events.filter(({ event }) => event === "skip");
    assert.deepEqual(skips.map(({ image, code }) => [image, code]), [
      ["vast.png", "too-large"], // known by their headers
      ["zero.png", "not-an-image"],
      ["torn.png", "truncated"], // known when it is decoded, in the first epoch of three
    ]);
    assert.match(said.notes.join("\n"), /pictures {2}4 pictures of .*skipped torn\.png: /s);
    assert.match(said.prints.join(), /3 pictures skipped, see .*skipped\.jsonl/);
    assert.equal(said.events.at(-1)!.skipped, 3);
    const page = await Deno.readTextFile(join(out, "report.html"));
    assert.match(page, /from 4 pictures of .*damaged \(3 skipped, see skipped\.jsonl\)/);
    const forecast = await call([...args, "--dry-run"]);
    assert.match(forecast.said.prints.join(), /4 pictures of .*\n.*2 more cannot be used/);
    const skipped = await Deno.readTextFile(join(out, "skipped.jsonl"));
    assert.deepEqual(
      skipped.trim().split("\n").map((line) => JSON.parse(line).image),
      ["vast.png", "zero.png", "torn.png"],
    );
    const again = changed(changed(args, "--out", other), "--workers", "3");
    const dying = diskThat((step, path) => {
      if (step === "rename" && path.includes("step-000002")) throw new Died();
    });
    await assert.rejects(call(again, { disk: dying }), Died);
    await Deno.writeTextFile(join(other, "skipped.jsonl"), '{"ima', { append: true });
    await call(again);
    assert.deepEqual(await bytesOf(other), await bytesOf(out));
    assert.equal(await Deno.readTextFile(join(other, "skipped.jsonl")), skipped);
  });
});

Deno.test("pretrain: the next picture of a step stands in for a damaged one", async () => {
  await inFolder(async (root) => {
    const photos = join(root, "stand-in");
    await damagedPhotos(photos);
    const { settings, source } = await planOf(command(root, "mae", "--pictures", photos));
    const maker = new BatchMaker({ settings, side: source.side, cacheBytes: 1e6 });
    const batchOf = async (...indices: number[]) => {
      const pictures = indices.map((index) => ({ index, of: source.pictureOf(index) }));
      return await maker.make({ step: 1, pictures });
    };
    const torn = 3; // behind 0.png, 1.png and 2.png
    const { batch, skipped } = await batchOf(torn, 1, torn);
    assert.deepEqual(skipped.map(({ image }) => image), ["torn.png", "torn.png"]);
    assert.deepEqual(batch, (await batchOf(1, 1, 1)).batch);
    assert.deepEqual((await batchOf(0, torn, 2)).batch, (await batchOf(0, 2, 2)).batch);
    await assert.rejects(batchOf(torn, torn, torn), /not one picture of a step can be decoded/);
  });
});

/** Removes a file unless it is gone. */
const drop = (path: string) => existsSync(path) && Deno.removeSync(path);

Deno.test("pretrain: a folder without a picture that can be used, and a file that is gone, stop it", async () => {
  await inFolder(async (root) => {
    const photos = join(root, "gone");
    await damagedPhotos(photos);
    const args = command(join(root, "stopped"), "mae", "--pictures", photos);
    const removing = diskThat((step) => {
      if (step === "rename") {
        for (const name of ["0.png", "1.png", "2.png"]) drop(join(photos, name));
      }
    });
    await refused(args, 3, [/\.png: image: the file is gone/, /put the file back/], {
      disk: removing,
    });
    drop(join(photos, "torn.png"));
    await refused(args, 3, [
      /not one of the pictures of .*gone can be used/,
      /vast\.png: png: 20000 × 20000 .*make it smaller/,
    ]);
  });
});
