import type { Gpu, Tensor } from "@fiedler/gpu";
import type { Layers, ParameterPlan, Solov2Output } from "@fiedler/models";
import type { SegmenterConfig } from "./config.ts";
import type { PictureSize } from "./fitted_picture.ts";

/** Feature maps of a frozen backbone, which a pyramid is made of. */
export interface MapSource {
  /** Pixels from one element to the next of each map, finest first: one of a transformer. */
  readonly strides: readonly number[];
  /** Channels of each map, as `strides`. */
  readonly channels: readonly number[];
  /**
   * The maps of pictures of one size. Not inside a scope; the caller frees them.
   *
   * @param rgb `[images, words]` u32: bytes of `[...size, 3]`, each image padded to words.
   * @param size `[height, width]`, multiples of the largest stride.
   * @returns `[images, rows, columns, channels]` f32 each.
   */
  maps(gpu: Gpu, rgb: Tensor<"u32">, size: PictureSize): Promise<readonly Tensor[]>;
  /** Arithmetic operations of one picture, a multiply-add counted as two. */
  flops(size: PictureSize): number;
  /** Gives back what was kept for sizes, which is made anew when it is needed; absent without any. */
  forget?(gpu: Gpu): void;
  /** Gives back what was kept for sizes, and all parameters. */
  free(gpu: Gpu): void;
}

/** A parameter that trains, under its name in checkpoints. */
export interface NamedParameter {
  /** Its name, shape and start. */
  readonly plan: ParameterPlan;
  /** Its values. */
  readonly tensor: Tensor;
}

/** The part of a segmenter that trains: from the maps of a backbone to what the cells say. */
export interface Network {
  /** What it was made of. */
  readonly config: SegmenterConfig;
  /** Both sides of pictures are padded to multiples of this. */
  readonly multiple: number;
  /** All parameters, in the order in which they were made. */
  readonly parameters: readonly NamedParameter[];
  /**
   * What the cells say.
   *
   * @param layers for inference, or on a tape.
   * @param maps of the backbone, each `[images, rows, columns, channels]` f32.
   */
  forward(layers: Layers, maps: readonly Tensor[]): Solov2Output;
}
