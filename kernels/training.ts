/**
 * The kernels that only training needs: gradients, losses, optimisers. A page that finds objects
 * loads none of them.
 *
 * @module
 */
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
export { dynamicConvBackward, type DynamicConvGradients } from "./dynamic_conv/dynamic_conv.ts";
export { gatherRowsBackward } from "./dynamic_conv/gather_rows.ts";
export { reluBackward } from "./elementwise/elementwise.ts";
export { focalLoss, focalLossBackward, type FocalLossOptions } from "./focal_loss/focal_loss.ts";
export {
  groupNormBackward,
  type GroupNormGradients,
  type GroupNormRecord,
} from "./group_norm/group_norm_backward.ts";
export { adamW, type AdamWOptions, type AdamWState } from "./optimiser/adam_w.ts";
export { sgd, type SgdOptions, type SgdState } from "./optimiser/sgd.ts";
export {
  type ColourPairs,
  pairCounts,
  pairWeights,
  type PairWeightsOptions,
  pairwiseLoss,
  pairwiseLossBackward,
} from "./pairwise_affinity/pairwise_loss.ts";
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
export { globalNorm } from "./reduce/sum.ts";
export { doubleNearestBackward, resizeBilinearBackward } from "./resize/resize_features.ts";
export { subsampleBackward } from "./subsample/subsample.ts";
export { zoomMaps } from "./zoom_maps/zoom_maps.ts";
