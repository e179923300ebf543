import assert from "node:assert/strict";
import { Gpu, GpuMemoryError, type Tensor } from "@fiedler/gpu";
import {
  type LossSettings,
  NotFiniteError,
  type StepView,
  Trainer,
  type TrainerState,
  type TrainSettings,
} from "@fiedler/train";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { dot } from "../support/gradients.ts";
import { normal } from "../support/random.ts";
import { golden, networkOf, parametersOf, settingsOf, source, views } from "./step_case.ts";

const VELOCITY = "optimiser.velocity.";

/** SGD without momentum, decay or warm-up: its velocity is the gradient, bit for bit. */
function plain(
  loss: Partial<LossSettings> = {},
  { together = 3, rate = 0.01 }: { readonly together?: number; readonly rate?: number } = {},
): TrainSettings {
  const settings = settingsOf("sgd", { together, loss });
  const optimiser = { ...settings.optimiser, rate, warmUp: 0, momentum: 0, weightDecay: 0 };
  return { ...settings, optimiser };
}

/** One step from the start, and the gradients behind it. */
async function firstStep(
  gpu: Gpu,
  settings: TrainSettings,
  given: readonly StepView[] = views,
  logitsBytes?: number,
) {
  const network = networkOf(gpu);
  const trainer = new Trainer(gpu, { network, source, settings, logitsBytes });
  const report = await trainer.step(given, 1);
  const gradients = gradientsOf(await trainer.state());
  trainer.free();
  gpu.free(...network.parameters.map(({ tensor }) => tensor));
  return { report, gradients };
}

const gradientsOf = (state: TrainerState) =>
  new Map(
    [...state].filter(([name]) => name.startsWith(VELOCITY))
      .map(([name, { values }]) => [name.slice(VELOCITY.length), values]),
  );

function assertGradients(
  actual: ReadonlyMap<string, ArrayLike<number>>,
  expected: ReadonlyMap<string, ArrayLike<number>>,
  relative: number,
): void {
  assert.deepEqual([...actual.keys()].sort(), [...expected.keys()].sort());
  for (const [name, values] of expected) {
    try {
      assertClose(actual.get(name)!, values, { relative });
    } catch (cause) {
      throw new Error(`the gradient of ${name}`, { cause });
    }
  }
}

conformance("Trainer.step() against autograd", (test) => {
  test("has the terms, the counts and the gradient of every parameter", async (gpu) => {
    const { report, gradients } = await firstStep(gpu, plain());
    const { total, ...terms } = report.terms;
    for (const [term, value] of Object.entries(golden.terms as Record<string, number>)) {
      // Sums of some thousand f32 terms behind five layers.
      assertClose([terms[term as keyof typeof terms]!], [value], { relative: 1e-5 });
    }
    const { category, maxProjection, meanProjection, pairwise, dice } = golden.terms;
    const weighted = category + maxProjection + 0.1 * meanProjection + pairwise / 8 + 3 * dice;
    assertClose([total], [weighted], { relative: 1e-5 });
    const { positives, entries } = report;
    assert.deepEqual({ positives, entries }, { positives: golden.positives, entries: 25 });
    assert.deepEqual([report.views, report.emptyViews], [3, 1]);
    assert.equal(report.gradientNorm, null);
    // Some hundred roundings of terms that cancel in part; measured 1e-6 of the largest.
    assertGradients(gradients, parametersOf(golden.gradients), 1e-5);
  });

  for (const kind of ["sgd", "adamw"] as const) {
    test(`takes the ${golden.steps} steps of PyTorch: ${kind}`, async (gpu) => {
      const network = networkOf(gpu);
      const trainer = new Trainer(gpu, { network, source, settings: settingsOf(kind) });
      for (let step = 1; step <= golden.steps; step++) await trainer.step(views, step);
      const state = await trainer.state();
      const start = parametersOf(golden.start);
      for (const [name, expected] of parametersOf(golden[kind])) {
        // Of what the largest element moved, not of the parameter; measured 2e-5: AdamW divides small
        // gradients by their size, and with them their roundings.
        const moved = expected.map((value, i) => Math.abs(value - start.get(name)![i]));
        const largest = moved.reduce((a, b) => Math.max(a, b), 0);
        assertClose(state.get(name)!.values, expected, { absolute: 1e-4 * largest });
      }
    });
  }
});

conformance("Trainer.step() and the views of a step", (test) => {
  test("gives the same bits again", async (gpu) => {
    const [a, b] = [await firstStep(gpu, plain()), await firstStep(gpu, plain())];
    assert.deepEqual(a.report, b.report);
    for (const [name, values] of a.gradients) assertSame(values, b.gradients.get(name)!);
  });

  for (const together of [1, 2]) {
    test(`chunks of ${together} change gradients by rounding alone`, async (gpu) => {
      const whole = await firstStep(gpu, plain());
      const parts = await firstStep(gpu, plain({}, { together }));
      // Sums over views in another order: some roundings of 2^-24; measured 7e-7.
      assertGradients(parts.gradients, whole.gradients, 2e-6);
    });
  }

  // Single entries, and 7, 7, 7 and 4, which cut levels and pictures.
  for (const entries of [1, 7]) {
    test(`masks in parts of ${entries} change gradients by rounding alone`, async (gpu) => {
      const whole = await firstStep(gpu, plain());
      const parts = await firstStep(gpu, plain(), views, entries * 4 * 32 * 40);
      assertGradients(parts.gradients, whole.gradients, 2e-6);
      for (const term of ["maxProjection", "meanProjection", "pairwise", "dice"] as const) {
        assertClose([parts.report.terms[term]!], [whole.report.terms[term]!], { relative: 1e-6 });
      }
    });
  }

  test("the order of views changes gradients by rounding alone", async (gpu) => {
    const there = await firstStep(gpu, plain());
    const back = await firstStep(gpu, plain(), [...views].reverse());
    assertGradients(back.gradients, there.gradients, 2e-6);
  });

  test("views of different sizes go through the network apart", async (gpu) => {
    const wide = { ...views[1], ...larger(views[1]) };
    const { report } = await firstStep(gpu, plain({ dice: 0 }), [views[0], wide, views[2]]);
    const alone = await firstStep(gpu, plain({ dice: 0 }), [views[0], views[1], views[2]]);
    assert.equal(report.terms.maxProjection, alone.report.terms.maxProjection);
  });

  test("colours are compared as if padding were black", async (gpu) => {
    const grey = views.map((view): StepView => {
      const rgb = view.rgb.slice();
      const [[height, width], columns] = [view.size, view.padded[1]];
      for (let at = 0; at < rgb.length; at++) {
        const [y, x] = [Math.floor(at / 3 / columns), Math.floor(at / 3) % columns];
        if (y >= height || x >= width) rgb[at] = 120;
      }
      return { ...view, rgb };
    });
    const only = plain({ category: 0, maxProjection: 0, meanProjection: 0, dice: 0 });
    const { report } = await firstStep(gpu, only, grey);
    assertClose([report.terms.pairwise!], [golden.terms.pairwise], { relative: 1e-5 });
  });
});

/** An empty view at twice the padded height, with the targets of nothing. */
function larger({ targets, padded: [height, width] }: StepView): Partial<StepView> {
  assert.equal(targets.instances.length, 0);
  return { padded: [2 * height, width], rgb: new Uint8Array(6 * height * width) };
}

conformance("Trainer.step() and the terms", (test) => {
  test("each has its value alone, and their gradients add up", async (gpu) => {
    const none = { category: 0, maxProjection: 0, meanProjection: 0, pairwise: 0, dice: 0 };
    const sums = new Map<string, Float64Array>();
    for (const [term, value] of Object.entries(golden.terms as Record<string, number>)) {
      const factor = golden.loss[term];
      const { report, gradients } = await firstStep(gpu, plain({ ...none, [term]: factor }));
      for (const [other, found] of Object.entries(report.terms)) {
        if (other === term) assertClose([found!], [value], { relative: 1e-5 });
        else if (other !== "total") assert.equal(found, null, other);
      }
      for (const [name, values] of gradients) {
        const before = sums.get(name);
        sums.set(name, Float64Array.from(values, (gradient, i) => gradient + (before?.[i] ?? 0)));
      }
    }
    assertGradients(sums, parametersOf(golden.gradients), 1e-5);
  });

  for (const seed of [1, 2, 3]) {
    test(`the gradient is that of finite differences in direction ${seed}`, async (gpu) => {
      const { gradients } = await firstStep(gpu, plain());
      const start = parametersOf(golden.start);
      const directions = new Map(
        [...start].map(([name, { length }], i) => [name, normal(length, { seed: 100 * seed + i })]),
      );
      const along = async (step: number) => {
        const moved = new Map(
          [...start].map(([name, values]) => {
            const way = directions.get(name)!;
            return [name, values.map((value, i) => value + step * way[i])];
          }),
        );
        const network = networkOf(gpu, golden.heads, moved);
        const trainer = new Trainer(gpu, { network, source, settings: plain() });
        return (await trainer.step(views, 1)).terms.total;
      };
      const step = 1e-4;
      const found = (await along(step) - await along(-step)) / (2 * step);
      const expected = [...gradients].map(([name, values]) => dot(values, directions.get(name)!))
        .reduce((a, b) => a + b, 0);
      // Losses near 4 in f32 are uncertain by 5e-7, their slope by 5e-7 / 1e-4; rectifiers and maxima
      // bend on the way. Measured 5e-3, of slopes of 3 to 5.
      assertClose([found], [expected], { absolute: 0.02 });
    });
  }

  test("without entries only the cells teach, and what decays decays", async (gpu) => {
    const network = networkOf(gpu);
    const settings = settingsOf("sgd");
    const optimiser = { ...settings.optimiser, warmUp: 0, rate: 0.5, weightDecay: 0.125 };
    const trainer = new Trainer(gpu, {
      ...{ network, source },
      settings: { ...settings, optimiser },
    });
    const { terms, positives, entries, emptyViews } = await trainer.step([views[1]], 1);
    assert.deepEqual([positives, entries, emptyViews], [0, 0, 1]);
    const { category, total, ...others } = terms;
    assert.equal(total, category);
    assert.deepEqual(Object.values(others), [null, null, null, null]);
    const state = await trainer.state();
    const start = parametersOf(golden.start);
    // 1 − 0.5 · 0.125 has no rounding, its product with the start one.
    const kernel = start.get("kernel.output.weight")!.map((value) => value * 0.9375);
    assertClose(state.get("kernel.output.weight")!.values, kernel, { relative: 2 ** -23 });
    assertSame(state.get("mask.output.norm.weight")!.values, start.get("mask.output.norm.weight")!);
    const category0 = state.get("category.output.bias")!.values;
    assert.notDeepEqual([...category0], [...start.get("category.output.bias")!]);
  });

  test("the gradient is clipped to a norm, which is reported", async (gpu) => {
    const settings = plain();
    const whole = await firstStep(gpu, settings);
    const clipped = await firstStep(gpu, {
      ...settings,
      optimiser: { ...settings.optimiser, clip: 0.5 },
    });
    const norm = Math.hypot(...[...whole.gradients.values()].flatMap((values) => [...values]));
    assertClose([clipped.report.gradientNorm!], [norm], { relative: 1e-5 });
    const shrunk = new Map(
      [...whole.gradients].map(([name, values]) => [name, values.map((v) => v * 0.5 / norm)]),
    );
    assertGradients(clipped.gradients, shrunk, 1e-5);
  });
});

conformance("Trainer.step() when values are not finite", (test) => {
  test("names the parameters, the first of many", async (gpu) => {
    const values = parametersOf(golden.start);
    values.get("kernel.output.bias")![1] = NaN;
    const network = networkOf(gpu, golden.heads, values);
    const trainer = new Trainer(gpu, { network, source, settings: settingsOf("sgd") });
    await assert.rejects(trainer.step(views, 1), (error: NotFiniteError) => {
      assert.ok(error.parameters.includes("kernel.output.weight"), `${error.parameters}`);
      assert.ok(!error.parameters.includes("category.output.weight"), `${error.parameters}`);
      assert.match(
        error.message,
        /of the loss and the gradient of .* more parameters are not finite/,
      );
      return true;
    });
  });

  test("names the term, and changes nothing", async (gpu) => {
    const values = parametersOf(golden.start);
    values.get("category.output.bias")![1] = Infinity;
    const network = networkOf(gpu, golden.heads, values);
    const trainer = new Trainer(gpu, { network, source, settings: settingsOf("adamw") });
    const before = await trainer.state();
    await assert.rejects(trainer.step(views, 7), (error: NotFiniteError) => {
      assert.ok(error instanceof NotFiniteError);
      assert.equal(error.step, 7);
      assert.deepEqual(error.terms, ["category"]);
      assert.match(error.message, /^step 7: category of the loss/);
      return true;
    });
    const after = await trainer.state();
    for (const [name, { values }] of before) {
      assert.deepEqual([...after.get(name)!.values], [...values], name);
    }
  });
});

conformance("Trainer.state()", (test) => {
  for (const kind of ["sgd", "adamw"] as const) {
    test(`lets another trainer go on, bit for bit: ${kind}`, async (gpu) => {
      const settings = settingsOf(kind, { together: 2 });
      const first = new Trainer(gpu, { network: networkOf(gpu), source, settings });
      for (const step of [1, 2]) await first.step(views, step);
      const state = await first.state();
      const report = await first.step(views, 3);
      const second = new Trainer(gpu, { network: networkOf(gpu), source, settings, state });
      assert.deepEqual(await second.step(views, 3), report);
      const [a, b] = [await first.state(), await second.state()];
      assert.deepEqual([...a.keys()], [...b.keys()]);
      for (const [name, { shape, values }] of a) {
        assert.deepEqual(b.get(name)!.shape, shape);
        assertSame(b.get(name)!.values, values);
      }
    });
  }

  test("padding stays zero", async (gpu) => {
    const network = networkOf(gpu);
    const trainer = new Trainer(gpu, { network, source, settings: settingsOf("adamw") });
    for (const step of [1, 2, 3]) await trainer.step(views, step);
    const padded = network.parameters.filter(({ plan }) => `${plan.shape}` !== `${plan.used}`);
    assert.ok(padded.length >= 4, "coordinates and categories are padded");
    for (const { plan, tensor } of padded) {
      const values = await gpu.read(tensor as Tensor);
      const used = plan.used.reduce((a, b) => a * b, 1);
      assert.equal(values.filter((value) => value !== 0).length, used, plan.name);
    }
  });

  test("of another optimiser or network is refused", async (gpu) => {
    const network = networkOf(gpu);
    const trainer = new Trainer(gpu, { network, source, settings: settingsOf("sgd") });
    const state = await trainer.state();
    const other = { network, source, settings: settingsOf("adamw") };
    assert.throws(() => new Trainer(gpu, { ...other, state }), /"optimiser\.velocity\.kernel/);
    const fewer = new Map([...state].slice(1));
    const same = { network, source, settings: settingsOf("sgd"), state: fewer };
    assert.throws(() => new Trainer(gpu, same), /must have "kernel\.tower\.0\.conv\.weight"/);
  });
});

/** A device that reuses memory, unlike the poisoned one. */
async function withGpu(body: (gpu: Gpu) => Promise<void>, memoryBudgetBytes?: number) {
  const gpu = await Gpu.open({ memoryBudgetBytes });
  try {
    await body(gpu);
  } finally {
    gpu.close();
  }
}

Deno.test("Trainer.step() leaves no tensor behind, whatever becomes of it", () =>
  withGpu(async (gpu) => {
    const network = networkOf(gpu);
    const bare = gpu.memory.liveBytes;
    const settings = settingsOf("sgd", { together: 2 });
    const trainer = new Trainer(gpu, { network, source, settings });
    const { liveBytes } = gpu.memory;
    for (const step of [1, 2]) {
      await trainer.step(views, step);
      assert.equal(gpu.memory.liveBytes, liveBytes);
    }
    const { idleBytes } = gpu.memory;
    await trainer.step(views, 3);
    assert.deepEqual([gpu.memory.liveBytes, gpu.memory.idleBytes], [liveBytes, idleBytes]);
    const broken = { ...source, maps: () => Promise.reject(new Error("no maps")) };
    const other = new Trainer(gpu, { network, source: broken, settings });
    await assert.rejects(other.step(views, 1), /no maps/);
    other.free();
    assert.equal(gpu.memory.liveBytes, liveBytes);
    trainer.free();
    assert.equal(gpu.memory.liveBytes, bare);
  }));

Deno.test("Trainer keeps maps of views that repeat, as far as its allowance goes", () =>
  withGpu(async (gpu) => {
    const repeated = views.map((view, i) => ({ ...view, repeats: `picture ${i}` }));
    const mapBytes = 4 * 8 * (32 * 40 + 16 * 20 + 8 * 10 + 4 * 5 + 2 * 3);
    const run = async (keepMapsBytes: number) => {
      const options = { network: networkOf(gpu), source, settings: plain(), keepMapsBytes };
      const trainer = new Trainer(gpu, options);
      source.calls = 0;
      const reports = [];
      for (const step of [1, 2]) reports.push(await trainer.step(repeated, step));
      const { calls } = source;
      trainer.free();
      return { calls, reports };
    };
    const before = gpu.memory.liveBytes;
    const none = await run(0);
    assert.equal(none.calls, 2); // whole chunks
    const all = await run(3 * mapBytes);
    assert.equal(all.calls, 3); // each view once
    // Two of three: the first one's made room for the third.
    const few = await run(2 * mapBytes);
    assert.equal(few.calls, 4);
    assert.deepEqual(all.reports, none.reports);
    assert.deepEqual(few.reports, none.reports);
    const parameters = gpu.memory.liveBytes - before; // of three networks alone
    networkOf(gpu);
    assert.equal(gpu.memory.liveBytes - before, parameters / 3 * 4);
  }));

Deno.test("Trainer.step() says what to lower when memory runs out", () =>
  withGpu(async (gpu) => {
    const network = networkOf(gpu);
    const trainer = new Trainer(gpu, { network, source, settings: settingsOf("sgd") });
    const { liveBytes } = gpu.memory;
    await assert.rejects(trainer.step(views, 1), (error: Error) => {
      assert.ok(error instanceof GpuMemoryError);
      assert.match(
        error.message,
        /^step 1, up to 3 views of 128 × 160 pixels together, 25 entries/,
      );
      assert.match(error.message, /try fewer views together/);
      return true;
    });
    assert.equal(gpu.memory.liveBytes, liveBytes);
  }, 2 ** 21));

conformance("Trainer.step() refuses", (test) => {
  const cases: [string, readonly StepView[], number, RegExp][] = [
    ["a step of no views", [], 1, /needs at least one view/],
    ["a step 0", views, 0, /a step must be a whole number from 1 on, got 0/],
    [
      "bytes of another size",
      [{ ...views[0], rgb: new Uint8Array(3) }],
      1,
      /must have 61440 bytes/,
    ],
    [
      "targets of another network",
      [{ ...views[0], targets: { ...views[0].targets, levels: [] } }],
      1,
      /view 0, of picture 0, must have 5 levels/,
    ],
  ];
  for (const [what, given, step, message] of cases) {
    test(what, async (gpu) => {
      const trainer = new Trainer(gpu, { network: networkOf(gpu), source, settings: plain() });
      await assert.rejects(trainer.step(given, step), message);
    });
  }

  test("objects of more classes than the network tells apart", async (gpu) => {
    const one = { ...golden.heads, categories: 1 };
    const values = parametersOf(golden.start);
    values.set("category.output.bias", new Float32Array(1));
    values.set("category.output.weight", new Float32Array(72));
    const network = networkOf(gpu, one, values);
    const trainer = new Trainer(gpu, { network, source, settings: plain() });
    await assert.rejects(trainer.step(views, 1), /an object of class 1; the network tells 1 apart/);
  });
});
