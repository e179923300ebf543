import { principalComponents } from "./principal_components.ts";

/** Standard deviations of a principal component that colours reach, either way: our choice. */
const COLOUR_RANGE = 2.5;

/**
 * The first three principal components of the features as red, green and blue: the mean is 128, and
 * 0 and 255 are {@linkcode COLOUR_RANGE} standard deviations of the component from it, or more.
 *
 * @param features `[cells, dim]`.
 * @returns `[cells, 3]`.
 */
export function featureColours(features: Float32Array, cells: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(3 * cells).fill(128);
  principalComponents(features, features.length / cells, 3).forEach((component, channel) => {
    const variance = component.reduce((sum, value) => sum + value * value, 0) / cells;
    const scale = 127 / (COLOUR_RANGE * Math.sqrt(variance) || 1);
    component.forEach((value, cell) => {
      const level = Math.round(128 + scale * value);
      out[3 * cell + channel] = Math.min(Math.max(level, 0), 255);
    });
  });
  return out;
}
