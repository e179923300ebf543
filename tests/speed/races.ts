import type { Gpu, Tensor } from "@fiedler/gpu";
import { attention, conv2d, matmul, type MatmulForm } from "@fiedler/kernels";
import { uniform } from "../../tools/bench/peers/workloads.ts";

/** Work whose speed is watched: one dispatch. */
export interface Race {
  /** What is read, by the names of the kernel's bindings. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly ours: () => Tensor;
}

const upload = (gpu: Gpu, shape: readonly number[], scale = 1) =>
  gpu.upload(uniform(shape, scale).data, shape);

/** `[128, 512]` times `[512, 512]`. */
export function matmulRace(gpu: Gpu, form?: MatmulForm): Race {
  const [a, b] = [upload(gpu, [128, 512]), upload(gpu, [512, 512])];
  return { inputs: { a, b }, ours: () => matmul(gpu, a, b, { form }) };
}

/** 3 × 3 taps, `[1, 32, 32, 64]` to as many channels. */
export function convRace(gpu: Gpu): Race {
  const input = upload(gpu, [1, 32, 32, 64]);
  const weight = upload(gpu, [3, 3, 64, 64], 1 / 24);
  const bias = gpu.zeros([64]);
  return {
    inputs: { input, weight, bias },
    ours: () => conv2d(gpu, input, { weight, bias }, { padding: 1 }),
  };
}

/** 197 tokens in two heads of 64. */
export function attentionRace(gpu: Gpu): Race {
  const qkv = upload(gpu, [1, 197, 384], 2);
  return { inputs: { qkv }, ours: () => attention(gpu, qkv, 2) };
}

/** What `frozen.json` holds, under these names. */
export const RACES = { matmul: matmulRace, conv2d: convRace, attention: attentionRace };
