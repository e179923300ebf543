import { DATA_HOSTS } from "@fiedler/data";
import { CATALOGUE, CATALOGUE_HOSTS, findWeights } from "@fiedler/models";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { CliError } from "../../packages/cli/exit.ts";
import {
  CACHE_VARIABLES,
  cachedWeights,
  cacheFolder,
  weightsAdvice,
} from "../../packages/cli/weights_cache.ts";
import { call, inFolder } from "./support.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const MAIN = join(ROOT, "packages", "cli", "main.ts");

/** Runs a body with a cache of its own. */
const inCache = (body: (folder: string) => Promise<void>) =>
  inFolder(async (folder) => {
    Deno.env.set("FIEDLER_WEIGHTS", folder);
    try {
      await body(folder);
    } finally {
      Deno.env.delete("FIEDLER_WEIGHTS");
    }
  });

async function failure(args: readonly string[], exit: number): Promise<CliError> {
  const error = await call(args).then(() => null, (error) => error);
  assert.ok(error instanceof CliError, `expected a CliError, got ${error?.stack ?? error}`);
  assert.equal(error.exit, exit, error.message);
  return error;
}

Deno.test("the cache is where the environment says, our own variable first", () => {
  const at = (variables: Record<string, string>) => cacheFolder((name) => variables[name]);
  const home = { HOME: "/home/a" };
  assert.equal(at(home), join("/home/a", ".cache", "fiedler", "weights"));
  const shared = { ...home, XDG_CACHE_HOME: "/cache" };
  assert.equal(at(shared), join("/cache", "fiedler", "weights"));
  assert.equal(at({ ...shared, FIEDLER_WEIGHTS: "/mine" }), "/mine");
  assert.equal(at({ LOCALAPPDATA: "/local" }), join("/local", "fiedler", "weights"));
  assert.throws(() => at({}), /there is no place for weights/);
});

Deno.test("cachedWeights() finds a file put there by hand, by name and alias", () =>
  inCache(async (folder) => {
    assert.equal(await cachedWeights("moco-v3"), null);
    const path = join(folder, "vit-b-300ep.pth.tar");
    await Deno.writeTextFile(path, "weights");
    for (const name of ["moco-v3", "mocov3-vitb16", "moco-v3-vitb16"]) {
      const found = await cachedWeights(name);
      assert.deepEqual([found?.path, found?.entry.name], [path, "moco-v3-vitb16"]);
    }
    assert.equal(await cachedWeights("vit.safetensors"), null);
    assert.match(weightsAdvice("mae"), /`fiedler weights fetch mae-vitb16` \(343 MB, CC-BY-NC/);
    assert.match(weightsAdvice("nonsense"), /`fiedler weights` lists/);
  }));

Deno.test("a cached file of another length is exit 4, and one word in the list", () =>
  inCache(async (folder) => {
    await Deno.writeTextFile(join(folder, findWeights("mae")!.fileName), "half of it");
    await assert.rejects(cachedWeights("mae"), (error) => {
      assert.ok(error instanceof CliError && error.exit === 4);
      assert.match(error.what, /must have 343249461 bytes, and is 10 bytes/);
      return true;
    });
    const { said } = await call(["weights"]);
    assert.match(said.prints[0], /^mae-vitb16 .* broken$/m);
    assert.match(said.prints[0], /^dino-vitb16 .*Apache-2.0$/m);
  }));

Deno.test("weights lists every checkpoint, and info tells all of one", () =>
  inCache(async (folder) => {
    const { said } = await call(["weights", "--json"]);
    assert.deepEqual(said.events.map(({ name }) => name), CATALOGUE.map(({ name }) => name));
    assert.ok(said.events.every(({ cached }) => cached === false));
    const info = (await call(["weights", "info", "mae"])).said.prints[0];
    const { sources, digests, licenceNote, page } = findWeights("mae")!;
    for (const part of [...sources, ...digests.map(({ hex }) => hex), licenceNote, page, folder]) {
      assert.ok(info.includes(part), part);
    }
    const unknown = (await call(["weights", "info", "msn"])).said.prints[0];
    assert.match(unknown, /size {5}size unknown\n {2}hash {5}none published/);
    const { prints, notes } = (await call(["weights", "path", "dino"])).said;
    assert.equal(prints[0], join(folder, "dino_vitbase16_pretrain.pth"));
    assert.match(notes[0], /not there yet/);
  }));

Deno.test("verify holds files against what was published, or recorded when fetched", () =>
  inCache(async (folder) => {
    const path = join(folder, findWeights("msn")!.fileName);
    assert.match((await failure(["weights", "verify", "msn"], 2)).advice, /fetch msn-vitb16/);
    await Deno.writeTextFile(path, "abc");
    const unknown = (await call(["weights", "verify", "msn"])).said.prints.join("\n");
    // SHA-256 of "abc": FIPS 180-2, appendix B.1.
    const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert.match(unknown, new RegExp(`3 bytes, SHA-256 ${abc}\n.*nobody published a hash`));
    await Deno.writeTextFile(`${path}.json`, JSON.stringify({ sha256: abc }));
    const known = (await call(["weights", "verify", "msn"])).said.prints.join("\n");
    assert.match(known, /agrees: SHA-256 \(recorded when it was fetched\)/);
    await Deno.writeTextFile(path, "abd");
    assert.match((await failure(["weights", "verify", "msn"], 4)).where, /recorded .* needed, got/);
    const other = await failure(["weights", "verify", "mae", path], 4);
    assert.match(other.where, /bytes 343249461 needed, got 3; MD5 .*8cad7c… needed.*SHA-256/);
  }));

Deno.test("weights refuses what it cannot do, and says what was meant", async () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["weights ftech mae", /did you mean "fetch"\?/],
    ["weights fetch", /fetch needs a name/],
    ["weights list mae", /list takes no name/],
    ["weights fetch mae dino", /one name/],
    ["weights info dino-vitb61", /did you mean dino-vitb16\?/],
  ];
  for (const [line, what] of cases) {
    assert.match((await failure(line.split(" "), 2)).what, what, line);
  }
});

/** The value of each `--allow-…=` in a line of the launcher or of deno.json. */
const allowed = (text: string, what: string) =>
  [...text.matchAll(new RegExp(`--allow-${what}=([^\\s'"]+)`, "g"))].map(([, list]) =>
    list.split(",").sort()
  );

Deno.test("only fetches have the network, their catalogue's hosts, and the demo itself", async () => {
  const hosts = [...CATALOGUE_HOSTS].sort();
  const dataHosts = [...DATA_HOSTS].sort();
  const online: Readonly<Record<string, string[]>> = {
    "weights-fetch": hosts,
    "data-fetch": dataHosts,
    "demo": ["127.0.0.1"], // serves there
  };
  const variables = [...CACHE_VARIABLES].sort();
  const { tasks } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  for (const [name, line] of Object.entries<string>(tasks)) {
    if (!line.includes("packages/cli/main.ts")) continue;
    assert.deepEqual(allowed(line, "net"), name in online ? [online[name]] : [], name);
    assert.equal(line.includes("--deny-net"), !(name in online), name);
    for (const list of allowed(line, "env")) assert.deepEqual(list, variables, name);
    assert.ok(line.includes("--deny-env") || allowed(line, "env").length === 1, name);
  }
  const launcher = await Deno.readTextFile(join(ROOT, "fiedler"));
  const [first, rest] = ["hosts=", "hosts=$hosts,"].map((start) =>
    launcher.split("\n").find((line) => line.startsWith(start) && line[start.length] !== "$")!
      .slice(start.length)
  );
  assert.deepEqual([...first.split(","), ...rest.split(",")].sort(), hosts);
  const ofData = /^data_hosts=(.*)$/m.exec(launcher)![1];
  assert.deepEqual(ofData.split(",").sort(), dataHosts);
  assert.deepEqual(allowed(launcher, "env"), [variables]);
});

Deno.test("without the network a fetch is exit 75 and says why", () =>
  inFolder(async (folder) => {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        "--deny-net",
        `--allow-env=${CACHE_VARIABLES.join(",")}`,
        "--allow-read",
        "--allow-write",
        MAIN,
        "weights",
        "fetch",
        "dino",
      ],
      env: { FIEDLER_WEIGHTS: folder },
    }).output();
    const text = new TextDecoder().decode(stderr);
    assert.equal(code, 75, text);
    assert.match(text, /no permission to ask it/);
  }));
