import type { Gpu, Tensor } from "@fiedler/gpu";
import type { RgbImage } from "@fiedler/io";
import type { Backbone, FeatureOptions, Grid } from "@fiedler/models";

/** A feature extractor with what a record says of it. */
export interface Extractor {
  /** What records call it: `"mae-tiny"`, or the name of the weights' file. */
  readonly name: string;
  /** SHA-256 of the weights' file. */
  readonly sha256: string;
  /** The model with its weights on the GPU. */
  readonly backbone: Backbone;
  /**
   * Whether the keys of a flat grey picture are subtracted: a departure from the paper, needed by
   * the embedded models, whose keys are dominated by position without it.
   */
  readonly centred: boolean;
}

/** Level of the flat grey picture, of 255. */
const GREY = 127;

/**
 * Minus the keys of a flat grey picture, `[patches, dim]`: an offset for {@linkcode extractKeys}.
 * It depends on the grid alone, so callers keep it. Reads back once.
 */
export async function greyOffset(
  gpu: Gpu,
  backbone: Backbone,
  grid: Grid,
  options: Omit<FeatureOptions, "offset"> = {},
): Promise<Tensor> {
  const bytes = grid[0] * grid[1] * backbone.patch ** 2 * 3;
  const grey = new Uint8Array(Math.ceil(bytes / 4) * 4).fill(GREY);
  const rgb = gpu.upload(new Uint32Array(grey.buffer), [1, grey.length / 4]);
  const keys = backbone.compute
    ? await backbone.compute(gpu, rgb, grid, options)
    : gpu.stage("grey picture", () => backbone.features(gpu, rgb, grid, options));
  gpu.free(rgb);
  const values = await gpu.read(keys);
  gpu.free(keys);
  return gpu.upload(values.map((value) => -value), [grid[0] * grid[1], backbone.dim]);
}

/**
 * Stage 1: the keys of the last attention block of each patch (§3), or another facet or block.
 *
 * @param rgb `[images, words]` u32, bytes of the pictures, see `packPixels`.
 * @param options with an offset to add to every picture's, such as {@linkcode greyOffset}.
 * @returns `[images, patches, dim]` f32.
 */
export function extractKeys(
  gpu: Gpu,
  backbone: Backbone,
  rgb: Tensor<"u32">,
  grid: Grid,
  options: FeatureOptions = {},
): Tensor {
  return backbone.features(gpu, rgb, grid, options);
}

/**
 * An extractor that can be recorded: itself, or, where another runtime computes, one that hands out
 * what that computed of these pictures.
 *
 * @returns With what the caller frees when the recorded work is submitted.
 */
export async function computedAhead(
  gpu: Gpu,
  extractor: Extractor,
  pictures: readonly RgbImage[],
  grid: Grid,
  options: FeatureOptions,
): Promise<{ readonly extractor: Extractor; readonly computed: readonly Tensor[] }> {
  const { backbone } = extractor;
  if (!backbone.compute) return { extractor, computed: [] };
  const { words, shape } = packPixels(pictures.map(({ data }) => data));
  const rgb = gpu.upload(words, shape);
  try {
    const keys = await backbone.compute(gpu, rgb, grid, options);
    return {
      extractor: { ...extractor, backbone: { ...backbone, features: () => keys } },
      computed: [keys],
    };
  } finally {
    gpu.free(rgb);
  }
}

/** The bytes of equally large pictures, each padded to whole words: `[images, words]`. */
export function packPixels(pictures: readonly Uint8Array[]): {
  readonly words: Uint32Array<ArrayBuffer>;
  readonly shape: readonly [number, number];
} {
  const length = Math.ceil(pictures[0].length / 4);
  const bytes = new Uint8Array(pictures.length * length * 4);
  pictures.forEach((picture, i) => bytes.set(picture, i * length * 4));
  return { words: new Uint32Array(bytes.buffer), shape: [pictures.length, length] };
}
