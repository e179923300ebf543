import type { Targets } from "./targets.ts";

/** One picture of a step, as the network sees it, with what it is to say: plain data. */
export interface StepView {
  /** Index of the picture in the training set. */
  readonly picture: number;
  /** `[height, width]` in pixels, before padding. */
  readonly size: readonly [number, number];
  /** `[height, width]` with what was added at the bottom and on the right. */
  readonly padded: readonly [number, number];
  /** Bytes of `[...padded, 3]`. */
  readonly rgb: Uint8Array<ArrayBuffer>;
  /** `[height, width]` of what colours are compared in: without padding and a strip at the bottom. */
  readonly valid: readonly [number, number];
  /** Of the window. Its masks have a quarter of the padded size. */
  readonly targets: Targets;
  /** Which part of the padded view is learnt from: top, left, height and width as shares of it. */
  readonly window: readonly [number, number, number, number] | null;
  /** The same for views of the same pixels, whose features may be kept; null where none repeat. */
  readonly repeats: string | null;
}
