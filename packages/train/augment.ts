import { resizeImage, type Size } from "@fiedler/io";
import { type RandomSource, uniforms } from "@fiedler/kernels";
import { gaussianBlur } from "./augment_blur.ts";
import { type ColourJitter, JITTER_DRAWS, jitterColours, makeGrey } from "./augment_colour.ts";
import { eraseRectangle, type Erasing, ERASING_DRAWS } from "./augment_erase.ts";
import { expectInstances, type TrainingView } from "./targets_view.ts";

/** Options of {@linkcode weakView}. */
export interface WeakViewOptions {
  /** Decides size and direction; one stream for each view. */
  readonly random: RandomSource;
  /** Lengths of the shorter side in pixels, all alike. Default 640, 672, … 800: FreeSOLO. */
  readonly shortSides?: readonly number[];
  /** Most pixels of the longer side, which goes before the shorter one. Default 1333: FreeSOLO. */
  readonly longest?: number;
  /** Probability that left and right are exchanged. Default 0.5: FreeSOLO. */
  readonly flip?: number;
}

/** How a weak view shows its picture: with these its pixels are determined. */
export interface WeakGeometry extends Size {
  /** Whether left and right are exchanged. */
  readonly flipped: boolean;
}

/**
 * Draws the size and direction of a weak view.
 *
 * @param size of the picture.
 * @throws {RangeError} when a length is not a positive whole number.
 */
export function weakGeometry(
  size: Size,
  {
    random,
    shortSides = [640, 672, 704, 736, 768, 800],
    longest = 1333,
    flip = 0.5,
  }: WeakViewOptions,
): WeakGeometry {
  if (
    shortSides.length === 0 || ![...shortSides, longest].every((n) => Number.isInteger(n) && n > 0)
  ) {
    throw new RangeError(
      `weakView: lengths must be positive whole numbers, got shortSides ${shortSides.join(", ")} ` +
        `and longest ${longest}`,
    );
  }
  const [choice, direction] = uniforms(2, random);
  const short = shortSides[Math.floor(choice * shortSides.length)];
  return { ...sizeOf(size, short, longest), flipped: direction < flip };
}

/**
 * A picture at a random size, perhaps mirrored, with its masks. The pixels are resized with
 * antialiasing, the masks to the nearest pixel; a small mask may lose all of its pixels.
 *
 * Source: Wang et al. 2022 (FreeSOLO), arXiv 2202.12181.
 *
 * @throws {RangeError} when masks are not of the view's size, a length is not a positive whole number,
 * or the picture is so narrow that no pixel of its shorter side is left.
 */
export function weakView(view: TrainingView, options: WeakViewOptions): TrainingView {
  expectInstances("weakView", view);
  const { flipped, ...size } = weakGeometry(view, options);
  const { data } = resizeImage(view, size);
  const columns = nearest(view.width, size.width);
  const rows = nearest(view.height, size.height);
  if (flipped) {
    mirror(data, size.width);
    columns.reverse();
  }
  const instances = view.instances.map(({ mask, label }) => ({
    mask: resizeMask(mask, view.width, rows, columns),
    label,
  }));
  return { ...size, data, instances };
}

/** The size with a shorter side of `short` pixels, or a longer one of `longest` if that is less. */
function sizeOf({ width, height }: Size, short: number, longest: number): Size {
  const [low, high] = [Math.min(width, height), Math.max(width, height)];
  const [to, side] = short * high > longest * low ? [longest, high] : [short, low];
  // Halves up, in whole numbers.
  const scaled = (n: number) => Math.floor((2 * n * to + side) / (2 * side));
  return { width: scaled(width), height: scaled(height) };
}

/** For each of `outputs` places the input that its centre lies in. */
function nearest(inputs: number, outputs: number): Int32Array {
  return Int32Array.from(
    { length: outputs },
    (_, i) => Math.floor((2 * i + 1) * inputs / (2 * outputs)),
  );
}

function resizeMask(
  mask: Uint8Array,
  width: number,
  rows: Int32Array,
  columns: Int32Array,
): Uint8Array {
  const out = new Uint8Array(rows.length * columns.length);
  let p = 0;
  for (const row of rows) {
    for (let x = 0; x < columns.length; x++) out[p++] = mask[row * width + columns[x]];
  }
  return out;
}

/** Exchanges left and right, in place. */
function mirror(data: Uint8Array, width: number): void {
  for (let row = 0; row < data.length; row += 3 * width) {
    for (let left = row, right = row + 3 * (width - 1); left < right; left += 3, right -= 3) {
      for (let c = 0; c < 3; c++) {
        const level = data[left + c];
        data[left + c] = data[right + c];
        data[right + c] = level;
      }
    }
  }
}

/** How much a strong view may differ from its weak one. */
export interface StrongViewSettings {
  /** First the colours are changed, */
  readonly jitter: ColourJitter;
  /** then with this probability all colour is taken away, */
  readonly grey: number;
  /** then the picture is blurred, by a σ in pixels from the range, */
  readonly blur: {
    readonly probability: number;
    readonly sigma: readonly [least: number, largest: number];
  };
  /** and at last rectangles become noise. */
  readonly erasings: readonly Erasing[];
}

/** Settings of FreeSOLO (arXiv 2202.12181). */
export const STRONG_VIEW: StrongViewSettings = {
  jitter: { probability: 0.8, brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 },
  grey: 0.2,
  blur: { probability: 0.5, sigma: [0.1, 2] },
  erasings: [
    { probability: 0.7, area: [0.05, 0.2], aspect: [0.3, 3.3] },
    { probability: 0.5, area: [0.02, 0.2], aspect: [0.1, 6] },
    { probability: 0.3, area: [0.02, 0.2], aspect: [0.05, 8] },
  ],
};

/**
 * A view with the same objects at the same places, in other colours and with parts of it lost. Masks
 * are not erased: the network learns to go on behind the noise.
 *
 * Source: Wang et al. 2022 (FreeSOLO), arXiv 2202.12181. The noise is of uniform bytes: our choice.
 *
 * @param options `random` decides everything, one stream for each view; settings by default
 * {@linkcode STRONG_VIEW}.
 * @throws {RangeError} when a range of the settings is not of positive numbers, the lesser one first.
 *
 * @example
 * ```ts
 * import { strongView } from "@fiedler/train";
 * import assert from "node:assert/strict";
 *
 * const weak = { width: 8, height: 8, data: new Uint8Array(192).fill(100), instances: [] };
 * const random = { seed: 0, stream: 12 };
 * assert.deepEqual(strongView(weak, { random }), strongView(weak, { random }));
 * ```
 */
export function strongView(
  view: TrainingView,
  { random, settings = STRONG_VIEW }: {
    readonly random: RandomSource;
    readonly settings?: StrongViewSettings;
  },
): TrainingView {
  const { jitter, grey, blur, erasings } = settings;
  expectRange("blur.sigma", blur.sigma);
  erasings.forEach(({ area, aspect }, i) => {
    expectRange(`erasings[${i}].area`, area);
    expectRange(`erasings[${i}].aspect`, aspect);
  });
  // All numbers at once: what one step draws never moves what the next one draws.
  const draws = uniforms(JITTER_DRAWS + 3 + ERASING_DRAWS * erasings.length, random);
  const [greyDraw, blurDraw, sigmaDraw] = draws.subarray(JITTER_DRAWS);
  let data: Uint8Array = view.data.slice();
  jitterColours(data, jitter, draws);
  if (greyDraw < grey) makeGrey(data);
  if (blurDraw < blur.probability) {
    const [least, largest] = blur.sigma;
    data = gaussianBlur({ ...view, data }, least + (largest - least) * sigmaDraw);
  }
  erasings.forEach((erasing, i) => {
    const own = draws.subarray(JITTER_DRAWS + 3 + ERASING_DRAWS * i);
    eraseRectangle({ ...view, data }, erasing, own, { random, noise: 1 + i });
  });
  return { ...view, data };
}

function expectRange(name: string, [least, largest]: readonly [number, number]): void {
  if (least > 0 && least <= largest && largest < Infinity) return;
  throw new RangeError(
    `strongView: ${name} must be two positive numbers, the lesser one first, ` +
      `got ${least} and ${largest}`,
  );
}
