import type { Gpu, Tensor } from "@fiedler/gpu";
import {
  attention,
  binaryGraph,
  binaryOperator,
  connectedComponents,
  conv2d,
  conv2dBackwardData,
  layerNorm,
  matmul,
  softmaxRows,
  topEigenvectors,
} from "@fiedler/kernels";
import { conv2dBackwardWeight } from "@fiedler/kernels/training";
import { PRACTICAL, spectralCut } from "@fiedler/pipeline";
import type { BenchCase } from "./case.ts";
import { blobs, clusteredKeys, random } from "./inputs.ts";

type Rest = Partial<Pick<BenchCase, "quick" | "slow">>;

/** Single kernels, of the sizes that a ViT-B/16 and the graphs of its patches have. */
export const KERNELS: readonly BenchCase[] = [
  product(512, 512, 512, { quick: true }),
  product(1024, 1024, 1024),
  product(197, 768, 3072, { quick: true }),
  product(2048, 2048, 2048, { slow: true }),
  product(4096, 4096, 4096, { slow: true }),
  attend(197, { quick: true }),
  attend(901),
  attend(1200),
  ...convolve(3, [64, 256, 256]),
  ...convolve(1, [56, 256, 64]),
  normalise(3604, 768, { quick: true }),
  exponentials(4096, 901, { quick: true }),
  ...[900, 1200, 3600].flatMap((nodes) => eigensolver(nodes, { quick: nodes === 900 })),
  components(480, 640, { quick: true }),
];

function kernel(name: string, sizes: readonly (number | string)[], rest: Rest) {
  return { group: "kernels", name, shape: sizes.join(" × "), ...rest };
}

function product(rows: number, inner: number, columns: number, rest: Rest = {}): BenchCase {
  return {
    ...kernel("matmul", [rows, inner, columns], rest),
    prepare: (gpu) => {
      const [a, b] = [random(gpu, [rows, inner]), random(gpu, [inner, columns])];
      return { record: () => matmul(gpu, a, b), flops: 2 * rows * inner * columns };
    },
  };
}

/** 12 heads of 64, as in ViT-B. */
function attend(tokens: number, rest: Rest = {}): BenchCase {
  const [heads, size] = [12, 64];
  return {
    ...kernel("attention", [`${heads} heads`, tokens, size], rest),
    prepare: (gpu) => {
      const qkv = random(gpu, [1, tokens, 3 * heads * size]);
      return { record: () => attention(gpu, qkv, heads), flops: 4 * heads * tokens ** 2 * size };
    },
  };
}

/** A convolution of as many outputs as inputs, and both of its gradients. */
function convolve(
  size: 1 | 3,
  [side, channels, columns]: readonly [side: number, channels: number, columns: number],
): BenchCase[] {
  const flops = 2 * (side * size) ** 2 * channels * columns;
  const padding = (size - 1) / 2;
  const operands = (gpu: Gpu) => ({
    x: random(gpu, [1, side, side, channels]),
    dOut: random(gpu, [1, side, side, columns]),
    weight: random(gpu, [size, size, channels, columns], 1 / (size * Math.sqrt(channels))),
    bias: random(gpu, [columns]),
  });
  const conv = (
    what: string,
    call: (gpu: Gpu, tensors: ReturnType<typeof operands>) => Tensor,
  ) => ({
    ...kernel(`conv ${size} × ${size}${what}`, [side, side, `${channels} → ${columns}`], {}),
    prepare: (gpu: Gpu) => {
      const tensors = operands(gpu);
      return { record: () => call(gpu, tensors), flops };
    },
  });
  return [
    conv("", (gpu, { x, ...weights }) => conv2d(gpu, x, weights, { padding })),
    conv(
      ", gradient of the data",
      (gpu, { dOut, weight }) =>
        conv2dBackwardData(gpu, dOut, weight, { inputSize: [side, side], padding }),
    ),
    conv(
      ", gradient of the weight",
      (gpu, { x, dOut }) => conv2dBackwardWeight(gpu, x, dOut, { kernel: [size, size], padding }),
    ),
  ];
}

function normalise(rows: number, columns: number, rest: Rest): BenchCase {
  return {
    ...kernel("layer norm", [rows, columns], rest),
    prepare: (gpu) => {
      const x = random(gpu, [rows, columns]);
      const [weight, bias] = [random(gpu, [columns]), random(gpu, [columns])];
      return { record: () => layerNorm(gpu, x, { weight, bias }), bytes: 8 * rows * columns };
    },
  };
}

function exponentials(rows: number, columns: number, rest: Rest): BenchCase {
  return {
    ...kernel("softmax", [rows, columns], rest),
    prepare: (gpu) => {
      const x = random(gpu, [rows, Math.ceil(columns / 4) * 4], 8);
      return { record: () => softmaxRows(gpu, x, { columns }), bytes: 8 * rows * columns };
    },
  };
}

/** Six vectors of a dense graph, and of one kept as bits. */
function eigensolver(nodes: number, rest: Rest): BenchCase[] {
  return [
    {
      ...kernel("eigensolver", ["6 vectors", nodes], rest),
      prepare: (gpu) => {
        const { affinity } = gpu.scope(() =>
          spectralCut(gpu, clusteredKeys(gpu, nodes), PRACTICAL)
        );
        return { record: () => topEigenvectors(gpu, affinity!, { count: 6 }) };
      },
    },
    {
      ...kernel("eigensolver, edges as bits", ["6 vectors", nodes], rest),
      prepare: (gpu) => {
        const graph = gpu.scope(() => binaryGraph(gpu, clusteredKeys(gpu, nodes)));
        return { record: () => topEigenvectors(gpu, binaryOperator(gpu, graph), { count: 6 }) };
      },
    },
  ];
}

function components(rows: number, columns: number, rest: Rest): BenchCase {
  return {
    ...kernel("components", [rows, columns], rest),
    prepare: (gpu) => {
      const maps = blobs(gpu, [rows, columns]);
      return { record: () => connectedComponents(gpu, maps), bytes: 8 * rows * columns };
    },
  };
}
