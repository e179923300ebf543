/** Packs masks of 0 and 1, `[masks, pixels]`, as the mask losses read them: `[masks, words]`. */
export function packMaskBits(masks: ArrayLike<number>, pixels: number): Uint32Array<ArrayBuffer> {
  const words = Math.ceil(pixels / 32);
  const packed = new Uint32Array(masks.length / pixels * words);
  for (let at = 0; at < masks.length; at++) {
    const p = at % pixels;
    if (masks[at]) packed[Math.floor(at / pixels) * words + Math.floor(p / 32)] |= 1 << (p % 32);
  }
  return packed;
}
