import { Gpu, PORTABLE_DEVICE, tuningKey, type TuningTable } from "@fiedler/gpu";
import { tunedAtFirstUse } from "@fiedler/kernels";
import assert from "node:assert/strict";
import { join } from "node:path";
import { Disk } from "../../packages/cli/disk.ts";
import { CliError } from "../../packages/cli/exit.ts";
import { formWords } from "../../packages/cli/tune.ts";
import { keptTuningRule, tuningRule } from "../../packages/cli/tune_first_use.ts";
import { tuningStore } from "../../packages/cli/tune_store.ts";
import { fakeEngine } from "./fake_engine.ts";
import { call, inFolder, photoFolder } from "./support.ts";

/** Runs a body with a cache of its own. */
const inCache = (body: (folder: string) => Promise<void>) =>
  inFolder(async (folder) => {
    const before = Deno.env.get("XDG_CACHE_HOME");
    Deno.env.set("XDG_CACHE_HOME", folder);
    try {
      await body(join(folder, "fiedler", "tuning"));
    } finally {
      if (before === undefined) Deno.env.delete("XDG_CACHE_HOME");
      else Deno.env.set("XDG_CACHE_HOME", before);
    }
  });

const TABLE: TuningTable = {
  format: 1,
  key: tuningKey(PORTABLE_DEVICE.adapter),
  measuredAt: "2026-01-01T00:00:00.000Z",
  clock: "GPU timestamps",
  forms: { matmul: { large: { kernel: "direct", rows: 8, columns: 4 } } },
};

Deno.test("tune shows times, keeps a table that --show reads and devices take, and --clear removes it", () =>
  inCache(async (folder) => {
    const dry = await call(["tune", "--dry-run", "--budget", "0"]);
    assert.match(dry.said.prints[0], /nothing was kept/);
    assert.match(dry.said.prints[0], /matmul +large: .* default, chosen, no time left/);
    assert.match(dry.said.prints[0], /cut short: matmul large, .*conv2d narrow; --budget SECONDS/);
    const none = await call(["tune", "--show"]);
    assert.match(none.said.prints[0], /^nothing is kept for /);

    const { said } = await call(["tune", "--budget", "0"]);
    const [{ name }] = await Array.fromAsync(Deno.readDir(folder));
    const path = join(folder, name);
    assert.ok(said.prints[0].endsWith(`kept in ${path}`));
    const tuned = said.events.filter(({ event }) => event === "tuned");
    assert.deepEqual(tuned.map(({ family }) => family).sort(), [
      ...Array(2).fill("conv2d"),
      ...Array(4).fill("matmul"),
    ]);
    const { table, path: told } = said.events.at(-1)!;
    assert.equal(told, path);
    assert.deepEqual(JSON.parse(await Deno.readTextFile(path)), table);

    const { key } = table as TuningTable;
    await Deno.writeTextFile(path, JSON.stringify({ ...TABLE, key }));
    const shown = await call(["tune", "--show"]);
    assert.match(shown.said.prints[0], /matmul +large +direct 8 × 16\nkept in /);
    for (const rule of [keptTuningRule("auto"), tuningRule("auto", world())]) {
      const gpu = await Gpu.open({ tuning: rule });
      assert.deepEqual(gpu.tuning.table?.forms, TABLE.forms);
      gpu.close();
    }
    assert.equal(keptTuningRule("off"), "off");
    assert.equal(tuningRule("off", world()), "off");

    const cleared = await call(["tune", "--clear"]);
    assert.equal(cleared.said.prints[0], "1 table removed");
    assert.deepEqual(await Array.fromAsync(Deno.readDir(folder)), []);
    assert.equal((await call(["tune", "--clear"])).said.prints[0], "nothing was kept");
  }));

/** The world of a command, and what it said. */
function world(disk = new Disk()) {
  const notes: string[] = [];
  const nothing = () => {};
  const note = (line: string) => void notes.push(line);
  return {
    disk,
    notes,
    out: { note, print: nothing, event: nothing, status: nothing, live: false },
  };
}

Deno.test("tune refuses flags that exclude each other with exit 2", async () => {
  await assert.rejects(
    call(["tune", "--show", "--dry-run"]),
    (error) => error instanceof CliError && error.exit === 2 && /exclude each/.test(error.what),
  );
});

Deno.test("a software adapter is not measured unasked, and nothing is written", () =>
  inCache(async (folder) => {
    const { out, disk, notes } = world();
    const rule = tuningRule("auto", { out, disk });
    assert.ok(typeof rule === "function");
    assert.equal(await rule({ ...PORTABLE_DEVICE.adapter, software: true }), "off");
    assert.deepEqual(notes, []);
    await assert.rejects(Deno.stat(folder), Deno.errors.NotFound);
  }));

Deno.test("a graphics card is measured at first use; a cache that cannot be written is a note", () =>
  inCache(async (folder) => {
    const gpu = await Gpu.open();
    const hardware = { ...gpu.adapter, software: false };
    gpu.close();
    const full = new Disk((step) => {
      if (step === "rename") throw Object.assign(new Error("no space"), { code: "ENOSPC" });
    });
    const { out, notes } = world();
    const note = (line: string) => out.note(line);
    const first = tunedAtFirstUse(tuningStore(full), { note, budgetMs: 0 });
    assert.notEqual(await first(hardware), "off");
    assert.equal(notes.length, 2);
    assert.match(notes[1], /^the tuning is not kept: the disk is full \(rename .*\.json/);
    const kept = await Array.fromAsync(Deno.readDir(folder));
    assert.ok(kept.every(({ name }) => !name.endsWith("json") || name.startsWith(".fiedler-tmp-")));

    await tunedAtFirstUse(tuningStore(new Disk()), { note, budgetMs: 0 })(hardware);
    assert.equal(notes.length, 3);
    await tunedAtFirstUse(tuningStore(new Disk()), { note, budgetMs: 0 })(hardware);
    assert.equal(notes.length, 3);
  }));

Deno.test("without a place for a cache nothing is read, and writing says what to set", async () => {
  const store = tuningStore(new Disk(), () => undefined);
  assert.equal(await store.read("a"), null);
  await assert.rejects(store.write("a", ""), { message: /no place for a cache \(XDG_CACHE_HOME/ });
});

Deno.test("run.json says which tuned forms computed, and null for the defaults", () =>
  inFolder(async (root) => {
    const photos = await photoFolder(root, 1);
    const sessions = async (name: string, tuning?: TuningTable) => {
      const out = join(root, name);
      await call(["propose", photos, "--out", out], { openEngine: fakeEngine({ tuning }) });
      return JSON.parse(await Deno.readTextFile(join(out, "run.json"))).sessions;
    };
    const { measuredAt, clock, forms } = TABLE;
    assert.deepEqual((await sessions("tuned", TABLE))[0].tuning, { measuredAt, clock, forms });
    assert.equal((await sessions("plain"))[0].tuning, null);
  }));

Deno.test("formWords() says what an invocation or a workgroup computes", () => {
  assert.equal(formWords({ kernel: "direct", rows: 8, columns: 4 }), "direct 8 × 16");
  const shared = { kernel: "shared", rows: 8, columns: 2, across: 8, down: 16 };
  assert.equal(formWords(shared), "shared 128 × 64 by 8 × 8");
});
