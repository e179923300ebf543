import { type Gpu, reshape, type Tensor } from "@fiedler/gpu";
import { attention, conv2d, layerNorm, matmul, softmaxRows } from "@fiedler/kernels";
import type { Contender } from "./contender.ts";
import { EPSILON, type HostTensor, VIT_B, type Workload } from "./workloads.ts";

type Tensors = Readonly<Record<string, Tensor>>;

/** Our kernels, as the models call them. */
export function ours(gpu: Gpu): Contender {
  return {
    name: "fiedler",
    webgpu: true,
    prepare: (workload) => {
      const inputs = upload(gpu, workload);
      const compute = CALLS[workload.kind];
      let first: Tensor | null = null;
      return Promise.resolve({
        run: async (calls) => {
          for (let i = 0; i < calls; i++) {
            gpu.scope(() => {
              const out = compute(gpu, inputs);
              if (!first) gpu.copy(out, first = gpu.empty(out.shape));
              return first;
            });
          }
          await gpu.settle();
        },
        read: async () => unpadded(await gpu.read(first!), first!.shape, workload),
        free: () => gpu.free(...Object.values(inputs), first!),
      });
    },
  };
}

const CALLS: Readonly<
  Record<Workload["kind"], (gpu: Gpu, t: Tensors) => Tensor>
> = {
  matmul: (gpu, { a, b }) => matmul(gpu, a, b),
  attention: (gpu, { qkv }) => attention(gpu, qkv, VIT_B.heads),
  conv: (gpu, { x, weight, bias }) => conv2d(gpu, x, { weight, bias }, { padding: 1 }),
  softmax: (gpu, { x, columns }) => {
    softmaxRows(gpu, x, { columns: columns.shape[0] });
    return x;
  },
  layerNorm: (gpu, { x, weight, bias }) => layerNorm(gpu, x, { weight, bias }, EPSILON),
  block,
};

/** As `packages/models/vit.ts` records it. */
function block(gpu: Gpu, t: Tensors): Tensor {
  const norm = (x: Tensor, name: string) =>
    layerNorm(
      gpu,
      x,
      { weight: t[`${name}Weight`], bias: t[`${name}Bias`] },
      EPSILON,
    );
  const linear = (x: Tensor, name: string, rest = {}) =>
    matmul(gpu, x, t[`${name}Weight`], { bias: t[`${name}Bias`], ...rest });
  const qkv = linear(norm(t.x, "norm1"), "qkv"); // [tokens, 3 dim]
  const mixed = attention(gpu, reshape(qkv, [1, ...qkv.shape]), VIT_B.heads); // [1, tokens, dim]
  const y = linear(reshape(mixed, t.x.shape), "proj", { residual: t.x });
  const hidden = linear(norm(y, "norm2"), "fc1", { gelu: true }); // [tokens, 4 dim]
  return linear(hidden, "fc2", { residual: y }); // [tokens, dim]
}

function upload(gpu: Gpu, { kind, inputs }: Workload): Tensors {
  if (kind === "attention") return { qkv: gpu.upload(...fused(inputs)) };
  if (kind === "softmax") return paddedRows(gpu, inputs.x);
  return Object.fromEntries(
    Object.entries(inputs).map((
      [name, { data, shape }],
    ) => [name, gpu.upload(data, shape)]),
  );
}

/** q, k, v `[heads, tokens, size]` → `[1, tokens, 3 × heads × size]`. */
function fused(
  { q, k, v }: Workload["inputs"],
): [Float32Array<ArrayBuffer>, number[]] {
  const [heads, tokens, size] = q.shape;
  const out = new Float32Array(3 * q.data.length);
  [q, k, v].forEach(({ data }, part) => {
    for (let head = 0; head < heads; head++) {
      for (let token = 0; token < tokens; token++) {
        const row = data.subarray(
          (head * tokens + token) * size,
          (head * tokens + token + 1) * size,
        );
        out.set(row, ((token * 3 + part) * heads + head) * size);
      }
    }
  });
  return [out, [1, tokens, 3 * heads * size]];
}

/** Rows of a multiple of 4, as the kernels take them; `columns` only tells how many count. */
function paddedRows(
  gpu: Gpu,
  { shape: [rows, columns], data }: HostTensor,
): Tensors {
  const pitch = Math.ceil(columns / 4) * 4;
  const out = new Float32Array(rows * pitch);
  for (let row = 0; row < rows; row++) {
    out.set(data.subarray(row * columns, (row + 1) * columns), row * pitch);
  }
  return { x: gpu.upload(out, [rows, pitch]), columns: gpu.empty([columns]) };
}

/** Without the padding behind each row. */
function unpadded(
  out: Float32Array,
  [rows, pitch]: readonly number[],
  { kind, inputs }: Workload,
): Float32Array {
  if (kind !== "softmax") return out;
  const columns = inputs.x.shape[1];
  const dense = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    dense.set(out.subarray(row * pitch, row * pitch + columns), row * columns);
  }
  return dense;
}
