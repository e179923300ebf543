/**
 * The kernels: one folder per operation, each with its WGSL, its typed call, its f64 reference.
 *
 * @module
 */
export { cosineAffinity, type CosineAffinityOptions } from "./affinity/cosine_affinity.ts";
export { invSqrtDegree } from "./affinity/inv_sqrt_degree.ts";
export { l2Normalise } from "./affinity/l2_normalise.ts";
export { normalizeAffinity } from "./affinity/normalize_affinity.ts";
export { attention, type AttentionOptions } from "./attention/attention.ts";
export { connectedComponents } from "./components/components.ts";
export { orthonormalise } from "./eigen/orthonormalise.ts";
export { rayleighRitz } from "./eigen/rayleigh_ritz.ts";
export { spectralEmbedding } from "./eigen/spectral_embedding.ts";
export { symmetricProduct } from "./eigen/symmetric_product.ts";
export {
  type Eigenvectors,
  topEigenvectors,
  type TopEigenvectorsOptions,
} from "./eigen/top_eigenvectors.ts";
export { kMeans, type KMeansOptions, type KMeansResult } from "./k_means/k_means.ts";
export { layerNorm, type LayerNormWeights } from "./layer_norm/layer_norm.ts";
export { matmul, type MatmulOptions, matmulTransposed } from "./matmul/matmul.ts";
export {
  type Epilogue,
  type Layout,
  type MatmulForm,
  matmulForms,
  matmulStrided,
  type StridedProduct,
} from "./matmul/strided.ts";
export { patchify, type PatchifyOptions } from "./patchify/patchify.ts";
export { type SoftmaxOptions, softmaxRows } from "./softmax/softmax.ts";
export { transpose, type TransposeOptions } from "./transpose/transpose.ts";
export { philox4x32 } from "./random/philox.ts";
