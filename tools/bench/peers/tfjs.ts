import type { Contender, Foreign, Modules, Prepared } from "./contender.ts";
import { EPSILON, type HostTensor, VIT_B, type Workload } from "./workloads.ts";

type Tensors = Readonly<Record<string, Foreign>>;

/** TensorFlow.js with its WebGPU backend; products with a bias in its fused form. */
export async function tfjs(tf: Foreign): Promise<Contender> {
  await tf.setBackend("webgpu");
  await tf.ready();
  return {
    name: "tfjs-webgpu",
    webgpu: true,
    prepare: (workload) => Promise.resolve(prepare(tf, workload)),
  };
}

/** Loads it under Deno, whose CommonJS builds share one `tfjs-core`. */
export async function loadTfjs(modules: Modules): Promise<Contender> {
  const load = async (name: string) =>
    await import(new URL(`@tensorflow/tfjs-${name}.node.js`, modules).href);
  const tf = await load("core/dist/tf-core");
  await load("backend-webgpu/dist/tf-backend-webgpu");
  return tfjs(tf.default ?? tf);
}

function prepare(tf: Foreign, { kind, inputs }: Workload): Prepared {
  const tensors = Object.fromEntries(
    Object.entries(inputs).map(([name, x]: [string, HostTensor]) => [
      name,
      tf.tensor(x.data, x.shape),
    ]),
  );
  const call = () => tf.tidy(() => CALLS[kind](tf, tensors));
  let first: Foreign = null;
  return {
    run: async (calls) => {
      for (let i = 0; i < calls; i++) {
        const out = call();
        if (first) out.dispose();
        else first = out;
      }
      await settle(tf.backend());
    },
    read: async () =>
      await (kind === "attention" ? tf.transpose(first, [1, 0, 2]) : first)
        .data(),
    free: () => tf.dispose([...Object.values(tensors), first]),
  };
}

/** Submits what is recorded and waits. */
async function settle(backend: Foreign): Promise<void> {
  backend.ensureCommandEncoderReady();
  backend.endComputePassEncoder();
  backend.submitQueue();
  await backend.device.queue.onSubmittedWorkDone();
}

const CALLS: Readonly<
  Record<Workload["kind"], (tf: Foreign, t: Tensors) => Foreign>
> = {
  matmul: (tf, { a, b }) => tf.matMul(a, b),
  attention: (tf, { q, k, v }) => mix(tf, q, k, v),
  conv: (tf, { x, weight, bias }) =>
    tf.fused.conv2d({ x, filter: weight, bias, strides: 1, pad: "same" }),
  softmax: (tf, { x }) => tf.softmax(x),
  layerNorm: (tf, { x, weight, bias }) => norm(tf, x, weight, bias),
  block,
};

/** softmax(q kᵀ / √size) v. */
function mix(tf: Foreign, q: Foreign, k: Foreign, v: Foreign): Foreign {
  const scores = tf.mul(
    tf.matMul(q, k, false, true),
    1 / Math.sqrt(VIT_B.size),
  );
  return tf.matMul(tf.softmax(scores), v);
}

function norm(
  tf: Foreign,
  x: Foreign,
  weight: Foreign,
  bias: Foreign,
): Foreign {
  const { mean, variance } = tf.moments(x, -1, true);
  const scale = tf.mul(tf.rsqrt(tf.add(variance, EPSILON)), weight);
  return tf.add(tf.mul(tf.sub(x, mean), scale), bias);
}

function block(tf: Foreign, t: Tensors): Foreign {
  const { dim, heads, size } = VIT_B;
  const [tokens] = t.x.shape;
  const normed = (x: Foreign, name: string) => norm(tf, x, t[`${name}Weight`], t[`${name}Bias`]);
  const linear = (a: Foreign, name: string) =>
    tf.fused.matMul({ a, b: t[`${name}Weight`], bias: t[`${name}Bias`] });
  const qkv = tf.reshape(linear(normed(t.x, "norm1"), "qkv"), [
    tokens,
    3,
    heads,
    size,
  ]);
  const [q, k, v] = tf.unstack(tf.transpose(qkv, [1, 2, 0, 3])); // [heads, tokens, size] each
  const mixed = tf.reshape(tf.transpose(mix(tf, q, k, v), [1, 0, 2]), [
    tokens,
    dim,
  ]);
  const y = tf.add(t.x, linear(mixed, "proj"));
  const hidden = linear(normed(y, "norm2"), "fc1");
  const gelu = tf.mul(
    hidden,
    tf.mul(0.5, tf.add(1, tf.erf(tf.mul(hidden, Math.SQRT1_2)))),
  );
  return tf.add(y, linear(gelu, "fc2"));
}
