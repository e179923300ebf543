/**
 * `fiedler pretrain` on a real adapter, with a very small network: whatever stops a pretraining, the
 * same command goes on and ends with the same bytes.
 */
import { Gpu, type GpuOptions } from "@fiedler/gpu";
import { entryToF32, openTensorFile, readSafetensors, writeSafetensors } from "@fiedler/io";
import type { PretrainingStep } from "@fiedler/report";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { Disk } from "../../packages/cli/disk.ts";
import { FileSource } from "../../packages/cli/file_source.ts";
import { readMetrics } from "../../packages/cli/metrics_file.ts";
import { openOutput } from "../../packages/cli/output.ts";
import { findStart, readStart } from "../../packages/cli/pretrain_start.ts";
import { runPretraining } from "../../packages/cli/pretrain_run.ts";
import { findModel } from "../../packages/cli/weights.ts";
import { appearance } from "../support/appearance.ts";
import {
  bytesOf,
  changed,
  command,
  Died,
  diskThat,
  OF_MAE,
  planOf,
  refused,
  STEPS,
} from "./pretrain_support.ts";
import { call, inFolder, testPicture } from "./support.ts";

const metricsOf = (folder: string) => readMetrics<PretrainingStep>(join(folder, "metrics.jsonl"));

const namesIn = (folder: string): string[] =>
  [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

/** One of the tests, in a folder with `whole`, a pretraining that nothing disturbed. */
type Body = (root: string, undisturbed: readonly string[]) => Promise<void>;
const tests = new Map<string, Body>();
const test = (name: string, body: Body) => void tests.set(name, body);

test("ends with an encoder that is found, a page, and does not train twice", async (root) => {
  const out = join(root, "whole");
  assert.deepEqual(namesIn(out), [
    ...["checkpoints", "encoder.safetensors", "lock", "log.jsonl", "metrics.jsonl"],
    ...["pretrain.json", "report.html"],
  ]);
  assert.deepEqual(namesIn(join(out, "checkpoints")), [
    ...["encoder-000004.safetensors", "encoder-000006.safetensors"],
    ...["step-000004.safetensors", "step-000006.safetensors"],
  ]);
  const [encoder, last] = await Promise.all(
    ["encoder.safetensors", "checkpoints/encoder-000006.safetensors"]
      .map((name) => Deno.readFile(join(out, name))),
  );
  assert.deepEqual(encoder, last);
  const model = await findModel({ nameOrFile: join(out, "encoder.safetensors"), flag: "model" });
  assert.equal(model.title, "a vision transformer, ViT of 1 block of 16, patch 4");
  assert.ok(model.ours, "it is centred and shrunk by default");
  const { metadata } = readSafetensors(encoder);
  assert.equal(metadata.step, `${STEPS}`);
  assert.equal(JSON.parse(metadata.pretraining)["scene-seed"], 1000);
  const metrics = await metricsOf(out);
  assert.deepEqual(metrics.map(({ step }) => step), [1, 2, 3, 4, 5, 6]);
  assert.ok(metrics[5].loss < metrics[0].loss, "it learns");
  const page = await Deno.readTextFile(join(out, "report.html"));
  assert.match(page, /aria-label="Loss by step: [\d.]+ → [\d.]+/);
  assert.doesNotMatch(page, /Entropy|undefined|NaN/);
  const before = await bytesOf(out);
  const { said } = await call(command(out));
  assert.equal(said.events.at(-1)!.event, "finished");
  assert.match(
    said.prints.join(),
    /next: fiedler propose PHOTOS --model .*encoder\.safetensors'?$/,
  );
  assert.deepEqual(await bytesOf(out), before);
});

test("dies, is interrupted and damaged, and comes to the same bytes", async (root, bytes) => {
  const out = join(root, "out");
  const dying = diskThat((step, path) => {
    if (step === "rename" && path.includes("step-000002")) throw new Died();
  });
  await assert.rejects(call(command(out), { disk: dying }), Died);
  const stop: { signal: "SIGINT" | null } = { signal: null };
  const interrupting = diskThat((step, path) => {
    if (step === "rename" && path.includes("step-000004")) stop.signal = "SIGINT";
  });
  const stopped = { disk: interrupting, stop };
  await refused(command(out), 130, [/step 4 of 6/, /to go on/], stopped);
  const state = join(out, "checkpoints", "step-000004.safetensors");
  const damaged = await Deno.readFile(state);
  damaged[damaged.length - 6] ^= 1; // one bit of a weight, which stays a finite number
  await Deno.writeFile(state, damaged);
  const { said } = await call(command(out));
  assert.match(said.notes.join("\n"), /step-000004.* is damaged, the one before it is used/);
  assert.match(said.notes.join("\n"), /resuming {2}2 of 6 steps are done/);
  assert.deepEqual(await bytesOf(out), bytes);
});

const MAIN = fileURLToPath(new URL("../../packages/cli/main.ts", import.meta.url));

test(
  "kill -9 loses nothing that was stored, and workers change nothing",
  async (root, undisturbed) => {
    const out = join(root, "killed");
    const args = changed(command(out), "--workers", "3");
    // With the permissions of the launcher.
    const cache = "--allow-env=FIEDLER_WEIGHTS,XDG_CACHE_HOME,HOME,LOCALAPPDATA";
    const allowed = ["--allow-read", "--allow-write", "--allow-sys=systemMemoryInfo", cache];
    const denied = ["--deny-net", "--deny-run", "--deny-ffi"];
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", ...denied, ...allowed, MAIN, ...args, "--quiet"],
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    await appearance(join(out, "checkpoints", "step-000002.safetensors"));
    child.kill("SIGKILL");
    assert.equal((await child.output()).signal, "SIGKILL");
    await call(command(out)); // goes on with one worker
    assert.deepEqual(await bytesOf(out), undisturbed);
  },
);

test("dino shows its entropies, and learns from pictures", async (root) => {
  const photos = join(root, "photos");
  await Deno.mkdir(photos);
  for (let i = 0; i < 4; i++) await Deno.writeFile(join(photos, `${i}.png`), testPicture(i));
  const out = join(root, "dino");
  const args = changed(command(out, "dino", "--pictures", photos), "--steps", "3");
  const { said } = await call(args);
  assert.match(said.notes.join("\n"), /pictures {2}4 pictures of .*photos/);
  for (const { teacherEntropy, meanEntropy } of await metricsOf(out)) {
    for (const entropy of [teacherEntropy!, meanEntropy!]) {
      // Of 12 prototypes; sums of twelve f32 terms are off by less than 1e-5.
      assert.ok(entropy > 0 && entropy < Math.log(12) + 1e-5, `${entropy}`);
    }
  }
  const page = await Deno.readTextFile(join(out, "report.html"));
  assert.match(page, /Entropy of the mean/);
  assert.match(page, /Of 12 prototypes an entropy is 2\.48 nats at most/);
  await Deno.writeFile(join(photos, "more.png"), testPicture(5));
  await refused(args, 2, [/pictures: 4 there, 5 now/, /names and sizes/]);
});

test("wrong command lines are refused before anything is written", async (root) => {
  const out = join(root, "never");
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [["pretrain", "dinos", "--out", out], /no way of pretraining "dinos", did you mean dino/],
    [command(out, "mae", "--prototypes", "8"), /means nothing to mae[^]*--prototypes/],
    [command(out, "dino", "--mask-ratio", "0.5"), /means nothing to dino/],
    [
      changed(command(out), "--dim", "18"),
      /multiple of 4 times the heads, got 18 and 2[^]*give 24/,
    ],
    [
      changed(command(out), "--crop", "18"),
      /whole patches: it must be a multiple of 4, got 18[^]*give 20/,
    ],
    [changed(command(out, "dino"), "--prototypes", "13"), /multiple of 4, got 13[^]*give 16/],
    [command(out, "mae", "--mask-ratio", "1"), /--mask-ratio 1/],
    [command(out, "mae", "--scenes", "dino", "--pictures", root), /no scenes beside --pictures/],
    [command(out, "mae", "--pictures", join(root, "nowhere")), /no such file or folder/],
    [command(out, "mae", "--start", "mae-tiny"), /encoder is that of --start[^]*--dim/],
    [command(out, "mae", "--name", "x"), /--out and --name exclude each other/],
  ];
  for (const [args, word] of wrong) await refused(args, 2, [word]);
  await assert.rejects(Deno.stat(out), Deno.errors.NotFound);
  await refused(command(join(root, "whole"), "mae", "--seed", "1"), 2, [
    /belongs to another pretraining/,
    /seed: 0 there, 1 now/,
  ]);
});

/** Command lines without the flags of the encoder, which `--start` decides. */
const started = (out: string, start: string, ...more: readonly string[]) => [
  ...["pretrain", "mae", "--out", out, "--start", start],
  ..."--crop 16 --side 32 --batch 3 --steps 2 --warm-up 1 --rate 0.001".split(" "),
  ...OF_MAE.split(" "),
  ...more,
];

test("--start begins where another encoder ended", async (root) => {
  const encoder = join(root, "whole", "encoder.safetensors");
  const more = join(root, "more");
  await call(started(more, encoder));
  const [{ loss: first }] = await metricsOf(join(root, "whole"));
  const [{ loss: again }] = await metricsOf(more);
  assert.notEqual(again, first);
  const before = await entriesOf(encoder);
  const after = await entriesOf(join(more, "encoder.safetensors"));
  assert.deepEqual([...after.tensors.keys()].sort(), [...before.tensors.keys()].sort());
  for (const [name, then] of before.tensors) {
    const now = after.tensors.get(name)!;
    // Two steps of Adam move a weight by 2 × 0.001 at most, and halves by 2^-11 of themselves.
    now.forEach((value, i) =>
      assert.ok(Math.abs(value - then[i]) < 0.0021 + Math.abs(then[i]) / 1000, name)
    );
  }
});

test("what diverges stops in words, and keeps the checkpoint before it", async (root) => {
  const out = join(root, "diverged");
  // Weight decay takes ten times each weight away: they grow ninefold with every step.
  const wild = changed(changed(command(out), "--rate", "10"), "--warm-up", "0");
  await refused(
    [...changed(wild, "--steps", "60"), ..."--weight-decay 1 --clip 1000".split(" ")],
    3,
    [
      /stopped at step \d+: .*not finite/,
      /the last good checkpoint is .*step-0000\d\d\.safetensors/,
      /--rate/,
    ],
  );
  const [last] = namesIn(join(out, "checkpoints")).filter((name) => name.startsWith("step-")).slice(
    -1,
  );
  const { tensors } = await entriesOf(join(out, "checkpoints", last));
  for (const [name, values] of tensors) assert.ok(values.every(Number.isFinite), name);
});

test("--start takes a table of positions, as published encoders have it", async (root) => {
  const { tensors, shapes, metadata } = await entriesOf(join(root, "whole", "encoder.safetensors"));
  const table = Float32Array.from({ length: 5 * 16 }, (_, i) => i);
  tensors.set("pos_embed", table);
  tensors.delete("norm.weight"); // some files end before the last norm
  tensors.delete("norm.bias");
  const { position: _, ...others } = metadata;
  const entries = [...tensors].map(([name, values]) =>
    [name, {
      dtype: "F32",
      shape: shapes.get(name) ?? [1, 5, 16],
      data: new Uint8Array(values.buffer),
    }] as const
  );
  const path = join(root, "table.safetensors");
  await Deno.writeFile(path, writeSafetensors(new Map(entries), others));
  const start = await findStart(path);
  assert.deepEqual({ ...start.config, mean: 0, std: 0 }, {
    ...{ dim: 16, depth: 1, heads: 2, patch: 4, classToken: true, epsilon: 1e-6, mean: 0, std: 0 },
    positions: { kind: "table", table: table.slice(16), rows: 2, columns: 2, resample: "size" },
  });
  const state = await readStart(start);
  const { shape, values } = state.get("cls_token")!;
  assert.deepEqual(shape, [1, 16]);
  assert.deepEqual(values, tensors.get("cls_token")!.map((value, i) => value + table[i]));
  const name = "blocks.0.mlp.fc1.weight"; // of PyTorch's linear layers the transpose
  assert.deepEqual(state.get(name)!.shape, [16, 64]);
  assert.equal(state.get(name)!.values[1], tensors.get(name)![16]);
  assert.deepEqual(state.get("norm.weight")!.values, new Float32Array(16).fill(1));
});

/** All that an encoder's file holds, as f32. */
async function entriesOf(path: string) {
  using source = FileSource.open(path);
  const { tensors, metadata } = await openTensorFile(source);
  const values = new Map<string, Float32Array<ArrayBuffer>>();
  for (const [name, entry] of tensors) values.set(name, await entryToF32(entry));
  const shapes = new Map([...tensors].map(([name, { shape }]) => [name, shape]));
  return { tensors: values, shapes, metadata };
}

test("--dry-run tells time and disk, and writes nothing", async (root) => {
  const { said } = await call(command(join(root, "planned"), "mae", "--dry-run"));
  const [plan] = said.events;
  assert.ok(Number(plan.secondsPerStep) > 0 && Number(plan.diskBytes) > 0);
  assert.match(said.prints.join(), /18000 generated scenes[^]*nothing was trained or written/);
  await assert.rejects(Deno.stat(join(root, "planned")), Deno.errors.NotFound);
});

test("a GPU that is lost is opened again", async (root, undisturbed) => {
  const notes = await trainLosing(join(root, "lost"));
  assert.match(notes.join("\n"), /the GPU was lost, opening it again/);
  assert.deepEqual(await bytesOf(join(root, "lost")), undisturbed);
});

/** Trains on two devices, of which the first one is destroyed at its first update. */
async function trainLosing(out: string): Promise<string[]> {
  const plan = await planOf(command(out));
  const notes: string[] = [];
  const quiet = openOutput({ quiet: true });
  let lost = false;
  let device: GPUDevice;
  const event: typeof quiet.event = ({ event }) => {
    if (event !== "step" || lost) return;
    lost = true;
    device.destroy();
  };
  const world = {
    out: { ...quiet, event, note: (line: string) => void notes.push(line) },
    disk: new Disk(),
    stop: { signal: null },
    openEngine: () => Promise.reject(new Error("no engine is needed")),
    openDesk: () => {
      throw new Error("no pictures are read here");
    },
  };
  await runPretraining(plan, world, async (options: GpuOptions) => {
    const gpu = await Gpu.open(options);
    device = gpu.device;
    return gpu;
  });
  return notes;
}

Deno.test("fiedler pretrain", async (t) => {
  await inFolder(async (root) => {
    await call(command(join(root, "whole")));
    const undisturbed = await bytesOf(join(root, "whole"));
    for (const [name, body] of tests) await t.step(name, () => body(root, undisturbed));
  });
});
