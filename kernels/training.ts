/**
 * The kernels that only training needs: gradients, losses, optimisers. A page that finds objects
 * loads none of them.
 *
 * @module
 */
export {
  attentionBackward,
  type AttentionBackwardForm,
  type AttentionBackwardOptions,
} from "./attention/attention_backward.ts";
export {
  colourNeighbours,
  quarterLab,
  type QuarterLabOptions,
} from "./colour_similarity/colour_similarity.ts";
export { addCoordinatesBackward } from "./coordinates/coordinates.ts";
export {
  conv2dBackwardWeight,
  type Conv2dBackwardWeightOptions,
} from "./conv2d/conv2d_backward_weight.ts";
export {
  crossEntropy,
  crossEntropyBackward,
  type CrossEntropyOptions,
  type CrossEntropyTargets,
  NO_TARGET,
} from "./cross_entropy/cross_entropy.ts";
export { dynamicConvBackward, type DynamicConvGradients } from "./dynamic_conv/dynamic_conv.ts";
export { gatherRowsBackward } from "./dynamic_conv/gather_rows.ts";
export { reluBackward } from "./elementwise/elementwise.ts";
export { rowEntropy, type RowEntropyOptions } from "./entropy/row_entropy.ts";
export { focalLoss, focalLossBackward, type FocalLossOptions } from "./focal_loss/focal_loss.ts";
export { gelu, geluBackward } from "./gelu/gelu.ts";
export {
  groupNormBackward,
  type GroupNormGradients,
  type GroupNormRecord,
} from "./group_norm/group_norm_backward.ts";
export { l2NormaliseBackward } from "./l2_normalise/l2_normalise_backward.ts";
export {
  layerNormBackward,
  type LayerNormBackwardForm,
  type LayerNormBackwardOptions,
  type LayerNormGradients,
  type LayerNormRecord,
} from "./layer_norm/layer_norm_backward.ts";
export {
  linearBackwardBias,
  linearBackwardData,
  linearBackwardWeight,
} from "./linear/linear_backward.ts";
export { movingAverage } from "./moving_average/moving_average.ts";
export { adamW, type AdamWOptions, type AdamWState } from "./optimiser/adam_w.ts";
export { adamWClipped, type AdamWClippedOptions } from "./optimiser/adam_w_clipped.ts";
export { sgd, type SgdOptions, type SgdState } from "./optimiser/sgd.ts";
export {
  type ColourPairs,
  pairCounts,
  pairWeights,
  type PairWeightsOptions,
  pairwiseLoss,
  pairwiseLossBackward,
} from "./pairwise_affinity/pairwise_loss.ts";
export { patchTargets, type PatchTargetsOptions } from "./patch_targets/patch_targets.ts";
export {
  FILLED,
  makePlacement,
  type Placement,
  placeRows,
  placeRowsBackward,
  placeRowsBackwardFill,
  type PlaceRowsOptions,
} from "./place_rows/place_rows.ts";
export type { MaskEntries } from "./projection_loss/entries.ts";
export { type MaskDice, maskDice, maskDiceBackward } from "./projection_loss/mask_dice.ts";
export {
  type ProjectionLoss,
  projectionLoss,
  projectionLossBackward,
  type ProjectionLossOptions,
  projectMasks,
} from "./projection_loss/projection_loss.ts";
export { addTo } from "./reduce/accumulate.ts";
export { clipToNorm } from "./reduce/clip.ts";
export { ALL_FINITE, firstNotFinite } from "./reduce/finite.ts";
export type { RowGridOptions } from "./reduce/row_grid.ts";
export { globalNorm } from "./reduce/sum.ts";
export { doubleNearestBackward, resizeBilinearBackward } from "./resize/resize_features.ts";
export { sinkhorn, type SinkhornOptions } from "./sinkhorn/sinkhorn.ts";
export { meanSquaredError, meanSquaredErrorBackward } from "./squared_error/squared_error.ts";
export { subsampleBackward } from "./subsample/subsample.ts";
export { zoomMaps } from "./zoom_maps/zoom_maps.ts";
