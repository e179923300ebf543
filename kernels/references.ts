/**
 * The f64 reference of each kernel, in plain loops, by the folder of its operation: for those who
 * hold other kernels against it.
 *
 * @module
 */
export * as affinity from "./affinity/reference.ts";
export * as attention from "./attention/reference.ts";
export * as attentionBackward from "./attention/reference_backward.ts";
export * as bestMasks from "./best_masks/reference.ts";
export * as binaryGraph from "./binary_graph/reference.ts";
export * as clusterQr from "./cluster_qr/reference.ts";
export * as colour from "./colour/reference.ts";
export * as colourSimilarity from "./colour_similarity/reference.ts";
export * as columnSums from "./column_sums/reference.ts";
export * as components from "./components/reference.ts";
export * as conv2d from "./conv2d/reference.ts";
export * as coordinates from "./coordinates/reference.ts";
export * as crossEntropy from "./cross_entropy/reference.ts";
export * as discretize from "./discretize/reference.ts";
export * as dynamicConv from "./dynamic_conv/reference.ts";
export * as eigen from "./eigen/reference.ts";
export * as elementwise from "./elementwise/reference.ts";
export * as entropy from "./entropy/reference.ts";
export * as focalLoss from "./focal_loss/reference.ts";
export * as gelu from "./gelu/reference.ts";
export * as groupNorm from "./group_norm/reference.ts";
export * as kMeans from "./k_means/reference.ts";
export * as l2Normalise from "./l2_normalise/reference.ts";
export * as layerNorm from "./layer_norm/reference.ts";
export * as layerNormBackward from "./layer_norm/reference_backward.ts";
export * as linear from "./linear/reference.ts";
export * as maskOverlaps from "./mask_overlaps/reference.ts";
export * as maskStatistics from "./mask_statistics/reference.ts";
export * as masks from "./masks/reference.ts";
export * as matmul from "./matmul/reference.ts";
export * as maxPool from "./max_pool/reference.ts";
export * as nms from "./nms/reference.ts";
export * as normalisePictures from "./normalise_pictures/reference.ts";
export * as optimiser from "./optimiser/reference.ts";
export * as pairwiseAffinity from "./pairwise_affinity/reference.ts";
export * as pasteMasks from "./paste_masks/reference.ts";
export * as patchStatistics from "./patch_statistics/reference.ts";
export * as patchify from "./patchify/reference.ts";
export * as patchTargets from "./patch_targets/reference.ts";
export * as placeRows from "./place_rows/reference.ts";
export * as polarFactor from "./polar_factor/reference.ts";
export * as projectionLoss from "./projection_loss/reference.ts";
export * as reduce from "./reduce/reference.ts";
export * as regroup from "./regroup/reference.ts";
export * as resize from "./resize/reference.ts";
export * as sinkhorn from "./sinkhorn/reference.ts";
export * as softmax from "./softmax/reference.ts";
export * as squaredError from "./squared_error/reference.ts";
export * as subsample from "./subsample/reference.ts";
export * as transpose from "./transpose/reference.ts";
export * as zoomMaps from "./zoom_maps/reference.ts";
