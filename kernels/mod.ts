/**
 * The kernels: one folder per operation, each with its WGSL, its typed call, its f64 reference.
 *
 * @module
 */
export {
  cosineAffinity,
  type CosineAffinityKind,
  type CosineAffinityOptions,
} from "./affinity/cosine_affinity.ts";
export { invSqrtDegree } from "./affinity/inv_sqrt_degree.ts";
export { l2Normalise } from "./affinity/l2_normalise.ts";
export { normalizeAffinity } from "./affinity/normalize_affinity.ts";
export type { RowLanes } from "./affinity/row_launch.ts";
export { attention, type AttentionOptions } from "./attention/attention.ts";
export { type AttentionForm, attentionForms, type AttentionSizes } from "./attention/forms.ts";
export { type BestMasks, bestMasks, type RatedMasks } from "./best_masks/best_masks.ts";
export {
  type BinaryGraph,
  binaryGraph,
  type BinaryGraphOptions,
  expandGraph,
} from "./binary_graph/binary_graph.ts";
export {
  needsPanels,
  type PanelGraph,
  panelGraph,
  type PanelGraphOptions,
  panelOperator,
} from "./panel_graph/panel_graph.ts";
export { binaryOperator, binaryProduct } from "./binary_graph/binary_product.ts";
export { clusterQr } from "./cluster_qr/cluster_qr.ts";
export { addColourEdges, type ColourEdgesOptions } from "./colour/colour_edges.ts";
export { patchColours, type PatchColoursOptions } from "./colour/patch_colours.ts";
export {
  type Components,
  type ComponentsOptions,
  connectedComponents,
  MOST_VALUES,
  NO_COMPONENT,
  numberValues,
} from "./components/components.ts";
export { columnSums } from "./column_sums/column_sums.ts";
export { conv2d, type Conv2dOptions, type ConvWeights } from "./conv2d/conv2d.ts";
export {
  conv2dBackwardData,
  type Conv2dBackwardDataOptions,
  type ConvWindows,
} from "./conv2d/conv2d_backward.ts";
export { addCoordinates, COORDINATE_CHANNELS } from "./coordinates/coordinates.ts";
export type { ConvForm, StackForm } from "./conv2d/forms.ts";
export { discretize, type DiscretizeOptions } from "./discretize/discretize.ts";
export { dynamicConv } from "./dynamic_conv/dynamic_conv.ts";
export { gatherRows } from "./dynamic_conv/gather_rows.ts";
export { orthonormalise, type OrthonormaliseOptions } from "./eigen/orthonormalise.ts";
export { rayleighRitz, type RayleighRitzOptions, type RitzPairs } from "./eigen/rayleigh_ritz.ts";
export { spectralEmbedding, type SpectralEmbeddingOptions } from "./eigen/spectral_embedding.ts";
export {
  BLOCKS,
  type SymmetricOperator,
  symmetricProduct,
  type SymmetricProductOptions,
} from "./eigen/symmetric_product.ts";
export {
  type Eigenvectors,
  topEigenvectors,
  type TopEigenvectorsOptions,
} from "./eigen/top_eigenvectors.ts";
export { add } from "./elementwise/elementwise.ts";
export {
  groupNorm,
  type GroupNormOptions,
  type GroupNormWeights,
  type GroupStatistics,
} from "./group_norm/group_norm.ts";
export type { Clusters } from "./k_means/canonical_labels.ts";
export {
  kMeans,
  type KMeansOptions,
  type KMeansResult,
  MAX_CLUSTERS,
  MAX_COLUMNS,
} from "./k_means/k_means.ts";
export { layerNorm, type LayerNormForm, type LayerNormWeights } from "./layer_norm/layer_norm.ts";
export { maskOverlaps } from "./mask_overlaps/mask_overlaps.ts";
export { type MaskStatistics, maskStatistics } from "./mask_statistics/mask_statistics.ts";
export {
  filterByRules,
  type FilterRules,
  maskCoherence,
  type MaskFacts,
  maskIntersections,
  maskRows,
  type MaskSet,
  maskWords,
  MAX_CELLS,
  type OverlapScore,
  packMasks,
  ROW_COLUMNS,
  SALIENCY_COLUMNS,
  type SaliencyMask,
  saliencyMask,
  STEPS,
  TABLE_COLUMNS,
  type Verdicts,
} from "./masks/masks.ts";
export { maxPool, type MaxPoolOptions } from "./max_pool/max_pool.ts";
export { matmul, type MatmulOptions, matmulTransposed } from "./matmul/matmul.ts";
export {
  type MatmulForm,
  matmulForms,
  matmulSplits,
  type ProductSizes,
  type RegisterForm,
  type SharedForm,
} from "./matmul/forms.ts";
export { packHalves } from "./matmul/pack_halves.ts";
export {
  type Epilogue,
  type Layout,
  matmulStrided,
  type StridedProduct,
  type StridedTensors,
} from "./matmul/strided.ts";
export { FATE_COLUMNS, greedyNms, type NmsOptions, type RankKey } from "./nms/greedy_nms.ts";
export {
  normalisePictures,
  type NormalisePicturesOptions,
} from "./normalise_pictures/normalise_pictures.ts";
export { pasteMasks, type PasteMasksOptions, type PasteSize } from "./paste_masks/paste_masks.ts";
export { centreRows } from "./patch_statistics/centre_rows.ts";
export {
  patchStatistics,
  type PatchStatisticsOptions,
} from "./patch_statistics/patch_statistics.ts";
export { patchify, type PatchifyOptions } from "./patchify/patchify.ts";
export { polarFactor, type PolarFactorOptions } from "./polar_factor/polar_factor.ts";
export { normals, philox4x32, type RandomSource, uniforms, type Words4 } from "./random/philox.ts";
export { mean, sum, sumRows } from "./reduce/sum.ts";
export { regroup, type Regrouping } from "./regroup/regroup.ts";
export { enlargeFeatures } from "./resize/enlarge_features.ts";
export { resizeBilinear, resizeNearest } from "./resize/resize.ts";
export { doubleNearest, resizeBilinearNhwc } from "./resize/resize_features.ts";
export { type SoftmaxForm, type SoftmaxOptions, softmaxRows } from "./softmax/softmax.ts";
export { subsample } from "./subsample/subsample.ts";
export { transpose, type TransposeOptions } from "./transpose/transpose.ts";
export { type FirstUseOptions, keptTuning, tunedAtFirstUse } from "./tuning/first_use.ts";
export { NO_TIME, type TimedForm, type TunedCase, type TuningStep } from "./tuning/choose.ts";
export { tune, type TuneOptions, type TuningResult } from "./tuning/tune.ts";
