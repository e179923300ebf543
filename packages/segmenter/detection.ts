import type { Rle } from "@fiedler/coco";

/** An object that a segmenter found. */
export interface Detection {
  /** Class score × maskness, lowered by Matrix NMS; in 0 … 1. */
  readonly score: number;
  /** From 0; a segmenter without classes knows 0 alone. */
  readonly category: number;
  /** Where it came from: level of the network, and cell row × grid + column on it. */
  readonly cell: { readonly level: number; readonly index: number };
  /** Probability that the cell shows an object of its category. */
  readonly classScore: number;
  /** Mean probability inside the mask, at a quarter of the network's picture. */
  readonly maskness: number;
  /** At the size of the picture. */
  readonly mask: Rle;
  /** `[x, y, width, height]` in pixels, tight. */
  readonly box: readonly [number, number, number, number];
  /** Pixels of the mask. */
  readonly area: number;
}
