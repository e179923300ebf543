import { expectShape, formatShape, ShapeError, type Tensor } from "@fiedler/gpu";

/** How windows lie on an axis of a picture. */
export interface Windows {
  /** Taps of a window. */
  readonly size: number;
  /** Pixels from one window to the next. */
  readonly stride: number;
  /** Pixels added on each side. */
  readonly padding: number;
  /** Pixels from one tap to the next. */
  readonly dilation: number;
}

/**
 * Windows that fit on an axis of `length` pixels.
 *
 * @throws {RangeError} when a number is not whole or below its least value.
 * @throws {ShapeError} when not one fits.
 */
export function windowCount(name: string, length: number, windows: Windows): number {
  for (const [what, value] of Object.entries(windows)) {
    const least = what === "padding" ? 0 : 1;
    if (Number.isInteger(value) && value >= least) continue;
    throw new RangeError(`${name}: ${what} must be a whole number from ${least} on, got ${value}`);
  }
  const { size, stride, padding, dilation } = windows;
  const padded = length + 2 * padding;
  const extent = dilation * (size - 1) + 1;
  if (extent > padded) {
    throw new ShapeError(`${name}: a window of ${extent} pixels exceeds the ${padded} padded ones`);
  }
  return Math.floor((padded - extent) / stride) + 1;
}

/** Refuses sizes that are not whole quads of four. */
export function expectQuads(name: string, sizes: Readonly<Record<string, number>>): void {
  for (const [what, size] of Object.entries(sizes)) {
    if (size > 0 && size % 4 === 0) continue;
    throw new ShapeError(`${name}: ${what} must be a multiple of 4, got ${size}`);
  }
}

/** Checks the gradient of an output against what the convolution returns; its images. */
export function expectGradient(
  name: string,
  dOut: Tensor,
  { images = dOut.shape[0], inputSize, kernel, outChannels, ...windows }: {
    readonly images?: number;
    readonly inputSize: readonly [number, number];
    readonly kernel: readonly [number, number];
    readonly outChannels: number;
    readonly stride: number;
    readonly padding: number;
    readonly dilation: number;
  },
): number {
  const sides = inputSize.map((length, axis) =>
    windowCount(name, length, { size: kernel[axis], ...windows })
  );
  expectShape(`${name}: dOut`, dOut, formatShape([images, ...sides, outChannels]));
  return images;
}
