import { DATA_SETS } from "@fiedler/data";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { CliError } from "../../packages/cli/exit.ts";
import { fetchDataSet } from "../../packages/cli/data_fetch.ts";
import { Disk } from "../../packages/cli/disk.ts";
import { cocoJson, picture, vocKit } from "../data/make_sets.ts";
import { call, inFolder, photoFolder } from "./support.ts";

const NUCLEI = new URL("../../fixtures/nuclei", import.meta.url).pathname;

async function failure(args: readonly string[], exit: number): Promise<CliError> {
  const error = await call(args).then(() => null, (error) => error);
  assert.ok(error instanceof CliError, `expected a CliError, got ${error?.stack ?? error}`);
  assert.equal(error.exit, exit, error.message);
  return error;
}

async function write(root: string, contents: Readonly<Record<string, Uint8Array | string>>) {
  for (const [path, content] of Object.entries(contents)) {
    await Deno.mkdir(dirname(join(root, path)), { recursive: true });
    if (typeof content === "string") await Deno.writeTextFile(join(root, path), content);
    else await Deno.writeFile(join(root, path), content);
  }
}

const readJson = async (path: string) => JSON.parse(await Deno.readTextFile(path));

Deno.test("data lists every data set, and info tells all of one", async () => {
  const { said } = await call(["data", "--json"]);
  assert.deepEqual(said.events.map(({ name }) => name), DATA_SETS.map(({ name }) => name));
  assert.match(said.prints[0], /^coco-train2017 .* 118287 +20 GB$/m);
  for (const { name, steps, terms, archives, page } of DATA_SETS) {
    const text = (await call(["data", "info", name])).said.prints[0];
    for (const part of [...steps, terms, page, ...archives.map(({ url }) => url)]) {
      assert.ok(text.includes(part), `${name}: ${part}`);
    }
  }
});

Deno.test("data refuses what it cannot do, and says what was meant", async () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["data verfy nuclei x", /did you mean "verify"\?/],
    ["data info", /info needs a name/],
    ["data list coco20k", /list takes no name/],
    ["data info coco20", /did you mean coco20k\?/],
    ["data verify nuclei", /verify needs the folder/],
    ["data info nuclei x", /info takes no folder/],
    ["data verify nuclei /nowhere/at/all", /no such folder/],
    [`data convert nuclei ${NUCLEI}`, /--out is needed/],
    [`data pictures nuclei ${NUCLEI} --out a.json`, /must be a \.txt file/],
    [`data fetch uvo-sparse-val ${NUCLEI}`, /cannot be downloaded by a program/],
  ];
  for (const [line, what] of cases) {
    assert.match((await failure(line.split(" "), 2)).what, what, line);
  }
});

Deno.test("verify says that the nuclei are whole, and what a half copy lacks", () =>
  inFolder(async (root) => {
    const whole = await call(["data", "verify", "nuclei", NUCLEI, "--deep"]);
    assert.match(whole.said.prints[0], /nuclei is whole: 13 pictures, 410 annotations/);
    await write(root, {
      "instances.json": cocoJson(["a.png", "b.png", "c.png", "d.png"]),
      "images/a.png": picture(8, 6),
      "images/b.png": "",
      "images/d.png": picture(9, 6),
    });
    const shallow = await failure(["data", "verify", "folder", root], 3);
    assert.match(shallow.what, /2 of 4 pictures/);
    assert.match(shallow.where, /missing: images\/c\.png; of 0 bytes: images\/b\.png$/);
    const deep = await failure(["data", "verify", "folder", root, "--deep"], 3);
    assert.match(deep.where, /broken: images\/d\.png \(9 × 6, the ground truth says 8 × 6\)/);
    await Deno.writeFile(join(root, "images", "d.png"), picture(8, 6).subarray(0, 60));
    const cut = await failure(["data", "verify", "folder", root, "--deep"], 3);
    assert.match(cut.where, /broken: images\/d\.png \(png: ends after 60 bytes/);
    const known = await failure(["data", "verify", "nuclei", root], 3);
    assert.match(known.where, /13 pictures belong to it, its files name 4; 410 ann.*here are 5/);
  }));

Deno.test("convert writes ground truth that the COCO reader takes, difficult ones or not", () =>
  inFolder(async (root) => {
    await write(root, vocKit());
    const out = join(root, "gt.json");
    await call(["data", "convert", "voc2012", root, "--out", out]);
    const all = await readJson(out);
    assert.deepEqual(all.annotations.map((one: { category_id: number }) => one.category_id), [
      12,
      15,
      8,
    ]);
    assert.equal(all.categories.length, 20);
    assert.deepEqual(all.images[0].void.size, [4, 8]);
    assert.match(
      (await failure(["data", "convert", "voc2012", root, "--out", out], 2)).what,
      /exi/,
    );
    const line = ["data", "convert", "voc2012", root, "--out", out, "--force"];
    const { said } = await call([...line, "--without-difficult"]);
    assert.match(said.prints[0], /2 pictures, 2 annotations, 1 difficult ones left out/);
    assert.equal((await readJson(out)).annotations.length, 2);
    assert.match(
      (await failure(["data", "convert", "voc2007", root, "--out", "x"], 3)).what,
      /there/,
    );
  }));

Deno.test("pictures lists a data set for a run, and convert --run numbers as the run does", () =>
  inFolder(async (root) => {
    const photos = await photoFolder(root, 3);
    const names = ["p0.png", "p1.png", "more/p2.png"];
    await Deno.remove(join(photos, "broken.png"));
    await write(root, { "photos/instances.json": cocoJson(names) });
    const list = join(root, "list.txt");
    await call(["data", "pictures", "folder", photos, "--out", list]);
    assert.deepEqual(
      (await Deno.readTextFile(list)).trim().split("\n"),
      names.map((name) => join(photos, name)),
    );
    const run = join(root, "run");
    await call(["propose", list, "--out", run]);
    const out = join(root, "gt.json");
    await call(["data", "convert", "folder", photos, "--run", run, "--out", out]);
    const { images, annotations } = await readJson(out);
    const inputs = (await Deno.readTextFile(join(run, "inputs.jsonl"))).trim().split("\n")
      .map((line) => JSON.parse(line));
    const idOf = (name: string) => inputs.find(({ image }) => image === name).id;
    assert.deepEqual(
      images.map(({ file_name, id }: { file_name: string; id: number }) => [file_name, id]),
      names.map((name) => [name, idOf(name)]),
    );
    assert.equal(annotations[2].image_id, idOf("more/p2.png"));
    const other = await failure(
      ["data", "convert", "nuclei", NUCLEI, "--run", run, "--out", join(root, "no.json")],
      2,
    );
    assert.match(other.what, /no picture of the data set is in this run/);
  }));

Deno.test("fetch downloads the archives, checks them, and says how to go on", () =>
  inFolder(async (root) => {
    const archive = new TextEncoder().encode("not really a zip");
    const requests: string[] = [];
    await using server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen() {} },
      (request) => {
        requests.push(new URL(request.url).pathname);
        return new Response(archive, { headers: { "etag": '"1"' } });
      },
    );
    const { hostname, port } = server.addr as Deno.NetAddr;
    const sha256 = createHash("sha256").update(archive).digest("hex");
    const info = {
      ...DATA_SETS[0],
      archives: [{
        url: `http://${hostname}:${port}/zips/val2017.zip`,
        bytes: archive.length,
        sha256,
      }],
    };
    const said: string[] = [];
    const world = {
      out: {
        live: false,
        status: () => {},
        note: () => {},
        print: (text: string) => said.push(text),
        event: () => {},
      },
      disk: new Disk(),
      stop: { signal: null },
    };
    const local = { allowed: (url: URL) => url.hostname === "127.0.0.1" };
    await fetchDataSet(info, root, world, local);
    assert.deepEqual(await Deno.readFile(join(root, "val2017.zip")), archive);
    const unpack = `unzip -n '${root}/val2017.zip' -d '${root}'`; // the folder's name has spaces
    assert.ok(said.at(-1)!.includes(unpack), said.at(-1));
    await fetchDataSet(info, root, world, local);
    assert.deepEqual(requests, ["/zips/val2017.zip"], "what is there is not fetched again");

    await Deno.writeTextFile(join(root, "val2017.zip"), "half");
    await assert.rejects(fetchDataSet(info, root, world, local), (error) => {
      assert.ok(error instanceof CliError && error.exit === 3);
      assert.match(error.where, /bytes 16 needed, got 4/);
      return true;
    });
    await Deno.remove(join(root, "val2017.zip"));
    const other = { ...info, archives: [{ ...info.archives[0], sha256: "0".repeat(64) }] };
    await assert.rejects(fetchDataSet(other, root, world, local), (error) => {
      assert.ok(error instanceof CliError && error.exit === 3);
      assert.match(error.advice, /was removed/);
      return true;
    });
    assert.deepEqual(
      await Array.fromAsync(Deno.readDir(root), ({ name }) => name),
      [".fiedler-fetch.lock"],
    );
    await assert.rejects(fetchDataSet(info, root, world), (error) => {
      assert.ok(error instanceof CliError && error.exit === 75);
      assert.match(error.where, /which is not asked/);
      return true;
    });
  }));
