import { cosineAffinity, invSqrtDegree } from "../affinity/reference.ts";

/** Options of the reference. */
export interface Options {
  readonly threshold: number;
  readonly epsilon?: number;
  readonly diagonal?: "dropped" | "kept";
}

/** Rows of 32-bit words of the edges of `[patches, patches]` weights: those of 1. */
export function packEdges(weights: ArrayLike<number>, patches: number): Uint32Array {
  const words = Math.ceil(patches / 32);
  const out = new Uint32Array(patches * words);
  for (let i = 0; i < patches; i++) {
    for (let j = 0; j < patches; j++) {
      if (weights[i * patches + j] === 1) out[i * words + Math.floor(j / 32)] |= 1 << (j % 32);
    }
  }
  return out;
}

/** The thresholded graph of `[patches, dim]` keys and its degrees^(-1/2), in f64. */
export function binaryGraph(
  keys: ArrayLike<number>,
  patches: number,
  dim: number,
  options: Options,
): { weights: Float64Array; bits: Uint32Array; scale: Float64Array } {
  const weights = cosineAffinity(keys, patches, dim, { kind: "threshold", ...options });
  return { weights, bits: packEdges(weights, patches), scale: invSqrtDegree(weights, patches) };
}
