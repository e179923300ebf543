/**
 * The colours of masks, clusters and eigenvectors. All tables are our own.
 *
 * @module
 */

/** Red, green, blue, 0 to 255. */
export type Rgb = readonly [red: number, green: number, blue: number];

/**
 * Masks: bright on photos. Neighbours in the list differ in hue and in lightness, so that they stay
 * apart for readers who see no red or no green (checked in the tests).
 */
export const MASK_COLOURS: readonly Rgb[] = [
  [255, 176, 0], // amber
  [120, 220, 255], // sky
  [38, 132, 255], // azure
  [0, 196, 150], // jade
  [250, 240, 90], // lemon
  [0, 150, 170], // teal
  [240, 84, 40], // vermilion
  [150, 92, 246], // violet
  [255, 112, 166], // pink
  [176, 240, 96], // lime
  [206, 46, 190], // magenta
  [255, 214, 184], // peach
];

/** Clusters: calm, since they fill whole panels. */
export const CLUSTER_COLOURS: readonly Rgb[] = [
  [42, 63, 110], // ink
  [116, 190, 178], // sea
  [240, 166, 80], // apricot
  [200, 84, 96], // rose
  [126, 104, 170], // plum
  [232, 222, 182], // sand
  [140, 152, 168], // slate
  [150, 176, 84], // moss
];

/** The colour of a mask or cluster by its number; the list starts over at its end. */
export function cyclic(colours: readonly Rgb[], index: number): Rgb {
  return colours[index % colours.length];
}

/** `#rrggbb`. */
export function hex(colour: Rgb): string {
  return "#" + colour.map((channel) => channel.toString(16).padStart(2, "0")).join("");
}

/** Mixes `share` (0 to 1) of `b` into `a`, in sRGB. */
export function mix(a: Rgb, b: Rgb, share: number): Rgb {
  const channel = (i: number) => Math.round(a[i] + (b[i] - a[i]) * share);
  return [channel(0), channel(1), channel(2)];
}

/** Luma of an sRGB colour, 0 to 255 (Rec. 601 weights). */
export function luma([red, green, blue]: Rgb): number {
  return 0.299 * red + 0.587 * green + 0.114 * blue;
}

/**
 * Eigenvectors: 256 colours, negative blue, zero near white, positive orange.
 *
 * Made in OKLab with lightness the same on both sides, so that neither sign looks larger, and blue
 * against orange, which every reader tells apart. Source of OKLab: Ottosson 2020.
 */
export const DIVERGING: readonly Rgb[] = Array.from({ length: 256 }, (_, value) => {
  const t = Math.max(-1, (value - 128) / 127); // 128 is zero
  const size = Math.abs(t);
  const lightness = 0.965 - 0.565 * size ** 1.1;
  const chroma = 0.145 * Math.sin(Math.PI * Math.min(1, 0.08 + 0.62 * size));
  const hue = ((t < 0 ? 258 : 52) * Math.PI) / 180;
  return okLab(lightness, size === 0 ? 0 : chroma * Math.cos(hue), chroma * Math.sin(hue));
});

function okLab(lightness: number, a: number, b: number): Rgb {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    encode(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    encode(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    encode(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

/** Linear light to an sRGB byte; what is outside the gamut goes to its edge. */
function encode(linear: number): number {
  const x = Math.min(1, Math.max(0, linear));
  return Math.round(255 * (x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055));
}
