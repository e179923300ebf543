import type { AnyTensor, Gpu, Tensor } from "@fiedler/gpu";

/** The three projections inside a block's attention. */
export type Projection = "query" | "key" | "value";
/** What a feature is: a projection, or the output of the block. */
export type Facet = Projection | "token";

/** Which features to take of a backbone. */
export interface FeatureOptions {
  /** Block to take the facet from, negative counts from the end. Default −1 (the paper, §3). */
  readonly layer?: number;
  /** Default `key` (the paper, §3; Amir et al. 2021). */
  readonly facet?: Facet;
  /** `[patches, dim]` f32, added to the projection of every picture. Not for tokens. */
  readonly offset?: Tensor;
}

/** `[rows, columns]` of patches. */
export type Grid = readonly [rows: number, columns: number];

/** Maps of several strides, of a network that makes them on its way. */
export interface BackboneStages {
  /** Pixels from one element to the next of each map, finest first. */
  readonly strides: readonly number[];
  /** Channels of each map. */
  readonly channels: readonly number[];
  /**
   * The maps of pictures of one size.
   *
   * @param rgb `[images, words]` u32: bytes of `[...size, 3]`, each image padded to words.
   * @param size `[height, width]` in pixels, multiples of the largest stride.
   * @returns `[images, height / stride, width / stride, channels]` f32 each.
   */
  maps(gpu: Gpu, rgb: Tensor<"u32">, size: readonly [height: number, width: number]): Tensor[];
  /** Arithmetic operations of one picture, a multiply-add counted as two. */
  flops(size: readonly [height: number, width: number]): number;
}

/** A feature extractor on the GPU, whatever its architecture. */
export interface Backbone {
  /** Side, in pixels of the picture, of the square that one feature stands for. */
  readonly patch: number;
  /** Numbers a feature has. */
  readonly dim: number;
  /** What `layer` counts: blocks of a transformer, stages of a convolutional network. */
  readonly depth: number;
  /** What it has to offer at any layer. */
  readonly facets: readonly Facet[];
  /** Whether features other than tokens take an offset. */
  readonly offsets: boolean;
  /**
   * Patch features of pictures of one size.
   *
   * @param rgb `[images, words]` u32: bytes of `[rows × patch, columns × patch, 3]`, see `patchify`.
   * @returns `[images, rows × columns, dim]` f32, row-major.
   * @throws {RangeError} when there is no such layer or facet, or it takes no offset.
   */
  features(gpu: Gpu, rgb: Tensor<"u32">, grid: Grid, options?: FeatureOptions): Tensor;
  /**
   * Of a backbone that another runtime computes, which answers later than it is called: as
   * {@linkcode Backbone.features}, which then throws. Submits what is recorded; not in a scope.
   */
  readonly compute?: (
    gpu: Gpu,
    rgb: Tensor<"u32">,
    grid: Grid,
    options?: FeatureOptions,
  ) => Promise<Tensor>;
  /** Frees what another runtime holds, besides {@linkcode Backbone.parameters}. */
  readonly release?: () => Promise<void>;
  /** The outputs of its stages, where it has more than one stride. */
  readonly stages?: BackboneStages;
  /** Arithmetic operations of one picture, a multiply-add counted as two. */
  flops(grid: Grid, options?: Pick<FeatureOptions, "layer" | "facet">): number;
  /** Bytes of the largest tensor that one picture takes: how many fit a batch. */
  largestTensorBytes(grid: Grid): number;
  /** Every parameter, for the owner to free. */
  readonly parameters: readonly AnyTensor[];
}
