/**
 * `fiedler train` on a real adapter, with a very small network on eight generated scenes: whatever
 * stops a training, the same command goes on and ends with the same bytes.
 */
import { Gpu, type GpuOptions } from "@fiedler/gpu";
import { openTensorFile } from "@fiedler/io";
import { readSegmenterFile, segmenterBytes, type StoredArray } from "@fiedler/segmenter";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { parseCommandLine } from "../../packages/cli/args.ts";
import { Disk, type DiskStep } from "../../packages/cli/disk.ts";
import { CliError } from "../../packages/cli/exit.ts";
import { FileSource } from "../../packages/cli/file_source.ts";
import { readMetrics } from "../../packages/cli/metrics_file.ts";
import { openOutput } from "../../packages/cli/output.ts";
import { resolveFlags } from "../../packages/cli/settings.ts";
import { TRAIN_FLAGS } from "../../packages/cli/train_flags.ts";
import { planTraining } from "../../packages/cli/train_plan.ts";
import { runTraining } from "../../packages/cli/train_run.ts";
import { appearance } from "../support/appearance.ts";
import { ownEncoder } from "./own_encoder.ts";
import { call, type CallOptions, inFolder } from "./support.ts";

const STEPS = 6;
const WORDS = "--batch 2 --together 2 --short-side 64 --grids 6,4 --scale-ranges 1-32,16-2048 " +
  "--channels 16 --width 16 --convs 1 --groups 4 --mask-width 16 --mask-channels 16 " +
  `--steps ${STEPS} --checkpoint-every 2 --warm-up 2 --pairwise-warm-up 2`;

/** A command line that trains the small network on the scenes of a folder. */
const command = (root: string, out: string, ...more: readonly string[]) => [
  ...["train", join(root, "toys", "instances.json"), "--out", join(root, out)],
  ...WORDS.split(" "),
  ...more,
];

/** What two trainings must agree in. */
const bytesOf = (folder: string): Promise<string[]> =>
  Promise.all(
    ["segmenter.safetensors", "metrics.jsonl"].map(async (name) =>
      (await Deno.readFile(join(folder, name))).toHex()
    ),
  );

/** The lines of `metrics.jsonl`. */
const metricsOf = (folder: string) => readMetrics(join(folder, "metrics.jsonl"));

/** Asserts that a command fails with an exit code and words; returns the error. */
async function refused(
  args: readonly string[],
  exit: number,
  words: readonly RegExp[],
  options?: CallOptions,
): Promise<CliError> {
  const error = await call(args, options).then(() => null, (error) => error);
  assert.ok(error instanceof CliError, String(error?.stack ?? "it did not fail"));
  const text = `${error.what}\n${error.where}\n${error.advice}`;
  assert.equal(error.exit, exit, text);
  for (const word of words) assert.match(text, word);
  return error;
}

/** A disk that does something before a step. */
const diskThat = (before: (step: DiskStep, path: string) => void) => new Disk(before);

/** A moment of a process that is not there any more. */
class Died extends Error {}

/** One of the tests, on scenes in `root`, with the bytes of a training that nothing disturbed. */
type Body = (root: string, undisturbed: readonly string[]) => Promise<void>;
const tests = new Map<string, Body>();
const test = (name: string, body: Body) => void tests.set(name, body);

test("train ends with weights, metrics and a page, and does not train twice", async (root) => {
  const out = join(root, "whole");
  const names = [...Deno.readDirSync(out)].map(({ name }) => name).sort();
  assert.deepEqual(names, [
    ...["checkpoints", "lock", "log.jsonl", "metrics.jsonl", "report.html"],
    ...["segmenter.safetensors", "train.json"],
  ]);
  assert.deepEqual(
    [...Deno.readDirSync(join(out, "checkpoints"))].map(({ name }) => name).sort(),
    ["step-000004.safetensors", "step-000006.safetensors"],
  );
  const metrics = await metricsOf(out);
  assert.deepEqual(metrics.map(({ step }) => step), [1, 2, 3, 4, 5, 6]);
  for (const { total, category, maxProjection, meanProjection, pairwise, dice } of metrics) {
    const terms = [category, maxProjection, meanProjection, pairwise, dice];
    const sum = terms.reduce((sum: number, term) => sum + term!, 0);
    // Both are sums of five numbers in f64: some units in the last place apart.
    assert.ok(Math.abs(sum - total!) < 1e-12 * sum, "terms stand with their factors");
  }
  const { config, training, shapes } = await segmenterOf(join(out, "segmenter.safetensors"));
  assert.deepEqual(config.heads.grids, [6, 4]);
  assert.equal(training.steps, STEPS);
  assert.ok(![...shapes.keys()].some((name) => name.startsWith("optimiser.")));
  const before = await bytesOf(out);
  const { said, exit } = await call(command(root, "whole"));
  assert.equal(exit, 0);
  assert.equal(said.events.at(-1)!.event, "finished");
  assert.match(
    said.prints.join(),
    /next: fiedler predict PHOTO --weights .*segmenter\.safetensors/,
  );
  assert.deepEqual(await bytesOf(out), before);
});

test("a training that dies at any moment goes on to the same bytes", async (root, undisturbed) => {
  // Steps of the disk, chosen so that checkpoints, metrics and the end are all interrupted.
  for (const deaths of [[45, 26, 8]]) {
    const out = `died ${deaths}`;
    for (const death of deaths) {
      let left = death;
      const disk = diskThat(() => {
        if (left-- <= 0) throw new Died(); // and nothing after it is written either
      });
      await assert.rejects(call(command(root, out), { disk }), Died);
    }
    await call(command(root, out));
    assert.deepEqual(await bytesOf(join(root, out)), undisturbed, out);
  }
});

test(
  "a full disk, Ctrl-C and a damaged checkpoint cost steps, not the training",
  async (root, undisturbed) => {
    const full = diskThat((step, path) => {
      if (step !== "write" || !path.includes("step-000004")) return;
      throw Object.assign(new Error("no space"), { code: "ENOSPC" });
    });
    await refused(command(root, "out"), 5, [/disk is full/, /step-000004/], { disk: full });
    const stop: { signal: "SIGINT" | null } = { signal: null };
    const interrupting = diskThat((step, path) => {
      if (step === "rename" && path.includes("step-000004")) stop.signal = "SIGINT";
    });
    const stopped = { disk: interrupting, stop };
    await refused(command(root, "out"), 130, [/step 4 of 6/, /to go on/], stopped);
    const last = join(root, "out", "checkpoints", "step-000004.safetensors");
    const bytes = await Deno.readFile(last);
    bytes[bytes.length - 6] ^= 1; // one bit of a weight, which stays a finite number
    await Deno.writeFile(last, bytes);
    const { said } = await call(command(root, "out"));
    assert.match(said.notes.join("\n"), /step-000004.* is damaged, the one before it is used/);
    assert.match(said.notes.join("\n"), /resuming {2}2 of 6 steps are done/);
    assert.deepEqual(await bytesOf(join(root, "out")), undisturbed);
  },
);

test("another training is refused with each difference; --force moves the folder aside", async (root) => {
  const words = [/belongs to another training/, /seed: 0 there, 1 now/, /--force/];
  await refused(command(root, "whole", "--seed", "1"), 2, words);
  await refused(command(root, "whole", "--backbone", "dino-tiny"), 2, [
    /backbone: mae-tiny there, dino-tiny now/,
    /backbone sha256: [0-9a-f]+ there/,
  ]);
  const toys = join(root, "toys", "instances.json");
  const fewer = JSON.parse(await Deno.readTextFile(toys));
  fewer.annotations.pop();
  const other = join(root, "toys", "fewer.json");
  await Deno.writeTextFile(other, JSON.stringify(fewer));
  const args = command(root, "whole").map((word) => word === toys ? other : word);
  await refused(args, 2, [/instances: (\d+) there, \d+ now/, /data sha256/]);
  const before = await bytesOf(join(root, "whole"));
  await call([...args, "--force", "--steps", "1"].toSpliced(args.indexOf("--steps"), 2));
  assert.deepEqual(await bytesOf(join(root, "whole.1")), before);
  assert.equal((await metricsOf(join(root, "whole"))).length, 1);
  await Deno.remove(join(root, "whole"), { recursive: true });
  await Deno.rename(join(root, "whole.1"), join(root, "whole"));
});

/** What a segmenter's file says. */
async function segmenterOf(path: string) {
  using source = FileSource.open(path);
  const file = readSegmenterFile(await openTensorFile(source));
  return { ...file, arrays: await file.state() };
}

/** A segmenter like another, with all its weights changed. */
async function changed(from: string, to: string, change: (value: number) => number) {
  const { config, backbone, training, arrays } = await segmenterOf(from);
  const other = new Map([...arrays].map(([name, { shape, values }]): [string, StoredArray] => [
    name,
    { shape, values: values.map(change) },
  ]));
  await Deno.writeFile(to, await segmenterBytes({ config, backbone, training }, other));
}

test("--start takes the weights of the same segmenter, and of no other", async (root) => {
  const whole = join(root, "whole", "segmenter.safetensors");
  const start = join(root, "start.safetensors");
  await call(command(root, "more", "--start", whole));
  const [[first], [again]] = [
    await metricsOf(join(root, "whole")),
    await metricsOf(join(root, "more")),
  ];
  assert.ok(again.total! < first.total!, "it begins where the other one ended");
  await refused(command(root, "wide", "--start", whole, "--longest", "600"), 2, [
    /longest: 512 and 600/,
  ]);
  const bytes = await Deno.readFile(whole);
  bytes.set(new Uint8Array(Float32Array.of(NaN).buffer), bytes.length - 4);
  await Deno.writeFile(start, bytes);
  await refused(command(root, "nan", "--start", start), 4, [/NaN/, /start\.safetensors/]);
  await changed(whole, start, () => 1e30); // finite, but not what they make of a picture
  await refused(command(root, "huge", "--start", start), 3, [
    /stopped at step 1 .*not finite/,
    /pictures 00000\d\.png/,
    /no checkpoint/,
    /--rate/,
  ]);
});

test("a backbone of pretrain is centred as an embedded one, unless --center says otherwise", async (root) => {
  const backbone = ["--backbone", await ownEncoder(root)];
  const once = (out: string, ...more: readonly string[]) =>
    command(root, out, ...backbone, ...more) // preset tiny, too
      .map((word, i, words) => words[i - 1] === "--steps" ? "1" : word);
  const { said } = await call(once("own"));
  assert.ok(said.notes.some((line) => /less the features of a flat grey/.test(line)));
  await call(once("plain", "--center", "none"));
  const [[embedded], [own], [plain]] = await Promise.all(
    ["whole", "own", "plain"].map((out) => metricsOf(join(root, out))),
  );
  assert.equal(own.total, embedded.total, "the weights of mae-tiny, used as mae-tiny");
  assert.notEqual(plain.total, embedded.total);
  const weights = (out: string) => join(root, out, "segmenter.safetensors");
  const centred = await Promise.all(["own", "plain"].map(async (out) => {
    using source = FileSource.open(weights(out));
    return readSegmenterFile(await openTensorFile(source)).backbone.centred;
  }));
  assert.deepEqual(centred, [true, false]);
  await refused(once("own", "--center", "none"), 2, [/center/]);
  const started = once("more", "--center", "none", "--start", weights("own"));
  await refused(started, 2, [/less the features of grey: true and false/]);
});

test("what does not fit the memory is refused, with what to lower", async (root) => {
  const words = [
    /needs \d+ MiB of GPU memory, the budget is 5 MiB/,
    /--together 2/,
    /--memory \d+M/,
  ];
  await refused(command(root, "small", "--memory", "5M"), 7, words);
  assert.deepEqual([...Deno.readDirSync(join(root, "small"))].map(({ name }) => name), ["lock"]);
});

test("--dry-run tells memory, arithmetic and time, and writes nothing", async (root) => {
  const { said } = await call(command(root, "planned", "--dry-run"));
  const [plan] = said.events;
  assert.equal(plan.pictures, 8);
  assert.ok(Number(plan.flopsPerStep) > 0 && Number(plan.secondsPerStep) > 0);
  assert.match(said.prints.join(), /nothing was trained or written/);
  await assert.rejects(Deno.stat(join(root, "planned")), Deno.errors.NotFound);
});

test(
  "a GPU that is lost is opened again, once between two checkpoints",
  async (root, undisturbed) => {
    const lost = await trainLosing(root, "lost", 1);
    assert.match(lost.join("\n"), /the GPU was lost, opening it again/);
    assert.deepEqual(await bytesOf(join(root, "lost")), undisturbed);
    await assert.rejects(
      trainLosing(root, "always lost", Infinity),
      ({ exit, what }: CliError) => exit === 6 && /lost again/.test(what),
    );
  },
);

/** Trains on devices of which the first few are destroyed at the first update. */
async function trainLosing(root: string, out: string, losses: number): Promise<string[]> {
  const args = command(root, out);
  const invocation = parseCommandLine(args);
  const values = await resolveFlags(TRAIN_FLAGS, invocation, () => Promise.resolve("{}"));
  const plan = await planTraining(invocation.operands[0], { values, args });
  const notes: string[] = [];
  const quiet = openOutput({ quiet: true });
  let device: GPUDevice;
  const event: typeof quiet.event = ({ event }) => {
    if (event === "step" && losses-- > 0) device.destroy();
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
  await runTraining(plan, world, async (options: GpuOptions) => {
    const gpu = await Gpu.open(options);
    device = gpu.device;
    return gpu;
  });
  return notes;
}

test("a second round learns from what the first one finds, whenever it dies", async (root) => {
  const easy = join(root, "easy"); // large objects, so that a few steps find some of them
  await call(["scenes", easy, "--count", "4", "--size", "64", "--mode", "product"]);
  const rounds = (out: string) => {
    const [name, , ...words] = command(root, out, "--rounds", "2", "--rate", "0.02");
    return [
      ...[name, join(easy, "instances.json")],
      ...words.map((word, i) => words[i - 1] === "--steps" ? "16" : word),
    ];
  };
  await call(rounds("rounds"));
  const undisturbed = await bytesOf(join(root, "rounds"));
  assert.equal((await metricsOf(join(root, "rounds"))).length, 32);
  const files = await Array.fromAsync(Deno.readDir(join(root, "rounds", "rounds")));
  assert.deepEqual(files.map(({ name }) => name).sort(), ["round-1", "round-1.safetensors"]);
  for (const place of ["shard-00000.jsonl", "step-000022"]) {
    const disk = diskThat((_, path) => {
      if (path.includes(place)) throw new Died();
    });
    await assert.rejects(call(rounds("died twice"), { disk }), Died);
  }
  await call(rounds("died twice"));
  assert.deepEqual(await bytesOf(join(root, "died twice")), undisturbed);
});

const MAIN = fileURLToPath(new URL("../../packages/cli/main.ts", import.meta.url));

test("kill -9 loses nothing that was stored", async (root, undisturbed) => {
  const args = command(root, "killed", "--quiet");
  for (const name of ["step-000002.safetensors", "step-000004.safetensors"]) {
    const child = spawnMain(args);
    await appearance(join(root, "killed", "checkpoints", name));
    child.kill("SIGKILL");
    assert.equal((await child.output()).signal, "SIGKILL");
  }
  const { code, stderr } = await spawnMain(args).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  assert.deepEqual(await bytesOf(join(root, "killed")), undisturbed);
});

/** The command line as a process, with the permissions of the launcher. */
function spawnMain(args: readonly string[]): Deno.ChildProcess {
  const allowed = ["--allow-read", "--allow-write", "--allow-sys=systemMemoryInfo"];
  const cache = "--allow-env=FIEDLER_WEIGHTS,XDG_CACHE_HOME,HOME,LOCALAPPDATA";
  const denied = ["--deny-net", "--deny-run", "--deny-ffi"];
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", ...denied, cache, ...allowed, MAIN, ...args],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

Deno.test("train", (t) =>
  inFolder(async (root) => {
    await call(["scenes", join(root, "toys"), "--count", "8", "--size", "64"]);
    await call(command(root, "whole"));
    const undisturbed = await bytesOf(join(root, "whole"));
    for (const [name, body] of tests) await t.step(name, () => body(root, undisturbed));
  }));
