/** Bits, counts and means of masks `[masks, pixels]`, in f64. */
export function maskStatistics(
  logits: ArrayLike<number>,
  pixels: number,
  threshold: number,
): { bits: Uint32Array; counts: number[]; means: number[] } {
  const words = Math.ceil(pixels / 32);
  const masks = logits.length / pixels;
  const bits = new Uint32Array(masks * words);
  const counts = new Array<number>(masks).fill(0);
  const means = new Array<number>(masks).fill(0);
  for (let i = 0; i < logits.length; i++) {
    const probability = 1 / (1 + Math.exp(-logits[i]));
    if (!(probability > threshold)) continue;
    const m = Math.floor(i / pixels);
    const p = i % pixels;
    bits[m * words + Math.floor(p / 32)] |= 1 << (p % 32);
    counts[m]++;
    means[m] += probability;
  }
  return { bits, counts, means: means.map((sum, m) => sum / Math.max(counts[m], 1)) };
}
