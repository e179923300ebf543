import type { Gpu, Tensor } from "@fiedler/gpu";
import type { MakeParameter, VitConfig } from "@fiedler/models";
import type { NamedTensor } from "@fiedler/pretrain";

/** Parameters by name, in base64. */
export type StoredTensors = Readonly<
  Record<string, { readonly shape: readonly number[]; readonly values: string }>
>;

/** What the goldens say of the transformer. */
export interface GoldenVit {
  readonly dim: number;
  readonly depth: number;
  readonly heads: number;
  readonly patch: number;
  readonly span: number;
  readonly amplitude: number;
  readonly epsilon: number;
}

/** What both goldens have. */
export interface PretrainGolden {
  readonly start: StoredTensors;
  readonly gradients: StoredTensors;
  readonly end: StoredTensors;
  readonly rates: readonly number[];
  readonly losses: readonly number[];
  readonly norms: readonly number[];
  readonly optimiser: {
    readonly rate: number;
    readonly betas: [number, number];
    readonly weightDecay: number;
    readonly clip: number;
  };
}

/** Reads `fixtures/pretrain/…`. */
export async function readGolden<T extends PretrainGolden>(name: string): Promise<T> {
  const url = new URL(`../../fixtures/pretrain/${name}.json`, import.meta.url);
  return JSON.parse(await Deno.readTextFile(url));
}

export const bytesOf = (base64: string): Uint8Array<ArrayBuffer> => Uint8Array.fromBase64(base64);

export const floatsOf = (base64: string): Float32Array<ArrayBuffer> =>
  new Float32Array(bytesOf(base64).buffer);

export const vitConfig = ({ span, amplitude, ...config }: GoldenVit): VitConfig => ({
  ...config,
  classToken: true,
  positions: { kind: "span", span, amplitude },
  mean: [0.5, 0.5, 0.5],
  std: [0.5, 0.5, 0.5],
});

/** A network of the parameters of a golden; one that it lacks is an error. */
export function networkOf<T>(
  gpu: Gpu,
  stored: StoredTensors,
  build: (make: MakeParameter) => T,
): { readonly network: T; readonly parameters: readonly NamedTensor[] } {
  const parameters: NamedTensor[] = [];
  const network = build((plan): Tensor => {
    const tensor = gpu.upload(floatsOf(stored[plan.name].values), plan.shape);
    parameters.push({ plan, tensor });
    return tensor;
  });
  return { network, parameters };
}

/**
 * A parameter without the biases of keys: they add the same to all scores of a query, so that their
 * gradient is 0 but for rounding, which Adam scales to a step of its sign.
 */
export function withoutKeyBias(name: string, values: Float32Array): number[] {
  if (!name.endsWith("attn.qkv.bias")) return [...values];
  const dim = values.length / 3;
  return [...values.subarray(0, dim), ...values.subarray(2 * dim)];
}
