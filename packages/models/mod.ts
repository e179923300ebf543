/**
 * Feature extractors: vision transformers, residual networks, and the checkpoints they are read from.
 *
 * @module
 */
export type * from "./backbone.ts";
export {
  colourBackbone,
  randomBackbone,
  type RandomBackboneOptions,
  TINY_VIT,
} from "./baselines.ts";
export * from "./catalogue.ts";
export { centredByDefault } from "./centring.ts";
export { CheckpointError } from "./checkpoints/errors.ts";
export type { Parameter } from "./checkpoints/keys.ts";
export type { ReleaseId } from "./checkpoints/release.ts";
export type { Solov2LayoutId } from "./checkpoints/solov2_layouts.ts";
export { findSolov2, type FoundSolov2 } from "./checkpoints/solov2_model.ts";
export type { FoundModel, LoadOptions, ModelHints } from "./found_model.ts";
export { fpn, type FpnConfig, type FpnWeights, fpnWeights } from "./fpn.ts";
export {
  type ConvLayerOptions,
  type ConvParameters,
  inferenceLayers,
  type Layers,
  type MapSize,
} from "./layers.ts";
export {
  type MakeParameter,
  padded,
  type ParameterPlan,
  type Start,
  startParameters,
} from "./parameters.ts";
export { type PositionRule, positionTable } from "./positions.ts";
export { recognise, RELEASE_IDS } from "./recognise.ts";
export {
  type BottleneckWeights,
  PADDING_RGB,
  type ResNet,
  type ResNetConfig,
  resnetFeatures,
  resnetFlops,
  resnetLargestTensor,
  resnetMaps,
  resnetMapsFlops,
  resnetPatch,
  type ResNetShape,
  type ResNetWeights,
} from "./resnet.ts";
export { resnetBackbone } from "./resnet_backbone.ts";
export {
  type Enlargement,
  simplePyramid,
  type SimplePyramidConfig,
  type SimplePyramidWeights,
  simplePyramidWeights,
} from "./simple_pyramid.ts";
export {
  type NormedConv,
  SOLOV2,
  solov2,
  type Solov2Config,
  type Solov2Output,
  type Solov2Weights,
  TINY_SOLOV2,
} from "./solov2.ts";
export { solov2Weights } from "./solov2_weights.ts";
export * from "./vit.ts";
export { vitBackbone } from "./vit_backbone.ts";
