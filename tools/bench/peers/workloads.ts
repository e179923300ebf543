/** What every contender computes: operations, sizes and inputs, the same numbers for all. */

/** A tensor on the host, row-major. */
export interface HostTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBuffer>;
}

/** One operation on given inputs; the inputs' layouts are those of our kernels. */
export interface Workload {
  readonly name: string;
  readonly kind:
    | "matmul"
    | "attention"
    | "conv"
    | "softmax"
    | "layerNorm"
    | "block";
  /** By name; see {@linkcode WORKLOADS}. */
  readonly inputs: Readonly<Record<string, HostTensor>>;
  /** Floating-point operations of one call that count. */
  readonly flops: number;
}

/** Width, heads and head size of ViT-B. */
export const VIT_B = { dim: 768, heads: 12, size: 64 };
/** Added to variances, as in all ViTs. */
export const EPSILON = 1e-6;

/** Uniform in −scale … scale, the same each time. */
export function uniform(shape: readonly number[], scale = 1): HostTensor {
  const size = shape.reduce((a, b) => a * b, 1);
  let state = size >>> 0;
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 31 - 1;
  return {
    shape,
    data: Float32Array.from({ length: size }, () => scale * next()),
  };
}

/** Products of matrices: a `[rows, inner]`, b `[inner, columns]`. */
function matmul(rows: number, inner: number, columns: number): Workload {
  return {
    name: rows === inner && inner === columns
      ? `matmul ${rows}³`
      : `matmul ${rows}×${inner}×${columns}`,
    kind: "matmul",
    inputs: { a: uniform([rows, inner]), b: uniform([inner, columns]) },
    flops: 2 * rows * inner * columns,
  };
}

/** Attention of ViT-B: q, k, v `[heads, tokens, size]`, of 12 heads of 64. */
function attention(tokens: number): Workload {
  const { heads, size } = VIT_B;
  const shape = [heads, tokens, size];
  return {
    name: `attention ${tokens} tokens`,
    kind: "attention",
    inputs: {
      q: uniform(shape, 2),
      k: uniform(shape, 3),
      v: uniform(shape, 1),
    },
    flops: 4 * heads * tokens * tokens * size,
  };
}

/** Convolution with zero padding: x `[1, side, side, c]`, weight `[3, 3, c, c]`, bias `[c]`. */
function conv(side: number, channels: number): Workload {
  return {
    name: `conv 3×3, ${channels}→${channels}, ${side}²`,
    kind: "conv",
    inputs: {
      x: uniform([1, side, side, channels]),
      weight: uniform([3, 3, channels, channels], 1 / Math.sqrt(9 * channels)),
      bias: uniform([channels]),
    },
    flops: 2 * side * side * channels * channels * 9,
  };
}

/** A transformer block of ViT-B on x `[tokens, dim]`, with all its weights and biases. */
function block(tokens: number): Workload {
  const { dim, heads, size } = VIT_B;
  const linear = (name: string, from: number, to: number) => ({
    [`${name}Weight`]: uniform([from, to], 1 / Math.sqrt(from)),
    [`${name}Bias`]: uniform([to]),
  });
  const norm = (name: string) => ({
    [`${name}Weight`]: uniform([dim]),
    [`${name}Bias`]: uniform([dim], 0.5),
  });
  return {
    name: `ViT-B block, ${tokens} tokens`,
    kind: "block",
    inputs: {
      x: uniform([tokens, dim]),
      ...{
        ...norm("norm1"),
        ...linear("qkv", dim, 3 * dim),
        ...linear("proj", dim, dim),
      },
      ...{
        ...norm("norm2"),
        ...linear("fc1", dim, 4 * dim),
        ...linear("fc2", 4 * dim, dim),
      },
    },
    flops: 2 * tokens * dim * dim * 12 + 4 * heads * tokens * tokens * size,
  };
}

/** All of them; made when asked for, since the inputs of one are up to 28 MB. */
export const WORKLOADS: readonly (() => Workload)[] = [
  () => matmul(512, 512, 512),
  () => matmul(197, 768, 3072),
  () => attention(197),
  () => conv(64, 256),
  () => ({
    name: "softmax 4096×901",
    kind: "softmax",
    inputs: { x: uniform([4096, 901], 8) },
    flops: 4 * 4096 * 901,
  }),
  () => ({
    name: "layer norm 3604×768",
    kind: "layerNorm",
    inputs: {
      x: uniform([3604, 768]),
      weight: uniform([768]),
      bias: uniform([768], 0.5),
    },
    flops: 8 * 3604 * 768,
  }),
  () => block(197),
];
