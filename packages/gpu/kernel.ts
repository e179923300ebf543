import type { DType } from "./tensor.ts";
import type { AnyTensor } from "./tensor.ts";
import type { TexelFormat } from "./texel_formats.ts";

/** One `@binding` of a kernel. */
export interface KernelBinding {
  /** The WGSL variable, and the key of its tensor in {@linkcode KernelArgs}. */
  readonly name: string;
  /** `"read_write"` excludes every other use of the buffer in the same dispatch. */
  readonly access: "read" | "read_write";
  /** Element type that the tensor must have; vectors and atomics count as their scalar. */
  readonly dtype: DType;
  /** Of a texture that can stand in for the buffer. */
  readonly texels?: TexelFormat;
}

/** One scalar of a kernel's `Params`. */
export interface KernelParam {
  /** The WGSL member, and its key in `params`. */
  readonly name: string;
  /** How the number is packed: 4 bytes in any case. */
  readonly type: "u32" | "i32" | "f32";
}

/**
 * A WGSL kernel with its interface, as `tools/gen_kernels.ts` writes it. `Args` has a tensor for
 * each binding and `params` for the uniforms; it exists in the type only.
 */
export interface Kernel<Args extends KernelArgs = KernelArgs> {
  /** Entry point and file name; errors and timings carry it. */
  readonly name: string;
  /** WGSL before {@linkcode expandWgsl} has expanded its directives. */
  readonly source: string;
  /** Storage buffers in the order of `@binding`, from 0. */
  readonly bindings: readonly KernelBinding[];
  /** Members of the uniform `Params` in order, bound last; empty without uniforms. */
  readonly params: readonly KernelParam[];
  /** Defaults of the `override` constants. */
  readonly overrides: Readonly<Record<string, number>>;
  /** Device features the source needs. */
  readonly requires: readonly GPUFeatureName[];
  /** Never set: carries `Args` to {@linkcode Gpu.run}. */
  readonly args?: Args;
}

/** What {@linkcode Gpu.run} binds: tensors by name, and the uniforms. */
export interface KernelArgs {
  /** A tensor under the name of its binding; the numbers of the uniforms under `params`. */
  readonly [name: string]: AnyTensor | Readonly<Record<string, number>>;
}

/** How one dispatch is launched. */
export interface Launch {
  /** Workgroups per axis; missing axes are 1. A zero records nothing. */
  readonly workgroups: readonly number[];
  /** Values for `override` constants. */
  readonly overrides?: Readonly<Record<string, number>>;
  /** Values for `@variants` constants. */
  readonly variants?: Readonly<Record<string, number>>;
  /** Bindings of which nothing is read: their tensors stand in for ones that there are not. */
  readonly unread?: readonly string[];
}

/** The largest number of workgroups per axis that every adapter accepts. */
export const MAX_WORKGROUPS = 65535;

/**
 * Workgroups for `count` invocations on two axes, for kernels that compute their index as
 * `x + y * row` with `row = row(count) `; keeps each axis within {@linkcode MAX_WORKGROUPS}.
 *
 * @returns `workgroups` for the launch and `row`, the invocations per row, for the uniforms.
 */
export function grid1d(
  count: number,
  workgroupSize: number,
): { workgroups: [number, number]; row: number } {
  const groups = Math.ceil(count / workgroupSize);
  const rows = Math.max(1, Math.ceil(groups / MAX_WORKGROUPS));
  const columns = Math.ceil(groups / rows);
  return { workgroups: [columns, rows], row: columns * workgroupSize };
}
