import assert from "node:assert/strict";
import type { Gpu } from "@fiedler/gpu";
import { readSafetensors } from "@fiedler/io";
import { Pretrainer, pretrainRate } from "@fiedler/pretrain";
import { duel, type StepNumbers, type Trainee } from "../../tools/bench/duel.ts";
import { pretrainFlops } from "../../tools/bench/pretrain_flops.ts";
import { batchesOf, PRETRAININGS, pretrainWords } from "../../tools/bench/pretraining.ts";
import { torchTable } from "../../tools/bench/table.ts";
import { startTwin } from "../../tools/bench/torch_twin.ts";
import { SMALL_DINO, SMALL_MAE } from "../pretrain/small.ts";
import { conformance } from "../support/conformance.ts";

conformance("pretrainFlops()", (test) => {
  const dino = { ...SMALL_DINO, model: { ...SMALL_DINO.model, frozenPrototypes: 0 } };
  for (const settings of [SMALL_MAE, dino]) {
    test(`counts the products that a step of ${settings.kind} dispatches`, (gpu) => {
      const trainer = new Pretrainer(gpu, settings);
      const [batch] = batchesOf(settings);
      const flops = productFlops(gpu, () => trainer.step(batch, 1));
      assert.equal(pretrainFlops(settings), flops);
    });
  }
});

/** Arithmetic of the products that are dispatched meanwhile, by what their kernels are told. */
function productFlops(gpu: Gpu, work: () => void): number {
  let flops = 0;
  const run = gpu.run;
  gpu.run = (kernel, args, launch) => {
    const params = args.params as Readonly<Record<string, number>>;
    if (params && "inner" in params) {
      const { rows, columns, inner, bRows, heads, images } = params;
      flops += 2 * rows * columns * Math.min(inner, bRows) * heads * images; // zeros do not count
    } else if (kernel.name.startsWith("attention")) {
      // The gradient is two kernels, which compute some of its five products more than once.
      const products = { attention_backward_queries: 0, attention_backward_keys: 5 };
      const { tokens, heads, size } = params;
      const images = launch.workgroups[2] ?? 1;
      const count = products[kernel.name as keyof typeof products] ?? 2;
      flops += count * 2 * images * heads * tokens ** 2 * size;
    }
    run.call(gpu, kernel, args, launch);
  };
  try {
    work();
  } finally {
    gpu.run = run;
  }
  return flops;
}

Deno.test("pretrainWords() says what a step sees", () => {
  assert.deepEqual(PRETRAININGS.map(pretrainWords), [
    { name: "step, mae", shape: "64 of 96²" },
    { name: "step, dino", shape: "32 of 2 × 64² + 4 × 32²" },
  ]);
});

/** Takes `ms` a step, in wall and in CPU time, and finds `loss` over the step's number. */
function fake(name: string, ms: number, loss: number, told: string[]): Trainee {
  let now = 0;
  return {
    name,
    clock: { wall: () => now, cpu: () => now },
    steps(first, count) {
      told.push(`${name} ${first} ${count}`);
      now += ms * count;
      const numbers = (_: unknown, i: number) => ({ loss: loss / (first + i), gradientNorm: 2 });
      return Promise.resolve(Array.from<unknown, StepNumbers>({ length: count }, numbers));
    },
  };
}

Deno.test("duel() times as many steps of both in turn", async () => {
  const told: string[] = [];
  const rules = { rounds: 2, leastMs: 40 };
  const found = await duel(fake("ours", 50, 3, told), fake("theirs", 10, 3.0001, told), rules);
  assert.deepEqual(told, [
    ...["ours 1 2", "theirs 1 2"],
    ...["ours 3 1", "theirs 3 1", "ours 4 1", "theirs 4 1"],
  ]);
  assert.deepEqual(found.outcomes.map(({ trainee, cpuMs }) => [trainee, cpuMs]), [
    ["ours", 50],
    ["theirs", 10],
  ]);
  const match = { name: "step, mae", shape: "4 of 16²", flops: 5e9, pictures: 4, ...found };
  assert.match(
    torchTable([match], true),
    /\| step, mae \| 4 of 16² \| theirs \| 5\.00 \| 10\.0 \| 400 \| 500 \| 0\.200 × \|$/,
  );
});

Deno.test("duel() refuses other numbers, and none", async () => {
  const rules = { rounds: 1, leastMs: 40 };
  const ours = fake("ours", 50, 3, []);
  await assert.rejects(duel(ours, fake("theirs", 10, 3.001, []), rules), {
    name: "RangeError",
    message: "bench --torch: losses or norms of theirs differ from ours by 3.3e-4, more than " +
      "0.0001: this is not the same work",
  });
  const silent = { ...ours, steps: () => Promise.resolve([]) };
  await assert.rejects(duel(ours, silent, rules), /differ from ours by NaN/);
});

const posix = Deno.build.os !== "windows";

/** A program in the place of a Python: prints `first`, then an answer to each line. */
async function program(folder: string, first: string): Promise<string> {
  const path = `${folder}/python`;
  const answer = `{"losses": [0.5], "norms": [2], "wallMs": 7, "cpuMs": 6}`;
  const lines = [
    "#!/bin/sh",
    `cp "$2" ${folder}/start`,
    `echo '${first}'`,
    `while read -r line; do echo "$line" > ${folder}/asked; echo '${answer}'; done`,
  ];
  await Deno.writeTextFile(path, lines.join("\n") + "\n", { mode: 0o755 });
  return path;
}

const twinOf = (python: string) => {
  const batches = batchesOf(SMALL_MAE);
  return startTwin({ python, device: "cpu", settings: SMALL_MAE, state: new Map(), batches });
};

Deno.test("startTwin() tells a program of steps, and counts what they took", {
  ignore: !posix,
}, async () => {
  const folder = await Deno.makeTempDir();
  const twin = await twinOf(await program(folder, `{"name": "PyTorch 0"}`));
  assert.equal(twin.name, "PyTorch 0");
  assert.deepEqual(await twin.steps(2, 1), [{ loss: 0.5, gradientNorm: 2 }]);
  assert.deepEqual([twin.clock.wall(), await twin.clock.cpu()], [7, 6]);
  const [step] = JSON.parse(await Deno.readTextFile(`${folder}/asked`));
  assert.equal(step.batch, 1);
  assert.equal(step.rate, pretrainRate(SMALL_MAE, 2));
  assert.deepEqual(step.visible.map((row: number[]) => row.length), [4, 4, 4]);
  const { tensors } = readSafetensors(await Deno.readFile(`${folder}/start`));
  assert.deepEqual([...tensors].map(([name, { shape }]) => `${name} ${shape}`).sort(), [
    ...["crops.0 3,16,16,3", "crops.1 3,16,16,3"],
    ...["positions.decoder 16,8", "positions.encoder 16,16"],
  ]);
  await twin.stop();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("startTwin() says which Python it cannot use", async () => {
  await assert.rejects(twinOf("no-such-python"), {
    name: "RangeError",
    message: /^bench --torch: no-such-python could not be started; name a Python .* by --python$/,
  });
});

Deno.test("startTwin() says what a Python lacks", { ignore: !posix }, async () => {
  const folder = await Deno.makeTempDir();
  const python = await program(folder, `{"missing": "No module named torch"}`);
  await assert.rejects(twinOf(python), {
    name: "RangeError",
    message: `bench --torch: ${python}: No module named torch; install PyTorch for it, or name ` +
      "another Python by --python",
  });
  await Deno.remove(folder, { recursive: true });
});
