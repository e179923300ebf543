import type { FoundModel, ModelHints } from "../found_model.ts";
import { type ResNetConfig, resnetPatch } from "../resnet.ts";
import { resnetBackbone } from "../resnet_backbone.ts";
import { CheckpointError } from "./errors.ts";
import { entryOf, matchKeys, parameterReader, type Subtree } from "./keys.ts";
import { statisticsOf } from "./metadata.ts";
import type { Place, Release } from "./release.ts";
import { resnetCounters, resnetKeys, type ResNetLayout, resnetShape } from "./resnet_layouts.ts";
import { loadResNet } from "./resnet_weights.ts";

/**
 * A ResNet of a release as a model that can be loaded.
 *
 * @throws {CheckpointError} naming a missing, surplus or wrongly shaped tensor, or a hint that is
 * not for ResNets.
 */
export function findResNetModel(
  subtree: Subtree,
  { layout, release, place, notes, hints }: {
    readonly layout: ResNetLayout;
    readonly release: Release;
    readonly place: Place;
    readonly notes: readonly string[];
    readonly hints: ModelHints;
  },
): FoundModel {
  const { dilate = false, enlarge = 1, heads } = hints;
  if (heads !== undefined) throw new CheckpointError("checkpoint: a ResNet has no heads");
  const shape = resnetShape(layout, (name) => entryOf(subtree, name)?.shape);
  const config: ResNetConfig = {
    ...shape,
    dilateLayer4: dilate,
    enlarge,
    ...statisticsOf(subtree.file.metadata),
  };
  const apart = [...release.apart, ...resnetCounters(layout, shape)];
  const parameters = matchKeys(subtree, resnetKeys(layout, shape), apart);
  return {
    release: release.id,
    encoder: place.encoder,
    title: `${release.title}, ${sizeName(config)}`,
    patch: resnetPatch(config),
    dim: config.channels.at(-1)!,
    depth: 1,
    notes,
    applied: { dilate, enlarge },
    parameters,
    metadata: {
      release: release.id,
      source_encoder: place.encoder,
      image_mean: config.mean.join(),
      image_std: config.std.join(),
    },
    load: async (gpu, { values, weights: precision } = {}) => {
      if (precision === "f16") {
        throw new CheckpointError(
          "checkpoint: the weights of a ResNet must be f32, got f16, which is for transformers",
        );
      }
      const weights = await loadResNet(gpu, shape, parameterReader(parameters, values));
      return resnetBackbone({ config, weights });
    },
  };
}

/** `ResNet-101` for the usual depths, else the blocks of each layer. */
export function sizeName({ blocks, dilateLayer4 }: ResNetConfig): string {
  const depth = 2 + 3 * blocks.reduce((sum, count) => sum + count, 0);
  const usual = ["3,4,6,3", "3,4,23,3", "3,8,36,3"].includes(blocks.join());
  const name = usual ? `ResNet-${depth}` : `ResNet of ${blocks.join(" + ")} blocks`;
  return dilateLayer4 ? `${name}, layer4 dilated` : name;
}
