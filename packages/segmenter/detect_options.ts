import type { MatrixNmsOptions } from "./matrix_nms.ts";

/** Options of {@linkcode detect}; defaults are those SOLOv2 is tested with, unless it says otherwise. */
export interface DetectOptions {
  /** Cells whose probability of an object exceeds this have their mask made. Default 0.1. */
  readonly scoreThreshold?: number;
  /** Most masks of a picture, by class score × maskness, that Matrix NMS sees. Default 500. */
  readonly mostCells?: number;
  /** Pixels above this probability belong to a mask. Default 0.5. */
  readonly maskThreshold?: number;
  /**
   * For each level, a mask needs more pixels than this, counted at the size of the mask features.
   * Default: the stride of the level, so 8, 8, 16, 32, 32.
   */
  readonly leastPixels?: readonly number[];
  /** Default the Gaussian with sigma 2. */
  readonly nms?: MatrixNmsOptions;
  /** Least score behind Matrix NMS. Default 0.05; FreeSOLO makes pseudo-labels with 0.3. */
  readonly leastScore?: number;
  /** Most detections of a picture. Default 100. */
  readonly mostDetections?: number;
  /**
   * Bytes that the logits of a block of masks, and the bits that come back at once, may take; a
   * single mask may exceed it. Default 32 MiB: our choice.
   */
  readonly blockBytes?: number;
  /** Told of masks of a picture that had no pixel left at its own size, and were dropped. */
  readonly onEmpty?: (picture: number, masks: number) => void;
}

/** All options but those that depend on the network, or may be absent. */
export type DetectSettings =
  & Required<Omit<DetectOptions, "leastPixels" | "onEmpty">>
  & Pick<DetectOptions, "leastPixels" | "onEmpty">;

/**
 * The options with their defaults.
 *
 * @throws {RangeError} for what cannot be.
 */
export function detectSettings(options: DetectOptions): DetectSettings {
  const settings: DetectSettings = {
    scoreThreshold: 0.1,
    mostCells: 500,
    maskThreshold: 0.5,
    nms: {},
    leastScore: 0.05,
    mostDetections: 100,
    blockBytes: 32 * 2 ** 20,
    ...options,
  };
  for (const name of ["scoreThreshold", "maskThreshold", "leastScore"] as const) {
    if (settings[name] >= 0 && settings[name] <= 1) continue;
    throw new RangeError(`detect: ${name} must lie in 0 … 1, got ${settings[name]}`);
  }
  for (const name of ["mostCells", "mostDetections", "blockBytes"] as const) {
    if (Number.isSafeInteger(settings[name]) && settings[name] > 0) continue;
    throw new RangeError(`detect: ${name} must be a whole number from 1 on, got ${settings[name]}`);
  }
  return settings;
}
