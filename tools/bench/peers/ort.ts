import { type Contender, type Foreign, type Modules, permute, type Prepared } from "./contender.ts";
import { OnnxGraph } from "./onnx_graph.ts";
import { EPSILON, type HostTensor, VIT_B, type Workload } from "./workloads.ts";

/** Operators that onnxruntime has besides ONNX's own. */
const MICROSOFT = { domain: "com.microsoft" };

/**
 * onnxruntime-web, on WebGPU with results that stay there, or as WebAssembly on one thread.
 * Attention is its own fused operator, which is faster than a graph of three.
 */
export function ort(module: Foreign, provider: "webgpu" | "wasm"): Contender {
  module.env.wasm.numThreads = 1;
  return {
    name: `onnxruntime-web ${provider}`,
    webgpu: provider === "webgpu",
    prepare: (workload) => prepare(module, provider, workload),
  };
}

/** Loads one of its builds under Deno. */
export async function loadOrt(
  modules: Modules,
  provider: "webgpu" | "wasm",
): Promise<Contender> {
  const build = new URL(
    `onnxruntime-web/dist/ort.${provider}.bundle.min.mjs`,
    modules,
  );
  return ort(await import(build.href), provider);
}

async function prepare(
  module: Foreign,
  provider: "webgpu" | "wasm",
  workload: Workload,
): Promise<Prepared> {
  const { bytes, feeds: hostFeeds } = build(workload);
  const session = await module.InferenceSession.create(bytes, {
    executionProviders: [provider],
    preferredOutputLocation: provider === "webgpu" ? "gpu-buffer" : "cpu",
    graphOptimizationLevel: "all",
    logSeverityLevel: 3,
  });
  const device = provider === "webgpu" ? await module.env.webgpu.device : null;
  const uploaded = Object.entries(hostFeeds).map(([name, tensor]) =>
    [
      name,
      device ? onGpu(module, device, tensor) : onCpu(module, tensor),
    ] as const
  );
  const feeds = Object.fromEntries(uploaded);
  let first: Foreign = null;
  return {
    run: async (calls) => {
      for (let i = 0; i < calls; i++) {
        const { [session.outputNames[0]]: out } = await session.run(feeds);
        if (first) out.dispose();
        else first = out;
      }
      await device?.queue.onSubmittedWorkDone();
    },
    read: async () => {
      const data = await first.getData();
      return workload.kind === "conv" ? permute(data, first.dims, [0, 2, 3, 1]) : data;
    },
    free: async () => {
      first.dispose();
      for (const [, tensor] of uploaded) tensor.gpuBufferData?.destroy();
      await session.release();
    },
  };
}

function onCpu(module: Foreign, { data, shape }: HostTensor): Foreign {
  return new module.Tensor("float32", data, shape);
}

function onGpu(
  module: Foreign,
  device: GPUDevice,
  { data, shape }: HostTensor,
): Foreign {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC |
    GPUBufferUsage.COPY_DST;
  const buffer = device.createBuffer({
    size: Math.ceil(data.byteLength / 16) * 16,
    usage,
  });
  device.queue.writeBuffer(buffer, 0, data);
  const tensor = module.Tensor.fromGpuBuffer(buffer, {
    dataType: "float32",
    dims: shape,
  });
  return Object.assign(tensor, { gpuBufferData: buffer });
}

/** A graph from its inputs to `out`; weights of layers are constants of it. */
interface Built {
  readonly bytes: Uint8Array;
  readonly feeds: Readonly<Record<string, HostTensor>>;
}

function build({ kind, inputs }: Workload): Built {
  const graph = new OnnxGraph();
  const feeds = feedsOf(kind, inputs);
  for (const [name, { shape }] of Object.entries(feeds)) {
    graph.declare("input", name, shape);
  }
  graph.declare("output", GRAPHS[kind](graph, inputs));
  return { bytes: graph.bytes(), feeds };
}

function feedsOf(
  kind: Workload["kind"],
  inputs: Workload["inputs"],
): Built["feeds"] {
  const { x, a, b, q, k, v } = inputs;
  if (kind === "matmul") return { a, b };
  if (kind === "attention") return { q: joined(q), k: joined(k), v: joined(v) };
  return { x: kind === "conv" ? turned(x, [0, 3, 1, 2]) : x };
}

const turned = (
  { data, shape }: HostTensor,
  order: readonly number[],
): HostTensor => ({
  data: permute(data, shape, order),
  shape: order.map((axis) => shape[axis]),
});

/** `[heads, tokens, size]` → `[1, tokens, heads × size]`. */
function joined(tensor: HostTensor): HostTensor {
  const { data, shape: [tokens, ...rest] } = turned(tensor, [1, 0, 2]);
  return { data, shape: [1, tokens, rest[0] * rest[1]] };
}

type Inputs = Workload["inputs"];

/** Adds the nodes and returns the name of the result. */
const GRAPHS: Readonly<
  Record<Workload["kind"], (graph: OnnxGraph, inputs: Inputs) => string>
> = {
  matmul: (graph) => graph.node("MatMul", ["a", "b"]),
  attention: (graph) =>
    graph.node("MultiHeadAttention", ["q", "k", "v"], {
      num_heads: VIT_B.heads,
    }, MICROSOFT),
  conv: (graph, { weight, bias }) =>
    graph.node("Conv", [
      "x",
      graph.weight(turned(weight, [3, 2, 0, 1])),
      graph.weight(bias),
    ], {
      kernel_shape: [3, 3],
      pads: [1, 1, 1, 1],
    }),
  softmax: (graph) => graph.node("Softmax", ["x"], { axis: 1 }),
  layerNorm: (graph, { weight, bias }) => norm(graph, "x", weight, bias),
  block,
};

function norm(
  graph: OnnxGraph,
  x: string,
  weight: HostTensor,
  bias: HostTensor,
): string {
  return graph.node("LayerNormalization", [
    x,
    graph.weight(weight),
    graph.weight(bias),
  ], {
    axis: 1,
    epsilon: { float: EPSILON },
  });
}

function block(graph: OnnxGraph, inputs: Inputs): string {
  const { dim, heads } = VIT_B;
  const normed = (x: string, name: string) =>
    norm(graph, x, inputs[`${name}Weight`], inputs[`${name}Bias`]);
  const linear = (x: string, name: string) =>
    graph.node("Add", [
      graph.node("MatMul", [x, graph.weight(inputs[`${name}Weight`])]),
      graph.weight(inputs[`${name}Bias`]),
    ]);
  const qkv = linear(normed("x", "norm1"), "qkv"); // [tokens, 3 dim]
  const batch = graph.node("Unsqueeze", [qkv, graph.integers([0])]); // [1, tokens, 3 dim]
  const parts = [batch, graph.integers([dim, dim, dim])];
  const [q, k, v] = graph.nodes("Split", parts, { axis: 2 }, { outputs: 3 });
  const mixed = graph.node("MultiHeadAttention", [q, k, v], {
    num_heads: heads,
  }, MICROSOFT);
  const flat = graph.node("Squeeze", [mixed, graph.integers([0])]); // [tokens, dim]
  const y = graph.node("Add", ["x", linear(flat, "proj")]);
  const hidden = linear(normed(y, "norm2"), "fc1");
  return graph.node("Add", [
    y,
    linear(graph.node("Gelu", [hidden], {}, MICROSOFT), "fc2"),
  ]);
}
