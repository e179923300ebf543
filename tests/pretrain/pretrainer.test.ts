import assert from "node:assert/strict";
import { type Gpu, reshape, type Tensor } from "@fiedler/gpu";
import { patchify } from "@fiedler/kernels";
import { CheckpointError, vitFeatures } from "@fiedler/models";
import {
  DivergedError,
  encodePatches,
  makeVit,
  positionRows,
  pretrainBatch,
  Pretrainer,
  type PretrainSettings,
} from "@fiedler/pretrain";
import { Tape, type TrainerState } from "@fiedler/train";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { packPictures } from "../support/pictures.ts";
import { vitOf } from "../support/vit.ts";
import { SMALL_DINO, SMALL_MAE, SMALL_VIT, smoothPictures } from "./small.ts";

const PICTURES = smoothPictures(3);

/** Runs steps, from `first` to `last`. */
function run(trainer: Pretrainer, settings: PretrainSettings, first: number, last: number): void {
  for (let step = first; step <= last; step++) {
    trainer.step(pretrainBatch(settings, PICTURES, step), step);
  }
}

function assertSameState(actual: TrainerState, expected: TrainerState): void {
  assert.deepEqual([...actual.keys()], [...expected.keys()]);
  for (const [name, { values }] of expected) assertSame(actual.get(name)!.values, values);
}

conformance("Pretrainer", (test) => {
  for (const settings of [SMALL_MAE, SMALL_DINO]) {
    test(`goes on from a state to the same bytes, ${settings.kind}`, async (gpu) => {
      const straight = new Pretrainer(gpu, settings);
      run(straight, settings, 1, 4);
      const reports = await straight.report();
      const begun = new Pretrainer(gpu, settings);
      run(begun, settings, 1, 2);
      const state = await begun.state();
      begun.free();
      const resumed = new Pretrainer(gpu, settings, { state });
      run(resumed, settings, 3, 4);
      assert.deepEqual(await resumed.report(), reports.slice(2));
      assertSameState(await resumed.state(), await straight.state());
    });

    test(`writes an encoder that is found and read, ${settings.kind}`, async (gpu) => {
      const trainer = new Pretrainer(gpu, settings);
      run(trainer, settings, 1, 2);
      const state = await trainer.state();
      const prefix = settings.kind === "mae" ? "encoder." : "teacher.encoder.";
      const rgb = gpu.upload(packPictures([PICTURES[0].data.subarray(0, 768)]), [1, 192]);
      const expected = await gpu.read(tokensOf(gpu, state, prefix, rgb));
      for (const dtype of ["F32", "F16"] as const) {
        const vit = await vitOf(gpu, await trainer.encoderFile(dtype, { trained_on: "colours" }));
        assert.deepEqual({ ...vit.config, mean: [...vit.config.mean] }, SMALL_VIT);
        const tokens = vitFeatures(gpu, vit, rgb, [4, 4], { facet: "token" });
        // The same numbers but for a fused GELU and bias; halves are off by 2^-11.
        const relative = dtype === "F32" ? 1e-5 : 5e-3;
        assertClose(await gpu.read(tokens), expected, { relative });
      }
    });
  }

  test("starts as another transformer, whose table of positions stays", async (gpu) => {
    const table = Float32Array.from({ length: 4 * 16 }, (_, i) => (i % 32) / 16); // exact in f16
    const positions = { kind: "table", table, rows: 2, columns: 2, resample: "size" } as const;
    const encoder = { ...SMALL_VIT, positions };
    const settings = { ...SMALL_MAE, model: { ...SMALL_MAE.model, encoder } };
    const state = await new Pretrainer(gpu, { ...settings, seed: 5 }).state();
    const start = new Map(
      [...state].filter(([name]) => name.startsWith("encoder."))
        .map(([name, array]) => [name.slice("encoder.".length), array]),
    );
    const trainer = new Pretrainer(gpu, settings, { encoder: start });
    const begun = await trainer.state();
    for (const [name, { values }] of start) {
      assertSame(begun.get(`encoder.${name}`)!.values, values);
    }
    const mask = "decoder.mask_token";
    assert.notDeepEqual(begun.get(mask)!.values, state.get(mask)!.values);
    run(trainer, settings, 1, 2);
    const vit = await vitOf(gpu, await trainer.encoderFile());
    assert.deepEqual(vit.config.positions, positions);
    const short = new Map([...start].slice(1));
    assert.throws(() => new Pretrainer(gpu, settings, { encoder: short }), CheckpointError);
  });

  test("reads nothing back in a step, and once in a report", async (gpu) => {
    const trainer = new Pretrainer(gpu, SMALL_DINO);
    const { readbacks } = gpu.hostWork;
    run(trainer, SMALL_DINO, 1, 3);
    assert.equal(gpu.hostWork.readbacks, readbacks);
    const reports = await trainer.report();
    assert.equal(gpu.hostWork.readbacks, readbacks + 1);
    assert.deepEqual(reports.map(({ step }) => step), [1, 2, 3]);
    assert.deepEqual(Object.keys(reports[0].monitors), ["teacherEntropy", "meanEntropy"]);
    // Assignments of few crops cannot be more even than the prototypes.
    assert.ok(reports.every(({ monitors }) => monitors.meanEntropy <= Math.log(12) + 1e-5));
    assert.deepEqual(await trainer.report(), []);
  });

  test("gives all its memory back", async (gpu) => {
    const { liveBytes } = gpu.memory;
    const trainer = new Pretrainer(gpu, SMALL_DINO);
    run(trainer, SMALL_DINO, 1, 2);
    await trainer.report();
    run(trainer, SMALL_DINO, 3, 3); // not reported
    trainer.free();
    assert.equal(gpu.memory.liveBytes, liveBytes);
  });

  test("learns", async (gpu) => {
    const settings = { ...SMALL_MAE, steps: 25 };
    const trainer = new Pretrainer(gpu, settings);
    run(trainer, settings, 1, 25);
    const losses = (await trainer.report()).map(({ loss }) => loss);
    const meanOf = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;
    // Gradients of smooth pictures follow from their neighbours: half of the loss goes.
    assert.ok(meanOf(losses.slice(-5)) < 0.6 * losses[0], `${losses[0]} → ${losses.at(-1)}`);
  });

  test("leaves prototypes as they are for as long as it is told", async (gpu) => {
    const dino = new Pretrainer(gpu, SMALL_DINO);
    const start = await dino.state();
    run(dino, SMALL_DINO, 1, 2);
    const frozen = await dino.state();
    assertSame(frozen.get("head.prototypes")!.values, start.get("head.prototypes")!.values);
    run(dino, SMALL_DINO, 3, 3);
    const moved = (await dino.state()).get("head.prototypes")!.values;
    assert.ok(moved.some((value, i) => value !== start.get("head.prototypes")!.values[i]));
  });

  test("says which step is no number, and changes nothing in it", async (gpu) => {
    const trainer = new Pretrainer(gpu, SMALL_MAE);
    const start = new Map(await trainer.state());
    const bias = start.get("decoder.out.bias")!;
    start.set("decoder.out.bias", { ...bias, values: bias.values.map(() => 1e30) });
    const broken = new Pretrainer(gpu, SMALL_MAE, { state: start });
    run(broken, SMALL_MAE, 1, 2);
    await assert.rejects(broken.report(), (error: Error) => {
      assert.ok(error instanceof DivergedError && error.step === 1);
      assert.match(error.message, /^step 1: the loss is (Infinity|NaN) .* continue from a state/);
      return true;
    });
    assertSameState(await broken.state(), start);
  });

  test("refuses other crops, steps, states and settings", async (gpu) => {
    const trainer = new Pretrainer(gpu, SMALL_MAE);
    const batch = pretrainBatch(SMALL_MAE, PICTURES, 1);
    const fewer = { ...batch, crops: batch.crops.slice(1) };
    assert.throws(() => trainer.step(fewer, 1), {
      name: "ShapeError",
      message: "pretraining: a step needs 3 crops of [16, 16, 3] bytes, got 2",
    });
    assert.throws(
      () => trainer.step({ ...batch, crops: batch.crops.with(1, fewer.crops[0].slice(1)) }, 1),
      {
        message: "pretraining: a step needs 3 crops of [16, 16, 3] bytes, got one of 767 bytes",
      },
    );
    for (const step of [0, 9, 1.5]) {
      assert.throws(() => trainer.step(batch, step), {
        name: "RangeError",
        message: `pretraining: a step must be a whole number from 1 to 8, got ${step}`,
      });
    }
    const state = await trainer.state();
    assert.throws(() => new Pretrainer(gpu, SMALL_DINO, { state }), {
      name: "CheckpointError",
      message: /^the state has "decoder\.embed\.weight", which this pretraining does not/,
    });
    const lacking = new Map(state);
    lacking.delete("encoder.norm.bias");
    assert.throws(() => new Pretrainer(gpu, SMALL_MAE, { state: lacking }), {
      message: /^the state must have "encoder\.norm\.bias" of shape \[16\], got none/,
    });
    const odd = { ...SMALL_MAE, crops: [{ ...SMALL_MAE.crops[0], size: 18 }] };
    assert.throws(() => new Pretrainer(gpu, odd), {
      message: "pretraining: crops of 18 pixels are no whole patches of 4",
    });
    const model = { ...SMALL_MAE.model, encoder: { ...SMALL_VIT, classToken: false } };
    assert.throws(() => new Pretrainer(gpu, { ...SMALL_MAE, model }), {
      message: "pretraining: a transformer needs a class token",
    });
    const one = { ...SMALL_DINO, crops: SMALL_DINO.crops.slice(1) };
    assert.throws(() => new Pretrainer(gpu, one), {
      message: "pretraining: self-distillation has two large crops of one size, got 16",
    });
  });
});

/** Tokens of the last block, before the last norm, of the parameters as they train. */
function tokensOf(gpu: Gpu, state: TrainerState, prefix: string, rgb: Tensor<"u32">): Tensor {
  const vit = makeVit(
    ({ name, shape }) =>
      gpu.upload(state.get(prefix + name.slice("encoder.".length))!.values, shape),
    SMALL_VIT,
  );
  const { patch, mean, std } = SMALL_VIT;
  const patches = patchify(gpu, rgb, { grid: [4, 4], patch, mean, std });
  const positions = positionRows(gpu, SMALL_VIT, [4, 4], [Array(16).keys().toArray()]);
  const tape = new Tape(gpu, []);
  const tokens = encodePatches(tape, vit, SMALL_VIT, { patches, positions, images: 1 });
  const out = gpu.empty([16, 16]);
  gpu.copy({ ...tokens, offset: 4 * 16, shape: [16, 16] }, out);
  return reshape(out, [1, 16, 16]);
}
