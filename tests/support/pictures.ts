/** Packs the bytes of equally large pictures into words, as `patchify` reads them. */
export function packPictures(pictures: readonly Uint8Array[]): Uint32Array<ArrayBuffer> {
  const words = Math.ceil(pictures[0].length / 4);
  const packed = new Uint8Array(pictures.length * words * 4);
  pictures.forEach((picture, i) => packed.set(picture, i * words * 4));
  return new Uint32Array(packed.buffer);
}
