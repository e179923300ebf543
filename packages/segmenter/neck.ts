import type { Tensor } from "@fiedler/gpu";
import {
  fpn,
  fpnWeights,
  type Layers,
  type MakeParameter,
  simplePyramid,
  simplePyramidWeights,
} from "@fiedler/models";
import type { SegmenterConfig } from "./config.ts";
import type { MapSource } from "./network.ts";

/** What stands between the maps of a backbone and the heads. */
export interface Neck {
  /** Both sides of pictures are padded to multiples of this. */
  readonly multiple: number;
  /** Levels of strides 4, 8, 16, …, `[images, rows, columns, channels]` f32 each. */
  levels(layers: Layers, maps: readonly Tensor[]): Tensor[];
}

/**
 * A feature pyramid for several maps, a simple one for a single map; as many levels as grids.
 *
 * @throws {RangeError} when the maps do not suit a pyramid, or sizes do not fit each other.
 */
export function makeNeck(
  { heads: { channels, grids, groups }, smooth }: SegmenterConfig,
  source: Pick<MapSource, "strides" | "channels">,
  make: MakeParameter,
): Neck {
  const levels = grids.length;
  const { strides, channels: inputs } = source;
  if (strides.length === 1) {
    const config = { stride: strides[0], input: inputs[0], channels, levels, groups, smooth };
    const weights = simplePyramidWeights(config, make);
    return {
      // The last level may be rounded up, as that of the other pyramid.
      multiple: Math.max(strides[0], 2 ** levels),
      levels: (layers, [map]) => simplePyramid(layers, map, weights, config),
    };
  }
  if (strides.length === 0 || !strides.every((stride, i) => stride === 4 * 2 ** i)) {
    throw new RangeError(
      `makeNetwork: maps must have strides 4, 8, 16, …, or be a single one, got ${
        strides.join(", ") || "none"
      }`,
    );
  }
  if (smooth.includes(false)) {
    throw new RangeError("makeNetwork: every level of an FPN is smooth, got one that is not");
  }
  const weights = fpnWeights({ inputs, channels, levels }, make);
  return {
    multiple: strides[strides.length - 1],
    levels: (layers, maps) => fpn(layers, maps, weights),
  };
}
