/** The process that does the steps of a pretraining by PyTorch. */
import { fileURLToPath } from "node:url";
import { type SafeTensor, writeSafetensors } from "@fiedler/io";
import { positionTable } from "@fiedler/models";
import {
  patchMasks,
  type PretrainBatch,
  pretrainRate,
  type PretrainSettings,
  teacherKeep,
  teacherTemperature,
} from "@fiedler/pretrain";
import type { TrainerState } from "@fiedler/train";
import type { Trainee } from "./duel.ts";

const SCRIPT = new URL("torch_pretraining.py", import.meta.url);

/** A twin that is to be ended. */
export interface Twin extends Trainee {
  /** Ends the process. */
  stop(): Promise<void>;
}

/** What a twin starts from, and on what. */
export interface TwinOptions {
  /** A Python that has PyTorch. */
  readonly python: string;
  readonly device: "cpu" | "cuda";
  readonly settings: PretrainSettings;
  /** Of a trainer that did no step. */
  readonly state: TrainerState;
  readonly batches: readonly PretrainBatch[];
}

/**
 * Starts it.
 *
 * @throws {RangeError} when there is no such Python, no PyTorch, or no CUDA where it is needed.
 */
export async function startTwin(options: TwinOptions): Promise<Twin> {
  const { python, device, settings, batches } = options;
  const path = await Deno.makeTempFile({ suffix: ".safetensors" });
  try {
    await Deno.writeFile(path, startFile(options));
    const { ask, stop } = startPython(python, [fileURLToPath(SCRIPT), path, device]);
    const { name, missing } = await ask(null);
    if (missing !== undefined) {
      await stop();
      throw new RangeError(
        `bench --torch: ${python}: ${missing}; install PyTorch for it, or name another Python by ` +
          "--python",
      );
    }
    let spent: Answer = { wallMs: 0, cpuMs: 0 };
    return {
      name: name!,
      clock: { wall: () => spent.wallMs!, cpu: () => spent.cpuMs! },
      async steps(first, count) {
        const steps = Array.from(
          { length: count },
          (_, i) => stepOf(settings, first + i, batches.length),
        );
        spent = await ask(steps);
        return spent.losses!.map((loss, i) => ({ loss, gradientNorm: spent.norms![i] }));
      },
      stop,
    };
  } finally {
    await Deno.remove(path);
  }
}

/** A line of the twin's: its name or what is missing, then what steps found and took. */
interface Answer {
  readonly name?: string;
  readonly missing?: string;
  readonly losses?: readonly number[];
  readonly norms?: readonly number[];
  /** Of all steps so far. */
  readonly wallMs?: number;
  readonly cpuMs?: number;
}

/** A process that answers each line with one. */
function startPython(python: string, args: string[]) {
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(python, { args, stdin: "piped", stdout: "piped" }).spawn();
  } catch (cause) {
    throw new RangeError(
      `bench --torch: ${python} could not be started; name a Python that has PyTorch by --python`,
      { cause },
    );
  }
  const answers = linesOf(child.stdout);
  const input = child.stdin.getWriter();
  return {
    async ask(question: unknown): Promise<Answer> {
      if (question) await input.write(new TextEncoder().encode(JSON.stringify(question) + "\n"));
      const { value, done } = await answers.next();
      if (!done) return JSON.parse(value);
      const { code } = await child.status;
      throw new Error(`bench --torch: ${python} ended (status ${code}); its words are above`);
    },
    async stop() {
      await input.close().catch(() => {}); // it may have ended by itself
      await child.status;
    },
  };
}

async function* linesOf(bytes: Deno.ChildProcess["stdout"]): AsyncGenerator<string> {
  let rest = "";
  for await (const text of bytes.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}

/** What the twin is told of a step. */
function stepOf(settings: PretrainSettings, step: number, batches: number) {
  const { kind, model: { encoder }, batch, crops, seed } = settings;
  const told = { batch: (step - 1) % batches, rate: pretrainRate(settings, step) };
  if (kind === "dino") {
    const { model } = settings;
    const temperature = teacherTemperature(model, settings, step);
    return { ...told, temperature, keep: teacherKeep(model, settings, step) };
  }
  const patches = (crops[0].size / encoder.patch) ** 2;
  const masks = patchMasks({ images: batch, patches, ratio: settings.maskRatio, seed, step });
  const visible = masks.map((mask) => [...mask.visible]);
  return { ...told, visible, hidden: masks.map(({ hidden }) => [...hidden]) };
}

/** Parameters, tables of positions and crops, under the names that the script knows. */
function startFile({ settings, state, batches }: TwinOptions): Uint8Array<ArrayBuffer> {
  const tensors = new Map<string, SafeTensor>();
  const addFloats = (name: string, shape: readonly number[], values: Float32Array<ArrayBuffer>) =>
    tensors.set(name, { dtype: "F32", shape, data: new Uint8Array(values.buffer) });
  for (const [name, { shape, values }] of state) {
    if (!name.startsWith("optimiser.")) addFloats(name, shape, values); // zeros
  }
  for (const { name, size, dim, rule } of positionRules(settings)) {
    const side = size / settings.model.encoder.patch;
    addFloats(`positions.${name}`, [side ** 2, dim], positionTable(rule, [side, side], dim));
  }
  batches.forEach((batch, i) => {
    for (const name of ["crops", "localCrops"] as const) {
      if (batch[name].length === 0) continue;
      const { size } = name === "localCrops" && settings.kind === "dino"
        ? settings.localCrops[0]
        : settings.crops[0];
      tensors.set(`${name}.${i}`, {
        dtype: "U8",
        shape: [batch[name].length, size, size, 3],
        data: joined(batch[name]),
      });
    }
  });
  return writeSafetensors(tensors, { settings: JSON.stringify(settings) });
}

/** Where positions are added, for pictures of which size. */
function positionRules(settings: PretrainSettings) {
  const { model: { encoder: { dim, positions } }, crops: [{ size }] } = settings;
  if (settings.kind === "mae") {
    const { decoder } = settings.model;
    const rule = { ...positions, amplitude: 1 };
    return [
      { name: "encoder", size, dim, rule: positions },
      { name: "decoder", size, dim: decoder.dim, rule },
    ];
  }
  const small = settings.localCrops.slice(0, 1);
  return [
    { name: "crops", size, dim, rule: positions },
    ...small.map(({ size }) => ({ name: "localCrops", size, dim, rule: positions })),
  ];
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
