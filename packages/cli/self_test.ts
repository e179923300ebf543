import type { Gpu, Tensor } from "@fiedler/gpu";
import { attention, layerNorm, matmul, softmaxRows } from "@fiedler/kernels";
import * as references from "@fiedler/kernels/references";

/** One kernel held against its f64 reference. */
export interface KernelCheck {
  readonly kernel: string;
  /** Largest difference. */
  readonly error: number;
  readonly tolerance: number;
  /** From recording to reading, with the pipeline's compilation. */
  readonly ms: number;
  readonly ok: boolean;
}

interface Case {
  readonly kernel: string;
  readonly tolerance: number;
  readonly run: (gpu: Gpu) => Tensor;
  readonly reference: () => ArrayLike<number>;
}

/** Numbers in −1 … 1 without a pattern: fractional parts of multiples of the golden ratio. */
const numbers = (count: number, start: number): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length: count }, (_, i) => 2 * ((start + i * 0.618033988749895) % 1) - 1);

const [ROWS, INNER, COLUMNS, HEADS] = [197, 128, 65, 4];
const x = numbers(ROWS * INNER, 0.1);
const y = numbers(INNER * COLUMNS, 0.2);
const qkv = numbers(ROWS * 3 * INNER, 0.3);
const weight = numbers(INNER, 0.4);
const bias = numbers(INNER, 0.5);

/** Sums of 128 terms of at most 1 in f32 are off by 128 · 2⁻²⁴ < 1e-5; ten times that is wrong. */
const CASES: readonly Case[] = [
  {
    kernel: "matmul",
    tolerance: 1e-4,
    run: (gpu) => matmul(gpu, gpu.upload(x, [ROWS, INNER]), gpu.upload(y, [INNER, COLUMNS])),
    reference: () => references.matmul.matmul(x, y, { rows: ROWS, inner: INNER, columns: COLUMNS }),
  },
  {
    kernel: "layerNorm",
    tolerance: 1e-4,
    run: (gpu) =>
      layerNorm(gpu, gpu.upload(x, [ROWS, INNER]), {
        weight: gpu.upload(weight, [INNER]),
        bias: gpu.upload(bias, [INNER]),
      }),
    reference: () => references.layerNorm.layerNorm(x, weight, bias, ROWS, INNER),
  },
  {
    kernel: "softmaxRows",
    tolerance: 1e-5,
    run: (gpu) => {
      const rows = gpu.upload(x, [ROWS, INNER]);
      softmaxRows(gpu, rows);
      return rows;
    },
    reference: () => references.softmax.softmaxRows(x, ROWS, INNER),
  },
  {
    kernel: "attention",
    tolerance: 1e-4,
    run: (gpu) => attention(gpu, gpu.upload(qkv, [1, ROWS, 3 * INNER]), HEADS),
    reference: () => references.attention.attention(qkv, ROWS, INNER, HEADS),
  },
];

/** Runs a few kernels and compares them with the CPU. */
export async function selfTest(gpu: Gpu): Promise<KernelCheck[]> {
  const checks: KernelCheck[] = [];
  for (const { kernel, tolerance, run, reference } of CASES) {
    const started = performance.now();
    const actual = await gpu.read(gpu.scope(() => run(gpu)));
    const ms = performance.now() - started;
    const expected = reference();
    let error = 0;
    // Math.max keeps a NaN, which is never within a tolerance.
    actual.forEach((value, i) => error = Math.max(error, Math.abs(value - expected[i])));
    checks.push({ kernel, error, tolerance, ms, ok: error <= tolerance });
  }
  return checks;
}
