import assert from "node:assert/strict";
import {
  Gpu,
  GpuError,
  GpuLostError,
  openPlanner,
  PORTABLE_DEVICE,
  sameForm,
  type Tensor,
  tuningKey,
  type TuningStore,
  type TuningTable,
} from "@fiedler/gpu";
import { conv2d, matmul, matmulForms, tune, tunedAtFirstUse } from "@fiedler/kernels";
import { classConvForm, equalConvForms } from "../../kernels/conv2d/forms.ts";
import { classForm } from "../../kernels/matmul/forms.ts";
import { tuningCases } from "../../kernels/tuning/cases.ts";
import { chooseForms, type TuningCase } from "../../kernels/tuning/choose.ts";
import { measureOn, type RunnableCase } from "../../kernels/tuning/measure.ts";
import { assertClose, assertSame, conformance, hostTest } from "../support/conformance.ts";
import { uniform } from "../support/random.ts";

/** A form that says what happens when it is timed. */
interface Scripted {
  readonly name: string;
  /** Milliseconds of each timing in turn; the last for all others. */
  readonly ms: readonly number[];
  /** Wall time that a timing takes. Default 100. */
  readonly cost?: number;
  readonly error?: Error;
}

const question = (...forms: [Scripted, ...Scripted[]]): TuningCase => ({
  family: "test",
  shapeClass: "any",
  shape: "",
  forms,
});

/** Answers cases of scripted forms by a clock that only they move. */
async function choose(cases: readonly TuningCase[], budgetMs = 1e6) {
  let clock = 0;
  const timings = new Map<string, number>();
  const steps: number[] = [];
  const answers = await chooseForms(cases, {
    budgetMs,
    now: () => clock,
    measure: (_, form) => {
      const { name, ms, cost = 100, error } = form as Scripted;
      clock += cost;
      if (error) return Promise.reject(error);
      const turn = timings.get(name) ?? 0;
      timings.set(name, turn + 1);
      return Promise.resolve(ms[Math.min(turn, ms.length - 1)]);
    },
    onProgress: ({ done }) => steps.push(done),
  });
  const chosen = answers.map((answer) => (answer.chosen as Scripted).name);
  return { answers, chosen, clock, steps, timings };
}

const standard: Scripted = { name: "default", ms: [10] };

hostTest("chooseForms() takes what is faster than the default by more than 5 %", async () => {
  const near = await choose([
    question(standard, { name: "a", ms: [9.6] }, { name: "b", ms: [11] }),
  ]);
  assert.deepEqual(near.chosen, ["default"]);
  assert.equal(near.answers[0].cutShort, false);
  const far = await choose([question(standard, { name: "a", ms: [9.4] }, { name: "b", ms: [7] })]);
  assert.deepEqual(far.chosen, ["b"]);
  assert.deepEqual(far.answers[0].timed.map(({ ms }) => ms), [10, 9.4, 7]);
});

hostTest(
  "chooseForms() times the best and the default again: a cold start decides nothing",
  async () => {
    const cold = { name: "cold", ms: [20, 10] };
    const { chosen, answers, timings } = await choose([question(cold, { name: "a", ms: [12] })]);
    assert.deepEqual(chosen, ["cold"]);
    assert.deepEqual(answers[0].timed.map(({ ms }) => ms), [10, 12]);
    assert.deepEqual([...timings.values()], [2, 2]);
    const lucky = { name: "lucky", ms: [9, 10] };
    const again = await choose([question(standard, lucky)]);
    assert.deepEqual(again.chosen, ["default"]);
    assert.deepEqual(again.answers[0].timed.map(({ ms }) => ms), [10, 10]);
  },
);

hostTest("chooseForms() says what time did not allow, and gives it on to later cases", async () => {
  const slow = (name: string) => ({ name, ms: [5], cost: 400 });
  const first = question({ ...standard, cost: 400 }, slow("a"), slow("b"), slow("c"));
  const second = question({ name: "default 2", ms: [10] }, { name: "d", ms: [5] });
  const { answers, chosen, clock, steps } = await choose([first, second], 2400);
  // Its share of 1200 ms holds three; the duel takes 800 of the other's, which needs 400.
  assert.deepEqual(answers[0].timed.map(({ why }) => why), [null, null, null, "no time left"]);
  assert.deepEqual(answers.map(({ cutShort }) => cutShort), [true, false]);
  assert.deepEqual(chosen, ["a", "d"]);
  assert.deepEqual(steps, [0, 1, 2, 0, 1, 4, 5, 4, 5]);
  assert.equal(clock, 2400);
});

hostTest("chooseForms() begins no form that would probably not end in time", async () => {
  const cases = [1, 2, 3].map((i) => question({ ...standard, name: `${i}`, cost: 700 }));
  const { answers, clock } = await choose(cases, 1000);
  assert.equal(clock, 1400); // the second began at 700, and nothing told of its cost
  assert.deepEqual(answers.map(({ cutShort }) => cutShort), [false, false, true]);
  const one = await choose([question({ ...standard, cost: 600 }, { name: "a", ms: [1] })], 1000);
  assert.equal(one.clock, 600);
  const none = await choose(cases, 0);
  assert.equal(none.clock, 0);
  assert.deepEqual(none.chosen, ["1", "2", "3"]);
});

hostTest("chooseForms() keeps the default when the best was not confirmed", async () => {
  const { answers, chosen } = await choose([
    question({ ...standard, cost: 10 }, { name: "a", ms: [1], cost: 500 }),
  ], 200);
  assert.deepEqual(chosen, ["default"]);
  assert.equal(answers[0].cutShort, true);
});

hostTest("chooseForms() tells of forms that fail, and passes a lost device on", async () => {
  const broken = { name: "broken", ms: [], error: new GpuError("does not compile") };
  const failing = await choose([question(standard, broken)]);
  assert.deepEqual(failing.chosen, ["default"]);
  assert.equal(failing.answers[0].timed[1].why, "does not compile");
  const rescued = await choose([question(broken, { name: "a", ms: [99] })]);
  assert.deepEqual(rescued.chosen, ["a"]);
  const lost = question(standard, { ...broken, error: new GpuLostError("gone") });
  await assert.rejects(choose([lost]), GpuLostError);
  await assert.rejects(choose([question({ ...broken, error: new TypeError("bug") })]), TypeError);
});

/** A planner for a graphics card with subgroups of 32. */
const cardPlanner = () =>
  openPlanner({
    adapter: { ...PORTABLE_DEVICE.adapter, vendor: "nvidia", subgroupSize: 32 },
    device: { ...PORTABLE_DEVICE.device, features: new Set(["subgroups"]) },
  });

hostTest("every class of shapes is asked for, with at most eight forms that run", async () => {
  for (const gpu of [await cardPlanner(), await openPlanner()]) {
    const { cases, free } = tuningCases(gpu);
    const names = cases.map(({ family, shapeClass }) => `${family} ${shapeClass}`);
    assert.deepEqual(names, [
      "matmul large",
      "matmul small",
      "matmul narrow",
      "matmul few",
      "conv2d wide",
      "conv2d narrow",
    ]);
    for (const { forms, run, sample } of cases) {
      assert.ok(forms.length >= 2 && forms.length <= 8);
      for (const [i, form] of forms.entries()) {
        assert.ok(!forms.slice(0, i).some((other) => sameForm(form, other)));
        gpu.free(run(form), sample(form));
      }
    }
    free();
    assert.equal(gpu.memory.liveBytes, 0);
    assert.ok(gpu.memory.peakBytes < 128 * 2 ** 20);
  }
});

hostTest("a form that computes something else is refused", async () => {
  const gpu = await Gpu.open({ profile: true });
  try {
    const result = (form: object) =>
      gpu.upload((form as { out: Float32Array<ArrayBuffer> }).out, [2]);
    const wrong: RunnableCase = {
      ...question(standard),
      run: () => gpu.zeros([2]),
      sample: result,
      tolerance: 1e-3,
    };
    const measure = measureOn(gpu, { name: "wall time", ms: () => 0 });
    await measure(wrong, { out: Float32Array.of(1, 2) });
    await measure(wrong, { out: Float32Array.of(1, 2.0005) });
    for (const bad of [2.1, NaN]) {
      const form = { out: Float32Array.of(1, bad) };
      await assert.rejects(measure(wrong, form), { message: /computes something else: element 1/ });
    }
  } finally {
    gpu.close();
  }
});

hostTest(
  "tune() within a second: every form has its time or a reason, and all is freed",
  async () => {
    const gpu = await Gpu.open({ profile: true });
    try {
      const { table, cases } = await tune(gpu, { budgetMs: 1000 });
      assert.deepEqual(table.key, tuningKey(gpu.adapter));
      assert.equal(table.clock, gpu.profiling ? "GPU timestamps" : "wall time");
      const byCpu = await tune(gpu, { budgetMs: 0, cpuMs: () => 0 });
      assert.equal(byCpu.table.clock, gpu.adapter.software ? "CPU time" : table.clock);
      assert.ok(cases[0].timed[0].ms! > 0);
      for (const { family, shapeClass, timed, chosen, cutShort } of cases) {
        for (const { ms, why } of timed) assert.ok(ms === null ? why !== null : ms > 0);
        if (timed.some(({ why }) => why !== null)) assert.ok(cutShort);
        const tuned = table.forms[family]?.[shapeClass] ?? timed[0].form;
        assert.ok(sameForm(tuned, chosen));
      }
      assert.equal(gpu.memory.liveBytes, 0);
    } finally {
      gpu.close();
    }
  },
);

/** A store in memory, and what is said while it is used. */
function memoryStore(kept: Record<string, string> = {}) {
  const notes: string[] = [];
  const store: TuningStore = {
    read: (key) => Promise.resolve(kept[key] ?? null),
    write: (key, json) => Promise.resolve(void (kept[key] = json)),
  };
  return { kept, notes, store, note: (line: string) => notes.push(line) };
}

hostTest("tunedAtFirstUse() measures once, keeps it, and survives what is broken", async () => {
  const gpu = await Gpu.open();
  const hardware = { ...gpu.adapter, software: false };
  gpu.close();
  const { kept, notes, store, note } = memoryStore();
  const find = tunedAtFirstUse(store, { note, budgetMs: 0 });
  assert.equal(await find({ ...hardware, software: true }), "off");
  assert.deepEqual([notes, kept], [[], {}]);

  const first = await find(hardware) as TuningTable;
  assert.deepEqual(first.key, tuningKey(hardware));
  assert.deepEqual(notes.splice(0), [
    `tuning the kernels for ${hardware.description}, once, 0 s at most`,
  ]);
  assert.deepEqual(await find(hardware), first);
  assert.deepEqual(await find({ ...hardware, software: true }), first); // was asked for
  assert.deepEqual(notes, []);

  const [name] = Object.keys(kept);
  for (const text of ["{", JSON.stringify({ ...first, key: { ...first.key, vendor: "x" } })]) {
    kept[name] = text;
    await find(hardware);
    assert.match(notes.splice(0).join("\n"), /^the kept tuning \S+ is ignored: it .*\ntuning the/);
    assert.deepEqual(JSON.parse(kept[name]).key, first.key);
  }

  const refuse = () => Promise.reject(new Error("no permission"));
  const broken = tunedAtFirstUse({ read: refuse, write: refuse }, { note, budgetMs: 0 });
  assert.deepEqual((await broken(hardware) as TuningTable).key, first.key);
  assert.match(notes[0], /^the kept tuning \S+ cannot be read: no permission$/);
  assert.match(notes[2], /^the tuning is not kept: no permission$/);
});

/** The same form for every product. */
function tableOf(gpu: Gpu, form: object): TuningTable {
  const matmul = Object.fromEntries(
    ["few", "narrow", "small", "large"].map((shapeClass) => [shapeClass, { ...form }]),
  );
  return {
    format: 1,
    key: tuningKey(gpu.adapter),
    measuredAt: "",
    clock: "wall time",
    forms: { matmul, conv2d: { wide: { kernel: "direct", rows: 4, columns: 1 } } },
  };
}

hostTest("kernels take the tuned form, and a form that the caller names before it", async () => {
  const plain = await Gpu.open();
  const table = tableOf(plain, { kernel: "direct", rows: 4, columns: 1 });
  plain.close();
  const gpu = await Gpu.open({ tuning: table, profile: true });
  try {
    const a = gpu.zeros([40, 40]);
    matmul(gpu, a, a);
    matmul(gpu, a, a, {
      form: { kernel: "shared", rows: 4, columns: 1, across: 8, down: 8 },
    });
    const weights = { weight: gpu.zeros([3, 3, 4, 36]), bias: gpu.zeros([36]) };
    conv2d(gpu, gpu.zeros([1, 8, 8, 4]), weights);
    const calls = () => gpu.kernelTimes.map(({ kernel, calls }) => `${calls} ${kernel}`).sort();
    await gpu.settle();
    if (gpu.profiling) assert.deepEqual(calls(), ["1 conv2d", "1 matmul", "1 matmul_shared"]);
    // Windows of one tap are products, of more channels than stacks are for.
    const point = { weight: gpu.zeros([1, 1, 4, 260]), bias: gpu.zeros([260]) };
    conv2d(gpu, gpu.zeros([1, 8, 8, 4]), point);
    await gpu.settle();
    if (gpu.profiling) assert.deepEqual(calls(), ["1 conv2d", "1 matmul_shared", "2 matmul"]);
  } finally {
    gpu.close();
  }
});

conformance("tuning", (test) => {
  /**
   * Fails unless every form gives the first one's result: to the bit where the CPU does the work.
   * Compilers of GPUs may fuse products into sums in one kernel and not in another, which saves a
   * rounding of 2^-24 for each of `inner` products and sums of values in [-1, 1].
   */
  const expectEqual = async (
    gpu: Gpu,
    forms: readonly object[],
    inner: number,
    run: (form: object) => Tensor,
  ) => {
    let first: Float32Array | null = null;
    for (const form of forms) {
      const out = await gpu.read(run(form));
      first ??= out;
      if (gpu.adapter.software) assertSame(out, first);
      else assertClose(out, first, { absolute: 1e-6 + inner ** 1.5 * 8e-8 });
    }
  };

  test("chooses among products of equal results", async (gpu) => {
    const [rows, inner, columns] = [67, 52, 132];
    const a = gpu.upload(uniform(rows * inner, { seed: 1 }), [rows, inner]);
    const b = gpu.upload(uniform(inner * columns, { seed: 2 }), [inner, columns]);
    const forms = [classForm(gpu, rows, columns), ...matmulForms(gpu)];
    await expectEqual(
      gpu,
      forms,
      inner,
      (form) => matmul(gpu, a, b, { form: form as typeof forms[0] }),
    );
  });

  test("chooses among convolutions of equal results", async (gpu) => {
    for (const columns of [20, 36]) {
      const sizes = {
        outShape: [2, 9, 11, columns],
        kernel: [3, 3],
        stride: 1,
        dilation: 1,
      } as const;
      const x = gpu.upload(uniform(2 * 9 * 11 * 8, { seed: 3 }), [2, 9, 11, 8]);
      const weight = gpu.upload(uniform(9 * 8 * columns, { seed: 4 }), [3, 3, 8, columns]);
      const bias = gpu.upload(uniform(columns, { seed: 5 }), [columns]);
      const forms = [classConvForm(gpu, sizes), ...equalConvForms(gpu, sizes)];
      await expectEqual(
        gpu,
        forms,
        9 * 8,
        (form) => conv2d(gpu, x, { weight, bias }, { padding: 1, form: form as typeof forms[0] }),
      );
    }
  });
});
