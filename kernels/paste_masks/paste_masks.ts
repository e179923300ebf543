import { expectShape, type Gpu, type Tensor } from "@fiedler/gpu";
import { pasteMasksKernel } from "./paste_masks.gen.ts";

/** `[height, width]`. */
export type PasteSize = readonly [height: number, width: number];

/** Sizes of {@linkcode pasteMasks}. */
export interface PasteMasksOptions {
  /** The probabilities are first enlarged to this; nowhere smaller than the logits. */
  readonly enlarged: PasteSize;
  /** Of that, this much of the top left corner */
  readonly cropped: PasteSize;
  /** is brought to this size. */
  readonly size: PasteSize;
  /** Pixels above it are set. */
  readonly threshold: number;
}

/**
 * Masks at the size of a picture: probabilities σ(logits) enlarged, cropped, and resized to the
 * picture, each time bilinearly without antialiasing; then held against a threshold.
 *
 * The two resizes are one linear map, which takes each pixel from at most three rows and three
 * columns; nothing of the size in between is kept.
 *
 * Source: Wang et al. 2020 (SOLOv2), arXiv 2003.10152, §3.3, as its code bases resize.
 *
 * @param logits `[masks, rows, columns]` f32; masks ≤ 65535.
 * @returns `[masks, ⌈height / 32⌉, width]` u32: row y of column x is bit y % 32 of its word y / 32.
 * @throws {ShapeError} for other axes.
 * @throws {RangeError} when the sizes do not fit each other.
 */
export function pasteMasks(
  gpu: Gpu,
  logits: Tensor,
  { enlarged, cropped, size, threshold }: PasteMasksOptions,
): Tensor<"u32"> {
  const { masks, rows, columns } = expectShape(
    "pasteMasks: logits",
    logits,
    "[masks, rows, columns]",
  );
  const [height, width] = size;
  const down = pasteTaps(rows, enlarged[0], cropped[0], height);
  const across = pasteTaps(columns, enlarged[1], cropped[1], width);
  const strips = Math.ceil(height / 32);
  const { WORKGROUP } = pasteMasksKernel.overrides;
  return gpu.scope(() => {
    const bits = gpu.empty([masks, strips, width], "u32");
    gpu.run(pasteMasksKernel, {
      logits,
      down: gpu.upload(down, [height, 4]),
      across: gpu.upload(across, [width, 4]),
      bits,
      params: { rows, columns, height, width, strips, threshold },
    }, { workgroups: [Math.ceil(width / WORKGROUP), strips, masks] });
    return bits;
  });
}

/** Weights of three places in a row of `cells`, and the first of them, for each of `size` pixels. */
function pasteTaps(
  cells: number,
  enlarged: number,
  cropped: number,
  size: number,
): Float32Array<ArrayBuffer> {
  const whole = [enlarged, cropped, size].every((n) => Number.isSafeInteger(n) && n > 0);
  if (!whole || enlarged < cells || cropped > enlarged) {
    throw new RangeError(
      "pasteMasks: sizes must be whole numbers with logits ≤ enlarged ≥ cropped, " +
        `got ${cells}, ${enlarged}, ${cropped}, and ${size} for the picture`,
    );
  }
  const taps = new Float32Array(4 * size);
  for (let i = 0; i < size; i++) {
    const outer = placeOf(i, cropped, size);
    const here = placeOf(outer.low, cells, enlarged);
    const next = placeOf(Math.min(outer.low + 1, cropped - 1), cells, enlarged);
    const weights = [0, 0, 0];
    const add = (at: number, weight: number) => weights[at] += weight;
    add(0, (1 - outer.weight) * (1 - here.weight));
    add(1, (1 - outer.weight) * here.weight);
    const step = next.low - here.low; // 0 or 1, since enlarging never skips a cell
    add(step, outer.weight * (1 - next.weight));
    add(step + 1, outer.weight * next.weight);
    taps.set([...weights, here.low], 4 * i);
  }
  return taps;
}

/** The place before output i, and the weight of the one after it, which is 0 at the far end. */
function placeOf(i: number, size: number, outSize: number): { low: number; weight: number } {
  const scaled = Math.max(0, (2 * i + 1) * size - outSize); // over 2 · outSize
  const low = Math.floor(scaled / (2 * outSize));
  return { low, weight: low + 1 < size ? scaled % (2 * outSize) / (2 * outSize) : 0 };
}
