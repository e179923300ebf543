import type { Gpu, Tensor } from "@fiedler/gpu";
import { type GroupNormWeights, normals, type RandomSource, uniforms } from "@fiedler/kernels";
import type { ConvParameters } from "./layers.ts";

/** A parameter of a network that trains: its place, and how it starts. */
export interface ParameterPlan {
  /** Words with dots between them, the same in every checkpoint. */
  readonly name: string;
  /** On the GPU. */
  readonly shape: readonly number[];
  /** Shape of its leading part, outside of which it is zero: channels come in multiples of 4. */
  readonly used: readonly number[];
  /** Whether weight decay pulls on it: not on scales and shifts of norms. */
  readonly decays: boolean;
  /** Its first `count` values, those of the used part. */
  readonly start: (count: number, source: RandomSource) => Float32Array<ArrayBuffer>;
}

/** Gives a network one of its parameters: new, read from a checkpoint, or only counted. */
export type MakeParameter = (plan: ParameterPlan) => Tensor;

/** Starting values of a parameter. */
export type Start = ParameterPlan["start"];

/** All of one value. */
export const constant = (value: number): Start => (count) => new Float32Array(count).fill(value);

/** Normal, of mean 0. */
export const normal = (deviation: number): Start => (count, source) =>
  normals(count, source).map((value) => deviation * value);

/** Uniform between `-bound` and `bound`. */
export const uniform = (bound: number): Start => (count, source) =>
  uniforms(count, source).map((value) => bound * (2 * value - 1));

/** The next multiple of 4. */
const quads = (channels: number): number => 4 * Math.ceil(channels / 4);

/** A convolution to be made. */
export interface ConvPlan {
  /** Name of its parameters up to the last dot. */
  readonly name: string;
  /** Side of its window. */
  readonly size: number;
  /** Channels of its input. */
  readonly from: number;
  /** Channels of its output. */
  readonly to: number;
  /** How its weight starts. */
  readonly weight: Start;
  /** How its bias starts; null for none. */
  readonly bias: Start | null;
}

/** Parameters of a convolution, its channels filled up to multiples of 4. */
export function makeConv(make: MakeParameter, plan: ConvPlan): ConvParameters {
  const { name, size, from, to, bias } = plan;
  const weight = make({
    name: `${name}.weight`,
    shape: [size, size, quads(from), quads(to)],
    used: [size, size, from, to],
    decays: true,
    start: plan.weight,
  });
  if (!bias) return { weight, bias: null };
  const shift = { name: `${name}.bias`, shape: [quads(to)], used: [to], decays: true, start: bias };
  return { weight, bias: make(shift) };
}

/** Scale and shift of a group norm, which start as 1 and 0. */
export function makeNorm(make: MakeParameter, name: string, channels: number): GroupNormWeights {
  const shape = { shape: [channels], used: [channels], decays: false };
  return {
    weight: make({ name: `${name}.weight`, ...shape, start: constant(1) }),
    bias: make({ name: `${name}.bias`, ...shape, start: constant(0) }),
  };
}

/**
 * New parameters. Each draws from a sequence of its own, in the order in which they are made, so
 * that a seed means the same values everywhere. `gpu.flush()` behind them frees the host's copies.
 *
 * @param seed a whole number from 0 to 2⁵³ − 1.
 */
export function startParameters(gpu: Gpu, seed: number): MakeParameter {
  let stream = 0;
  return ({ shape, used, start }) => {
    const count = used.reduce((a, b) => a * b, 1);
    return gpu.upload(padded(start(count, { seed, stream: stream++ }), used, shape), shape);
  };
}

/**
 * Puts the used part of a parameter at its place among zeros.
 *
 * @param values of shape `used`, row-major.
 * @returns of `shape`, row-major.
 */
export function padded(
  values: Float32Array<ArrayBuffer>,
  used: readonly number[],
  shape: readonly number[],
): Float32Array<ArrayBuffer> {
  const out = new Float32Array(shape.reduce((a, b) => a * b, 1));
  values.forEach((value, i) => {
    let [at, step] = [0, 1];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += i % used[axis] * step;
      i = Math.floor(i / used[axis]);
      step *= shape[axis];
    }
    out[at] = value;
  });
  return out;
}
