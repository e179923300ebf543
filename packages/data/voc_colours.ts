/** The 20 classes of PASCAL VOC, by their index in `SegmentationClass`: the first has 1. */
export const VOC_CLASSES: readonly string[] =
  ("aeroplane bicycle bird boat bottle bus car cat chair cow diningtable dog horse motorbike " +
    "person pottedplant sheep sofa train tvmonitor").split(" ");

/** Label of pixels of which nobody says what they are: borders, and objects left aside. */
export const VOC_VOID = 255;

/**
 * The colour map of VOC's label maps: the three lowest bits of an index are the highest of red,
 * green and blue, the next three the next highest.
 *
 * @returns `[256, 3]` red, green, blue.
 */
export function vocPalette(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: 3 * 256 }, (_, i) => {
    const [index, channel] = [Math.floor(i / 3), i % 3];
    let level = 0;
    for (let bit = 0; bit < 3; bit++) level |= (index >> (3 * bit + channel) & 1) << (7 - bit);
    return level;
  });
}
