/**
 * Any ONNX graph as a feature extractor, computed by onnxruntime-web: on the device that everything
 * else runs on, or as WebAssembly. The runtime is loaded when the first graph is.
 *
 * @module
 */
export { findOnnxModel } from "./found_model.ts";
export { type OnnxBackbone, onnxBackbone } from "./backbone.ts";
export type { OnnxOptions } from "./options.ts";
export type { OnnxRuntime } from "./runtime.ts";
