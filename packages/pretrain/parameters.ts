import type { Gpu, Tensor } from "@fiedler/gpu";
import { type LayerNormWeights, normals, uniforms } from "@fiedler/kernels";
import {
  type MakeParameter,
  type ParameterPlan,
  type Start,
  startParameters,
} from "@fiedler/models";

/** A parameter and where it is kept. */
export interface NamedTensor {
  /** Its name, shape and start. */
  readonly plan: ParameterPlan;
  /** Its values. */
  readonly tensor: Tensor;
}

/** All of one value. */
export const constant = (value: number): Start => (count) => new Float32Array(count).fill(value);

/** Normal, of mean 0. */
export const normal = (deviation: number): Start => (count, source) =>
  normals(count, source).map((value) => deviation * value);

/** Uniform between `-bound` and `bound`. */
export const uniform = (bound: number): Start => (count, source) =>
  uniforms(count, source).map((value) => bound * (2 * value - 1));

/**
 * Builds a network of new parameters, and lists them in the order in which they were made. Each draws
 * from a sequence of its own, so that a seed means the same values everywhere.
 *
 * @param seed a whole number from 0 to 2⁵³ − 1.
 * @throws {RangeError} for another seed; nothing is kept then.
 */
export function startNetwork<T>(
  gpu: Gpu,
  seed: number,
  build: (make: MakeParameter) => T,
): { readonly network: T; readonly parameters: readonly NamedTensor[] } {
  const parameters: NamedTensor[] = [];
  const start = startParameters(gpu, seed);
  try {
    const network = build((plan) => {
      const tensor = start(plan);
      parameters.push({ plan, tensor });
      return tensor;
    });
    gpu.flush(); // or the host would hold a copy of every parameter until the first submit
    return { network, parameters };
  } catch (error) {
    gpu.free(...parameters.map(({ tensor }) => tensor));
    throw error;
  }
}

/**
 * A parameter. Weight decay pulls on what has more than one axis: matrices, and tokens, which are
 * `[1, dim]`; not on biases and norms.
 */
export const makeTensor = (
  make: MakeParameter,
  name: string,
  shape: readonly number[],
  start: Start,
): Tensor => make({ name, shape, used: shape, decays: shape.length > 1, start });

/** Scale and shift of a layer norm, which start as 1 and 0. */
export const makeNorm = (make: MakeParameter, name: string, dim: number): LayerNormWeights => ({
  weight: makeTensor(make, `${name}.weight`, [dim], constant(1)),
  bias: makeTensor(make, `${name}.bias`, [dim], constant(0)),
});

/** Weight and bias of a linear layer. */
export interface LinearParameters {
  /** `[from, to]` f32, the transpose of PyTorch's. */
  readonly weight: Tensor;
  /** `[to]` f32. */
  readonly bias: Tensor;
}

/** Sizes and starts of a linear layer. */
export interface LinearPlan {
  readonly from: number;
  readonly to: number;
  readonly weight: Start;
  /** Default: zeros. */
  readonly bias?: Start;
}

/** Weight and bias of a linear layer. */
export const makeLinear = (
  make: MakeParameter,
  name: string,
  { from, to, weight, bias = constant(0) }: LinearPlan,
): LinearParameters => ({
  weight: makeTensor(make, `${name}.weight`, [from, to], weight),
  bias: makeTensor(make, `${name}.bias`, [to], bias),
});
