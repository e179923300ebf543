import assert from "node:assert/strict";
import {
  Gpu,
  indexedDbTuning,
  openPlanner,
  parseTuning,
  PORTABLE_DEVICE,
  Tuning,
  tuningKey,
  tuningName,
  type TuningTable,
} from "@fiedler/gpu";

const { adapter } = PORTABLE_DEVICE;

const TABLE: TuningTable = {
  format: 1,
  key: tuningKey(adapter),
  measuredAt: "2026-01-01T00:00:00.000Z",
  clock: "GPU timestamps",
  forms: { matmul: { large: { kernel: "direct", rows: 8, columns: 4 } } },
};

const FORMS = [
  { columns: 2, rows: 4, kernel: "direct" },
  { columns: 4, rows: 8, kernel: "direct" },
  { columns: 4, rows: 8, kernel: "direct", down: 8 },
];

Deno.test("tuning names the measured form where it runs, and null elsewhere", () => {
  const tuning = new Tuning(TABLE);
  assert.equal(tuning.form("matmul", "large", () => FORMS), FORMS[1]);
  assert.equal(tuning.form("matmul", "large", () => FORMS.toSpliced(1, 1)), null);
  assert.equal(tuning.form("matmul", "tall", () => FORMS), null);
  assert.equal(tuning.form("conv2d", "large", () => FORMS), null);
  assert.equal(new Tuning(null).form("matmul", "large", () => FORMS), null);
});

Deno.test("a table is read back for its own key, and otherwise a reason comes", () => {
  const text = JSON.stringify(TABLE);
  assert.deepEqual(parseTuning(text, TABLE.key), TABLE);
  const other = { ...TABLE.key, description: "another" };
  assert.equal(parseTuning(text, other), "it was measured on something else");
  assert.equal(parseTuning(text.slice(0, -1), TABLE.key), "it is not JSON");
  const broken: unknown[] = [
    null,
    [],
    { ...TABLE, format: 2 },
    { ...TABLE, key: null },
    { ...TABLE, clock: "sundial" },
    { ...TABLE, measuredAt: 5 },
    { ...TABLE, forms: { matmul: { large: { rows: [8] } } } },
    { ...TABLE, forms: { matmul: 8 } },
  ];
  for (const table of broken) {
    const reason = parseTuning(JSON.stringify(table), TABLE.key);
    assert.equal(reason, "it is not a tuning table of format 1");
  }
});

Deno.test("tuningName() is fit for files, and another for every part of the key", () => {
  const { key } = TABLE;
  const keys = [
    key,
    { ...key, vendor: "x" },
    { ...key, architecture: "x" },
    { ...key, description: `${key.description}!` },
    { ...key, subgroupSize: 32 },
    { ...key, f16: !key.f16 },
    { ...key, kernels: key.kernels + 1 },
    { ...key, description: "../..\\NUL:" },
    { ...key, description: "" },
  ];
  const names = keys.map(tuningName);
  assert.equal(new Set(names).size, keys.length);
  for (const name of names) assert.match(name, /^[a-z0-9][a-z0-9-]*-[0-9a-f]{8}$/);
});

Deno.test("a Gpu takes a table of its own adapter only, and planners take the Gpu's", async () => {
  assert.equal((await openPlanner()).tuning.table, null);
  const tuned = await openPlanner({ ...PORTABLE_DEVICE, tuning: new Tuning(TABLE) });
  assert.deepEqual(tuned.tuning.table, TABLE);
  const foreign = { ...TABLE, key: { ...TABLE.key, vendor: "nobody" } };
  await assert.rejects(
    openPlanner({ ...PORTABLE_DEVICE, tuning: new Tuning(foreign) }),
    (error) => error instanceof RangeError && /got one of \["nobody"/.test(error.message),
  );
});

Deno.test("Gpu.open() asks a rule for the table once, with the adapter at hand", async () => {
  const asked: string[] = [];
  const gpu = await Gpu.open({
    tuning: (adapter) => {
      asked.push(adapter.description);
      return Promise.resolve({ ...TABLE, key: tuningKey(adapter) });
    },
  });
  assert.deepEqual(asked, [gpu.adapter.description]);
  assert.deepEqual(gpu.tuning.table?.forms, TABLE.forms);
  gpu.close();
  await assert.rejects(Gpu.open({ tuning: TABLE }), RangeError);
});

/** As much of IndexedDB as the store uses, answering later as the real one does. */
function fakeDatabase() {
  const kept = new Map<string, string>();
  const seen = { made: 0, closed: 0 };
  const answer = (result: unknown, before = () => {}) => {
    const request = { result, error: null, onsuccess: () => {}, onupgradeneeded: () => {} };
    setTimeout(() => {
      before();
      request.onsuccess();
    });
    return request;
  };
  const store = {
    get: (key: string) => answer(kept.get(key)),
    put: (value: string, key: string) => answer(void kept.set(key, value)),
  };
  const database = {
    createObjectStore: () => seen.made++,
    transaction: () => {
      assert.equal(seen.made, 1);
      return { objectStore: () => store };
    },
    close: () => seen.closed++,
  };
  const open = () => {
    const request = answer(database, () => {
      if (seen.made === 0) request.onupgradeneeded();
    });
    return request;
  };
  return { kept, seen, factory: { open } };
}

Deno.test("indexedDbTuning() keeps texts by key, and says where there is no IndexedDB", async () => {
  const { seen, factory } = fakeDatabase();
  const store = indexedDbTuning(factory);
  assert.equal(await store.read("a"), null);
  await store.write("a", "one");
  await store.write("b", "two");
  await store.write("a", "three");
  assert.deepEqual([await store.read("a"), await store.read("b")], ["three", "two"]);
  assert.equal(seen.closed, 6);
  assert.throws(() => indexedDbTuning(), { message: /this runtime has no IndexedDB/ });
});
