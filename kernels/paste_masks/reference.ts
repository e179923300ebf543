import { resizeBilinear } from "../resize/reference.ts";

type Size = readonly [height: number, width: number];

/** Probabilities at the size of the picture, `[masks, height, width]`, in f64: two resizes. */
export function pastedProbabilities(
  logits: ArrayLike<number>,
  cells: Size,
  { enlarged, cropped, size }: {
    readonly enlarged: Size;
    readonly cropped: Size;
    readonly size: Size;
  },
): Float64Array {
  const masks = logits.length / (cells[0] * cells[1]);
  const probabilities = Float64Array.from(logits, (z) => 1 / (1 + Math.exp(-z)));
  const large = resizeBilinear(probabilities, masks, cells, enlarged);
  const corner = new Float64Array(masks * cropped[0] * cropped[1]);
  for (let i = 0; i < corner.length; i++) {
    const line = Math.floor(i / cropped[1]);
    const row = Math.floor(line / cropped[0]) * enlarged[0] + line % cropped[0];
    corner[i] = large[row * enlarged[1] + i % cropped[1]];
  }
  return resizeBilinear(corner, masks, cropped, size);
}
