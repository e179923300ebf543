import { expectShape, type Tensor } from "@fiedler/gpu";

/** What each entry of a mask loss, a pair of a cell and an instance, is held against. */
export interface MaskEntries {
  /** `[entries]` u32: the mask of each entry, below the number of masks. */
  readonly maskOf: Tensor<"u32">;
  /** `[entries]` f32: the factor on the loss of each entry. */
  readonly weights: Tensor;
}

/**
 * Checks that there is a mask and a weight for each mask of logits.
 *
 * @throws {ShapeError} when there is not.
 */
export function expectEntries(
  where: string,
  logits: Tensor,
  { maskOf, weights }: MaskEntries,
): { entries: number; height: number; width: number } {
  const sizes = expectShape(`${where}: logits`, logits, "[entries, height, width]");
  expectShape(`${where}: maskOf`, maskOf, `[${sizes.entries}]`);
  expectShape(`${where}: weights`, weights, `[${sizes.entries}]`);
  return sizes;
}
