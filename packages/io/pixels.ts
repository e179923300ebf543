import type { RgbImage } from "./rgb.ts";

/** Red, green, blue. */
export type Rgb = readonly [number, number, number];

/**
 * Pixels as a network wants them: (level / 255 - mean) / std, channel by channel.
 *
 * @param mean Per channel, of levels in 0 to 1.
 * @param std Per channel, not zero.
 * @returns `[3, height, width]` f32.
 * @throws {RangeError} when a mean or std is not finite, or a std is not positive.
 */
export function normaliseImage(image: RgbImage, mean: Rgb, std: Rgb): Float32Array<ArrayBuffer> {
  if (![...mean, ...std].every(Number.isFinite) || std.some((value) => value <= 0)) {
    throw new RangeError(
      `normaliseImage: need finite mean and positive std, got ${mean} and ${std}`,
    );
  }
  const { data } = image;
  const pixels = image.width * image.height;
  const planes = new Float32Array(3 * pixels);
  for (let channel = 0; channel < 3; channel++) {
    const levels = Float32Array.from(
      { length: 256 },
      (_, level) => (level / 255 - mean[channel]) / std[channel],
    );
    const plane = planes.subarray(channel * pixels, (channel + 1) * pixels);
    for (let i = 0, from = channel; i < pixels; i++, from += 3) plane[i] = levels[data[from]];
  }
  return planes;
}

/**
 * Standard deviation of each channel in levels of 0 to 255; all near zero in a constant picture,
 * which has no objects to find.
 */
export function flatness(image: RgbImage): Rgb {
  const { data } = image;
  const pixels = image.width * image.height;
  const deviation = (channel: number) => {
    let sum = 0; // integers below 2^53, so the variance has no rounding before the division
    let squares = 0;
    for (let i = channel; i < data.length; i += 3) {
      sum += data[i];
      squares += data[i] ** 2;
    }
    return Math.sqrt(Math.max(0, squares / pixels - (sum / pixels) ** 2));
  };
  return [deviation(0), deviation(1), deviation(2)];
}
