import type { OnnxRuntime } from "./runtime.ts";

/** What the graph itself does not say. */
export interface OnnxOptions {
  /** Side, in pixels, of the square that one feature stands for. */
  readonly patch: number;
  /**
   * Name of the value that is taken as features, which may lie inside the graph, such as the last
   * key projection; what it does not need is not computed. Of `[batch, tokens, dim]`,
   * `[batch, heads, tokens, size]` or `[batch, dim, rows, columns]`. Default: the graph's only
   * output.
   */
  readonly output?: string;
  /**
   * Columns `[begin, end)` of the features to take: the middle third where queries, keys and values
   * are one projection. Default: all.
   */
  readonly columns?: readonly [begin: number, end: number];
  /**
   * Tokens before the first patch: class token, registers. Default: all that there are more than
   * patches, at most 16, since more tell of another size of patches.
   */
  readonly skip?: number;
  /** Of red, green and blue, for values in 0 … 1. Default: ImageNet's 0.485, 0.456, 0.406. */
  readonly mean?: readonly number[];
  /** What the input less its mean is divided by. Default: ImageNet's 0.229, 0.224, 0.225. */
  readonly std?: readonly number[];
  /**
   * What computes: kernels on the same device, with features that stay there; or WebAssembly on one
   * thread, for graphs that the first refuses or gets wrong. Default `webgpu`.
   */
  readonly runtime?: OnnxRuntime;
}

/** Mean and deviation of ImageNet's pictures, which most published models expect. */
export const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;
