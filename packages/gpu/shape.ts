import { ShapeError } from "./errors.ts";
import { type AnyTensor, elements } from "./tensor.ts";

/** `[3, 4]`, as shapes are written everywhere. */
export const formatShape = (shape: readonly number[]): string => `[${shape.join(", ")}]`;

/** A number for each name in a pattern: `{ rows, columns }` for `"[rows, columns, 3]"`. */
export type Sizes<Pattern extends string> = Pattern extends `[${infer Inner}]` ? SizesOf<Inner>
  : never;
/** {@linkcode Sizes} of a pattern without its brackets. */
export type SizesOf<Inner extends string> = Inner extends `${infer Head}, ${infer Rest}`
  ? SizesOf<Head> & SizesOf<Rest>
  : Inner extends `${number}` ? unknown
  : { readonly [key in Inner]: number };

/**
 * Checks a tensor against a pattern of names and numbers and returns the named sizes.
 * A name used twice must stand for the same size.
 *
 * ```ts
 * import { expectShape } from "@fiedler/gpu";
 * import assert from "node:assert/strict";
 * const tensor = { shape: [2, 3], dtype: "f32", offset: 0, buffer: {} as GPUBuffer } as const;
 * assert.deepEqual(expectShape("affinity", tensor, "[rows, columns]"), { rows: 2, columns: 3 });
 * assert.throws(() => expectShape("affinity", tensor, "[nodes, nodes]"), {
 *   message: "affinity must be [nodes, nodes], got [2, 3]",
 * });
 * ```
 *
 * @throws {ShapeError} naming the pattern and the shape that came.
 */
export function expectShape<const Pattern extends string>(
  what: string,
  tensor: AnyTensor,
  pattern: Pattern,
): Sizes<Pattern> {
  const names = pattern.slice(1, -1).split(", ");
  const sizes: Record<string, number> = {};
  const fits = names.length === tensor.shape.length && names.every((name, axis) => {
    const size = tensor.shape[axis];
    const wanted = /^\d/.test(name) ? Number(name) : sizes[name] ??= size;
    return wanted === size;
  });
  if (!fits) throw new ShapeError(`${what} must be ${pattern}, got ${formatShape(tensor.shape)}`);
  return sizes as Sizes<Pattern>;
}

/**
 * The same elements under another shape; no copy.
 *
 * @throws {ShapeError} when the number of elements differs.
 */
export function reshape<T extends AnyTensor>(tensor: T, shape: readonly number[]): T {
  if (elements(shape) !== elements(tensor.shape)) {
    throw new ShapeError(
      `reshape: ${formatShape(tensor.shape)} has ${elements(tensor.shape)} elements, ` +
        `${formatShape(shape)} needs ${elements(shape)}`,
    );
  }
  return { ...tensor, shape };
}
