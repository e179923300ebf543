/**
 * A library that computes the workloads. Its own module is not installed when types are checked,
 * so that what it exports has none here.
 */
import type { Workload } from "./workloads.ts";

// deno-lint-ignore no-explicit-any
export type Foreign = any;

/** A library on an adapter. */
export interface Contender {
  readonly name: string;
  /** Whether it runs on the adapter, not on the CPU. */
  readonly webgpu: boolean;
  /** Uploads the inputs and compiles what it can. */
  prepare(workload: Workload): Promise<Prepared>;
}

/** A workload that is ready to run. */
export interface Prepared {
  /** Computes it so many times and waits for the device. */
  run(calls: number): Promise<void>;
  /** The result of the first run, in the layout of our kernels. */
  read(): Promise<Float32Array>;
  /** Gives memory back. */
  free(): void | Promise<void>;
}

/** Where the modules of the libraries lie, as they are imported: a folder's URL. */
export type Modules = URL;

/** `[…, a, b, c]` → axes permuted: `order[i]` is the axis of the input at place i. */
export function permute(
  data: ArrayLike<number>,
  shape: readonly number[],
  order: readonly number[],
): Float32Array<ArrayBuffer> {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const sizes = order.map((axis) => shape[axis]);
  const steps = order.map((axis) => strides[axis]);
  const out = new Float32Array(data.length);
  const index = new Array(shape.length).fill(0);
  for (let i = 0, at = 0; i < out.length; i++) {
    out[i] = data[at];
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      at += steps[axis];
      if (++index[axis] < sizes[axis]) break;
      at -= sizes[axis] * steps[axis];
      index[axis] = 0;
    }
  }
  return out;
}
