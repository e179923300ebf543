import { CheckpointError, type Grid } from "@fiedler/models";
import type { Regrouping } from "@fiedler/kernels";
import type { OnnxOptions } from "./options.ts";

/** Most tokens that are taken for other than patches by their number alone: our choice. */
const MOST_SKIPPED = 16;

/**
 * Where the features of patches stand in what a graph puts out.
 *
 * @param dims of the output.
 * @returns Steps to `[images, patches, dim]`.
 * @throws {CheckpointError} when the output is not features of each patch.
 */
export function featuresIn(
  dims: readonly number[],
  [rows, columns]: Grid,
  { output, skip, columns: range, images }:
    & Pick<OnnxOptions, "skip" | "columns">
    & { readonly output: string; readonly images: number },
): Regrouping {
  const patches = rows * columns;
  const map = dims.length === 4 && dims[2] === rows && dims[3] === columns;
  const found = dims[0] === images && map
    ? { row: 1, width: 1, group: patches, columns: dims[1], first: 0 }
    : dims[0] === images && tokensIn(dims, patches, skip);
  if (!found) {
    const tokens = skip === undefined
      ? `${patches} to ${patches + MOST_SKIPPED}`
      : `${patches + skip} and more`;
    throw new CheckpointError(
      `onnx: "${output}" is [${dims.join(", ")}] for a batch of ${images}, ${rows} × ${columns} ` +
        `patches each; needed are [${images}, ${tokens}, dim], ` +
        `[${images}, heads, ${tokens}, size] or [${images}, dim, ${rows}, ${columns}]: ` +
        "check the size of a patch, the output, and how many tokens to skip",
    );
  }
  const { row, width, group, first, columns: all } = found;
  const [begin, end] = range ?? [0, all];
  if (end > all) {
    throw new CheckpointError(`onnx: columns up to ${end} of "${output}", which has ${all}`);
  }
  const apart = group !== width; // heads, each of neighbouring columns
  if (apart && (begin % width !== 0 || end % width !== 0)) {
    throw new CheckpointError(
      `onnx: columns ${begin} to ${end} of "${output}" cut heads of ${width}; take whole ones`,
    );
  }
  const base = first * row + Math.floor(begin / width) * group + begin % width;
  return {
    ...{ images, rows: patches, columns: end - begin, base },
    ...{ image: dims.slice(1).reduce((a, b) => a * b), row },
    ...(group === width ? {} : { width, group }),
  };
}

/** Tokens, or tokens of each head; null where there are too few, or too many. */
function tokensIn(dims: readonly number[], patches: number, skip: number | undefined) {
  if (dims.length !== 3 && dims.length !== 4) return null;
  const [tokens, width] = dims.slice(-2);
  const heads = dims.length === 4 ? dims[1] : 1;
  const first = skip ?? tokens - patches;
  if (first < 0 || first + patches > tokens) return null;
  if (skip === undefined && first > MOST_SKIPPED) return null;
  const group = heads === 1 ? width : tokens * width;
  return { row: width, width, group, columns: heads * width, first };
}
