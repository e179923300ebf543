import { resizeImage, type RgbImage } from "@fiedler/io";
import { type RandomSource, uniforms } from "@fiedler/kernels";
import { type ColourJitter, strongView } from "@fiedler/train";

/** Changes of a crop's colours; each is drawn anew for every crop. */
export interface CropColours {
  /** First the colours are changed, */
  readonly jitter: ColourJitter;
  /** then with this probability all colour is taken away, */
  readonly grey: number;
  /** and with this one the crop is blurred, */
  readonly blur: number;
  /** by a σ in pixels from this range. */
  readonly sigma: readonly [least: number, largest: number];
}

/** A crop of a picture at random. */
export interface CropSettings {
  /** Its sides in pixels. */
  readonly size: number;
  /** Range of its share of the picture's area, uniform. */
  readonly area: readonly [least: number, largest: number];
  /** Changes of its colours; null for none. */
  readonly colours: CropColours | null;
}

/** Windows that are drawn before the whole picture is taken. */
const TRIES = 8;

/** Largest logarithm of a window's width over its height: 4 / 3. */
const LOG_ASPECT = 0.288;

/**
 * A window of a picture of random size, shape and place, resized with antialiasing, in half of all
 * cases mirrored, then in other colours.
 *
 * Source: torchvision's RandomResizedCrop, with proportions from 3 / 4 to 4 / 3.
 *
 * @param crop decides window and direction, one stream for each crop.
 * @param colour decides the colours.
 * @returns bytes of `[size, size, 3]`.
 * @throws {RangeError} when the size is no positive whole number, or the range of areas not in (0, 1].
 */
export function randomCrop(
  picture: RgbImage,
  { size, area, colours }: CropSettings,
  { crop, colour }: { readonly crop: RandomSource; readonly colour: RandomSource },
): Uint8Array {
  if (!(area[0] > 0 && area[0] <= area[1] && area[1] <= 1)) {
    throw new RangeError(
      `randomCrop: areas must be two numbers in (0, 1], the lesser one first, got ${
        area.join(", ")
      }`,
    );
  }
  const draws = uniforms(2 * TRIES + 3, crop);
  const [left, top, direction] = draws.subarray(2 * TRIES);
  const { width, height } = windowSize(picture, area, draws);
  const x = Math.floor(left * (picture.width - width + 1));
  const y = Math.floor(top * (picture.height - height + 1));
  const window = cut(picture, { x, y, width, height });
  const resized = resizeImage(window, { width: size, height: size });
  const view = direction < 0.5 ? mirrored(resized) : resized;
  if (!colours) return view.data;
  const { jitter, grey, blur, sigma } = colours;
  const settings = { jitter, grey, blur: { probability: blur, sigma }, erasings: [] };
  return strongView({ ...view, instances: [] }, { random: colour, settings }).data;
}

/** The first window drawn that fits into the picture, else the largest square. */
function windowSize(
  { width: across, height: down }: RgbImage,
  [least, largest]: readonly [number, number],
  draws: Float32Array,
): { readonly width: number; readonly height: number } {
  for (let i = 0; i < TRIES; i++) {
    const pixels = (least + (largest - least) * draws[2 * i]) * across * down;
    const aspect = Math.exp(LOG_ASPECT * (2 * draws[2 * i + 1] - 1));
    const width = Math.max(1, Math.round(Math.sqrt(pixels * aspect)));
    const height = Math.max(1, Math.round(Math.sqrt(pixels / aspect)));
    if (width <= across && height <= down) return { width, height };
  }
  const side = Math.min(across, down);
  return { width: side, height: side };
}

function cut(
  picture: RgbImage,
  { x, y, width, height }: {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  },
): RgbImage {
  const data = new Uint8Array(3 * width * height);
  for (let row = 0; row < height; row++) {
    const from = 3 * ((y + row) * picture.width + x);
    data.set(picture.data.subarray(from, from + 3 * width), 3 * row * width);
  }
  return { width, height, data };
}

/** Left and right exchanged. */
function mirrored({ width, height, data }: RgbImage): RgbImage {
  const out = new Uint8Array(data.length);
  for (let row = 0; row < data.length; row += 3 * width) {
    for (let x = 0; x < width; x++) {
      const from = row + 3 * (width - 1 - x);
      out.set(data.subarray(from, from + 3), row + 3 * x);
    }
  }
  return { width, height, data: out };
}
