/** Strongest changes of colour; each is drawn anew for every picture. */
export interface ColourJitter {
  /** Probability that anything changes. */
  readonly probability: number;
  /** Light is multiplied by 1 − b … 1 + b. */
  readonly brightness: number;
  /** Distance from the mean grey is multiplied by 1 − c … 1 + c. */
  readonly contrast: number;
  /** Distance from the pixel's own grey is multiplied by 1 − s … 1 + s. */
  readonly saturation: number;
  /** Hue is turned by −h … h of a full turn. */
  readonly hue: number;
}

/** Random numbers, each in [0, 1), that one jitter takes. */
export const JITTER_DRAWS = 8;

/** Changes the colours of pixels in place: brightness, contrast, saturation and hue, in random order. */
export function jitterColours(
  data: Uint8Array,
  { probability, brightness, contrast, saturation, hue }: ColourJitter,
  draws: ArrayLike<number>,
): void {
  if (draws[0] >= probability) return;
  const around = (centre: number, reach: number, draw: number) =>
    Math.max(0, centre - reach) + (centre + reach - Math.max(0, centre - reach)) * draw;
  const steps = [
    () => brighten(data, around(1, brightness, draws[1])),
    () => stretch(data, around(1, contrast, draws[2])),
    () => saturate(data, around(1, saturation, draws[3])),
    () => turnHue(data, hue * (2 * draws[4] - 1)),
  ];
  for (const draw of [draws[5], draws[6], draws[7], 0]) {
    steps.splice(Math.floor(draw * steps.length), 1)[0]();
  }
}

/** Luma of ITU-R BT.601 in 16 fraction bits: whole numbers, hence the same everywhere. */
const greyOf = (red: number, green: number, blue: number): number =>
  (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16;

/** The nearest level. */
const level = (value: number): number => Math.min(255, Math.max(0, Math.floor(value + 0.5)));

/** Makes every pixel grey, in place. */
export function makeGrey(data: Uint8Array): void {
  for (let i = 0; i < data.length; i += 3) {
    data[i] = data[i + 1] = data[i + 2] = greyOf(data[i], data[i + 1], data[i + 2]);
  }
}

/** Multiplies all levels, in place. */
export function brighten(data: Uint8Array, factor: number): void {
  const table = Uint8Array.from({ length: 256 }, (_, value) => level(factor * value));
  for (let i = 0; i < data.length; i++) data[i] = table[data[i]];
}

/** Moves all levels away from the picture's mean grey, or towards it, in place. */
export function stretch(data: Uint8Array, factor: number): void {
  let sum = 0;
  for (let i = 0; i < data.length; i += 3) sum += greyOf(data[i], data[i + 1], data[i + 2]);
  const mean = Math.floor(sum / (data.length / 3) + 0.5);
  const table = Uint8Array.from(
    { length: 256 },
    (_, value) => level(mean + factor * (value - mean)),
  );
  for (let i = 0; i < data.length; i++) data[i] = table[data[i]];
}

/** Moves each pixel away from its grey, or towards it, in place. */
export function saturate(data: Uint8Array, factor: number): void {
  for (let i = 0; i < data.length; i += 3) {
    const grey = greyOf(data[i], data[i + 1], data[i + 2]);
    for (let c = i; c < i + 3; c++) data[c] = level(grey + factor * (data[c] - grey));
  }
}

/**
 * Turns the hue of each pixel, in place; its largest and smallest level (value and saturation of HSV)
 * stay.
 *
 * @param turn of a full turn: 1 / 3 makes red green.
 */
export function turnHue(data: Uint8Array, turn: number): void {
  for (let i = 0; i < data.length; i += 3) {
    const [red, green, blue] = [data[i], data[i + 1], data[i + 2]];
    const high = Math.max(red, green, blue);
    const chroma = high - Math.min(red, green, blue);
    if (chroma === 0) continue;
    // Sixths of a turn from red.
    const hue = high === red
      ? (green - blue) / chroma
      : high === green
      ? 2 + (blue - red) / chroma
      : 4 + (red - green) / chroma;
    const turned = hue + 6 * turn + 12; // never negative
    data[i] = level(high - chroma * below(turned + 5));
    data[i + 1] = level(high - chroma * below(turned + 3));
    data[i + 2] = level(high - chroma * below(turned + 1));
  }
}

/** How far a channel lies below the largest one, in chromas; 0 … 6 are a turn, 1 … 3 its dark part. */
function below(sixths: number): number {
  const place = sixths % 6;
  return Math.max(0, Math.min(1, place, 4 - place));
}
