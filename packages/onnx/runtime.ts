import { type Gpu, probePrelude } from "@fiedler/gpu";
import { CheckpointError } from "@fiedler/models";
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-web/webgpu";

/** What computes a graph. */
export type OnnxRuntime = "webgpu" | "wasm";

type Ort = typeof import("onnxruntime-web/webgpu");

/** Each build loads its own WebAssembly, of 27 and 14 MB, when its first session opens. */
const BUILDS: Readonly<Record<OnnxRuntime, () => Promise<Ort>>> = {
  webgpu: () => import("onnxruntime-web/webgpu"),
  wasm: () => import("onnxruntime-web/wasm"),
};

/** A graph of one input and one output, ready to run. */
export interface OnnxSession {
  /** The build it runs in, for its tensors. */
  readonly ort: Ort;
  /** Computes the output; with `webgpu` what it is made of is submitted when this resolves. */
  run(input: OrtTensor): Promise<OrtTensor>;
  /** Frees all but the device. */
  release(): Promise<void>;
}

/** What a session is opened with. */
export interface SessionPlan {
  readonly bytes: Uint8Array;
  readonly input: string;
  readonly output: string;
}

/**
 * Opens a graph on the device of `gpu`, or beside it.
 *
 * @throws {CheckpointError} when onnxruntime refuses it, with its words.
 */
export async function openSession(
  gpu: Gpu,
  { bytes, input, output }: SessionPlan,
  runtime: OnnxRuntime,
): Promise<OnnxSession> {
  const ort = await BUILDS[runtime]();
  ort.env.wasm.numThreads = 1; // more are workers from blobs, which Deno does not load
  const webgpu = runtime === "webgpu";
  const options: InferenceSession.SessionOptions = {
    executionProviders: webgpu
      ? [{ name: "webgpu", device: await plainDevice(gpu.device) }]
      : ["wasm"],
    preferredOutputLocation: webgpu ? "gpu-buffer" : "cpu",
    logSeverityLevel: 3,
  };
  const create = () => keepingWorker(() => ort.InferenceSession.create(bytes, options));
  const session = await inTurn(create).catch((cause) => {
    throw refusal("refuses the graph", runtime, cause);
  });
  return {
    ort,
    async run(tensor) {
      const outputs = await inTurn(() => session.run({ [input]: tensor }, [output]))
        .catch((cause) => {
          throw refusal(`fails on pictures [${tensor.dims.join(", ")}]`, runtime, cause);
        });
      return outputs[output] as OrtTensor;
    },
    release: () => inTurn(() => session.release()),
  };
}

function refusal(what: string, runtime: OnnxRuntime, cause: Error): CheckpointError {
  const advice = runtime === "webgpu" ? "; the runtime wasm may know more operations" : "";
  return new CheckpointError(
    `onnx: onnxruntime (${runtime}) ${what}: ${cause.message}${advice}`,
    { cause },
  );
}

let last: Promise<unknown> = Promise.resolve();

/** One call after the other: two at once into one build never end. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const turn = last.then(work);
  last = turn.catch(() => {}); // whoever asked for it hears of it
  return turn;
}

/**
 * Does what would put Node's `Worker` in the place of the global one, under which every worker that
 * is started later would lack its own scope: onnxruntime's start does so wherever there is `process`.
 */
async function keepingWorker<T>(work: () => Promise<T>): Promise<T> {
  const own = Object.getOwnPropertyDescriptor(globalThis, "Worker");
  if (!own) return await work();
  const { Worker } = globalThis;
  Object.defineProperty(globalThis, "Worker", { configurable: true, get: () => Worker, set() {} });
  try {
    return await work();
  } finally {
    Object.defineProperty(globalThis, "Worker", own);
  }
}

/** By device, since sessions that are given the same one share buffers and pipelines. */
const PLAIN = new WeakMap<GPUDevice, Promise<GPUDevice>>();

/**
 * The device as onnxruntime may see it: its shaders begin with `enable subgroups;` where there is
 * that feature, which naga (Deno 2.9, Firefox) has without knowing the directive.
 */
function plainDevice(device: GPUDevice): Promise<GPUDevice> {
  const known = PLAIN.get(device);
  if (known) return known;
  const plain = probePrelude(device).then((prelude) =>
    device.features.has("subgroups") && !("subgroups" in prelude)
      ? withoutSubgroups(device)
      : device
  );
  PLAIN.set(device, plain);
  return plain;
}

function withoutSubgroups(device: GPUDevice): GPUDevice {
  const features = new Set([...device.features].filter((feature) => feature !== "subgroups"));
  return new Proxy(device, {
    get(target, key) {
      if (key === "features") return features;
      const value = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
    set: (target, key, value) => Reflect.set(target, key, value, target),
  });
}
