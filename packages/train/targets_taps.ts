/** Which two places of a side each output place mixes, in whole weights that sum to 2 × outputs. */
export interface Taps {
  /** The place at or before the output's. */
  readonly first: Int32Array;
  /** The place after it, or itself at the far end. */
  readonly next: Int32Array;
  /** Weight of `next`; `first` has the rest, which is never 0. */
  readonly nextWeight: Int32Array;
}

/**
 * Bilinear taps without antialiasing, pixel centres at halves: output i lies at
 * (i + ½) · inputs / outputs − ½ = ((2i + 1) · inputs − outputs) / (2 · outputs). What lies before the
 * first centre or after the last takes that pixel alone.
 */
export function bilinearTaps(inputs: number, outputs: number): Taps {
  const first = new Int32Array(outputs);
  const next = new Int32Array(outputs);
  const nextWeight = new Int32Array(outputs);
  for (let i = 0; i < outputs; i++) {
    const place = Math.max(0, (2 * i + 1) * inputs - outputs);
    first[i] = Math.floor(place / (2 * outputs));
    next[i] = Math.min(inputs - 1, first[i] + 1);
    nextWeight[i] = place % (2 * outputs);
  }
  return { first, next, nextWeight };
}
