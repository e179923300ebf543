/**
 * The kernels: one folder per operation, each with its WGSL, its typed call, its f64 reference.
 *
 * @module
 */
export { attention, type AttentionOptions } from "./attention/attention.ts";
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
