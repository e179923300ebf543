import { type Gpu, reshape } from "@fiedler/gpu";
import type { Backbone, BackboneStages } from "@fiedler/models";
import { type Extractor, GreyOffsets } from "@fiedler/pipeline";
import type { SegmenterConfig } from "./config.ts";
import type { PictureSize } from "./fitted_picture.ts";
import type { MapSource } from "./network.ts";

/**
 * The maps of a feature extractor: those of its stages where it has several, its patch features
 * where it has not.
 *
 * @param features which of a transformer's; a ResNet has its stages alone.
 * @throws {RangeError} when the extractor has no such features, or they cannot be centred.
 */
export function mapSource(
  extractor: Omit<Extractor, "sha256">,
  features: SegmenterConfig["features"],
): MapSource {
  const { backbone, name, centred } = extractor;
  if (!backbone.stages) return vitMaps(extractor, features);
  if (centred) throw new RangeError(`${name} is centred, and the stages of a ResNet cannot be`);
  return stageMaps(backbone, backbone.stages);
}

/** The maps of a network's stages. */
export function stageMaps({ parameters }: Backbone, stages: BackboneStages): MapSource {
  const { strides, channels } = stages;
  return {
    strides,
    channels,
    async maps(gpu, rgb, size) {
      expectSize(size, strides[strides.length - 1]);
      return await gpu.stage("backbone", () => stages.maps(gpu, rgb, size));
    },
    flops: (size) => stages.flops(size),
    free: (gpu) => gpu.free(...parameters),
  };
}

/**
 * One map of a transformer's patch features, less those of a flat grey picture where it is centred.
 *
 * @throws {RangeError} when the backbone has no such features, or they cannot be centred.
 */
export function vitMaps(
  extractor: Omit<Extractor, "sha256">,
  { facet, layer }: SegmenterConfig["features"],
): MapSource {
  const { backbone, name, centred } = extractor;
  const { patch, dim, depth, facets } = backbone;
  if (!facets.includes(facet)) {
    throw new RangeError(`${name} has no ${facet}, only ${facets.join(", ")}`);
  }
  if (layer < -depth || layer >= depth) {
    throw new RangeError(`${name} has ${depth} layers, got layer ${layer}`);
  }
  if (centred && (facet === "token" || !backbone.offsets)) {
    throw new RangeError(`${name} is centred, and only queries, keys and values can be`);
  }
  const kept = new Map<Gpu, GreyOffsets>(); // memory is planned on another one
  const offsetsOf = (gpu: Gpu): GreyOffsets => {
    const offsets = kept.get(gpu) ?? new GreyOffsets(gpu, { facet, layer });
    kept.set(gpu, offsets);
    return offsets;
  };
  const gridOf = (size: PictureSize) => {
    expectSize(size, patch);
    return [size[0] / patch, size[1] / patch] as const;
  };
  return {
    strides: [patch],
    channels: [dim],
    async maps(gpu, rgb, size) {
      const grid = gridOf(size);
      const offset = await offsetsOf(gpu).of({ ...extractor, sha256: "" }, grid); // the only one
      const options = { facet, layer, offset };
      const features = backbone.compute // [images, patches, dim]
        ? await backbone.compute(gpu, rgb, grid, options)
        : gpu.stage("backbone", () => backbone.features(gpu, rgb, grid, options));
      return [reshape(features, [rgb.shape[0], ...grid, dim])];
    },
    flops: (size) => backbone.flops(gridOf(size), { facet, layer }),
    forget: (gpu) => kept.get(gpu)?.clear(),
    free(gpu) {
      kept.get(gpu)?.clear();
      kept.delete(gpu);
      gpu.free(...backbone.parameters);
    },
  };
}

/** Refuses sizes that are not whole elements of the coarsest map. */
function expectSize(size: PictureSize, stride: number): void {
  if (size.every((side) => Number.isInteger(side) && side > 0 && side % stride === 0)) return;
  throw new RangeError(`mapSource: size must be of multiples of ${stride} pixels, got ${size}`);
}
