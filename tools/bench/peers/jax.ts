import { type Contender, type Foreign, type Modules, permute, type Prepared } from "./contender.ts";
import { EPSILON, type HostTensor, VIT_B, type Workload } from "./workloads.ts";

/**
 * jax-js on WebGPU, every workload under `jit`. Its arrays are used up by what takes them: `.ref`
 * keeps one.
 */
export async function jax(module: Foreign): Promise<Contender> {
  const devices = await module.init("webgpu");
  if (!devices.includes("webgpu")) {
    throw new Error(`jax-js has no webgpu here, only ${devices}`);
  }
  module.defaultDevice("webgpu");
  return {
    name: "jax-js",
    webgpu: true,
    prepare: (workload) => Promise.resolve(prepare(module, workload)),
  };
}

/** Loads it under Deno. */
export async function loadJax(modules: Modules): Promise<Contender> {
  return jax(await import(new URL("@jax-js/jax/dist/index.js", modules).href));
}

function prepare(module: Foreign, { kind, inputs }: Workload): Prepared {
  const names = Object.keys(inputs);
  const arrays = names.map((name) => {
    const { data, shape } = planar(kind, name, inputs[name]);
    return module.numpy.array(data, { shape });
  });
  const compute = module.jit((...given: Foreign[]) =>
    CALLS[kind](
      module,
      Object.fromEntries(given.map((array, i) => [names[i], array])),
    )
  );
  let first: Foreign = null;
  return {
    run: async (calls) => {
      for (let i = 0; i < calls; i++) {
        const out = compute(...arrays.map(({ ref }) => ref));
        // Submits it: a result that is disposed of before is never computed.
        await out.ref.gpuBuffer();
        if (first) out.dispose();
        else first = out;
      }
      await module.getWebGPUDevice().queue.onSubmittedWorkDone();
    },
    read: async () => {
      const { shape } = first;
      const data = await first.ref.data();
      if (kind === "conv") return permute(data, shape, [0, 2, 3, 1]);
      return kind === "attention" ? permute(data, shape, [1, 0, 2]) : data;
    },
    free: () => [...arrays, first].forEach((array) => array.dispose()),
  };
}

/** Its convolutions take channels before pixels. */
function planar(
  kind: Workload["kind"],
  name: string,
  { data, shape }: HostTensor,
): HostTensor {
  if (kind !== "conv" || name === "bias") return { data, shape };
  const order = name === "x" ? [0, 3, 1, 2] : [3, 2, 0, 1];
  return {
    data: permute(data, shape, order),
    shape: order.map((axis) => shape[axis]),
  };
}

type Arrays = Readonly<Record<string, Foreign>>;

const CALLS: Readonly<
  Record<Workload["kind"], (module: Foreign, t: Arrays) => Foreign>
> = {
  matmul: ({ numpy }, { a, b }) => numpy.matmul(a, b),
  attention: (module, { q, k, v }) => mix(module, q, k, v),
  conv: ({ lax }, { x, weight, bias }) =>
    lax.conv(x, weight, [1, 1], "SAME").add(bias.reshape([1, -1, 1, 1])),
  softmax: ({ nn }, { x }) => nn.softmax(x, -1),
  layerNorm: (module, { x, weight, bias }) => norm(module, x, weight, bias),
  block,
};

/** softmax(q kᵀ / √size) v. */
function mix(
  { numpy, nn }: Foreign,
  q: Foreign,
  k: Foreign,
  v: Foreign,
): Foreign {
  const scores = numpy.matmul(q, k.transpose([0, 2, 1])).mul(
    1 / Math.sqrt(VIT_B.size),
  );
  return numpy.matmul(nn.softmax(scores, -1), v);
}

function norm(
  { numpy }: Foreign,
  x: Foreign,
  weight: Foreign,
  bias: Foreign,
): Foreign {
  const centred = x.sub(numpy.mean(x.ref, -1, { keepdims: true }));
  const variance = numpy.mean(centred.ref.mul(centred.ref), -1, {
    keepdims: true,
  });
  return centred.div(numpy.sqrt(variance.add(EPSILON))).mul(weight).add(bias);
}

function block(module: Foreign, t: Arrays): Foreign {
  const { numpy, nn } = module;
  const { dim, heads, size } = VIT_B;
  const [tokens] = t.x.shape;
  const normed = (x: Foreign, name: string) =>
    norm(module, x, t[`${name}Weight`], t[`${name}Bias`]);
  const linear = (x: Foreign, name: string) =>
    numpy.matmul(x, t[`${name}Weight`]).add(t[`${name}Bias`]);
  const qkv = linear(normed(t.x.ref, "norm1"), "qkv").reshape([
    tokens,
    3,
    heads,
    size,
  ])
    .transpose([1, 2, 0, 3]); // [3, heads, tokens, size]
  const mixed = mix(module, qkv.ref.slice(0), qkv.ref.slice(1), qkv.slice(2));
  const y = t.x.add(
    linear(mixed.transpose([1, 0, 2]).reshape([tokens, dim]), "proj"),
  );
  const hidden = linear(normed(y.ref, "norm2"), "fc1");
  return y.add(linear(nn.gelu(hidden, { approximate: false }), "fc2"));
}
