/**
 * Bytes ↔ arrays: pictures (JPEG, PNG, EXIF, resizing) and tensors (safetensors, PyTorch, ONNX, npy,
 * npz). No file system: callers hand over bytes or a source of them. Runs in browsers and in Deno.
 *
 * @module
 */
export { FormatError, ImageError, type ImageErrorCode } from "./errors.ts";
export { applyOrientation, type Orientation, readOrientation } from "./exif.ts";
export { sha256Hex } from "./hash.ts";
export {
  type DecodedImage,
  decodeImage,
  type DecodeOptions,
  type ImageHeader,
  imageHeader,
} from "./image.ts";
export { encodeJpeg } from "./jpeg_write.ts";
export { type NpyArray, type NpyOf, readNpy, writeNpy } from "./npy.ts";
export { openNpy } from "./open_npy.ts";
export {
  type OnnxConstant,
  type OnnxGraph,
  type OnnxNode,
  type OnnxValue,
  onnxWithOutput,
  readOnnxGraph,
} from "./onnx_graph.ts";
export { openOnnx } from "./open_onnx.ts";
export { openSafetensors } from "./open_safetensors.ts";
export { openTensorFile } from "./open_tensor_file.ts";
export { flatness, normaliseImage, type Rgb } from "./pixels.ts";
export { planSize, prepareImage, type SizePlan } from "./plan.ts";
export { decodePngIndices, type PngIndices } from "./png.ts";
export { encodePng, type PngPicture } from "./png_write.ts";
export { type Filter, resizeImage, type ResizeOptions } from "./resize.ts";
export type { RgbImage, Size } from "./rgb.ts";
export {
  readSafetensors,
  type SafeTensor,
  type Safetensors,
  type SafetensorsDtype,
} from "./safetensors.ts";
export { blobSource, type ByteSource, bytesSource } from "./source.ts";
export {
  tensorBytes,
  type TensorDtype,
  type TensorEntry,
  type TensorFile,
  type TensorFormat,
} from "./tensor_file.ts";
export { entryToF32, tensorToF32 } from "./to_f32.ts";
export { safetensorsParts, writeSafetensors } from "./write_safetensors.ts";
