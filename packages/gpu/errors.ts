/** A tensor has another shape or type than the function needs. */
export class ShapeError extends TypeError {
  /** `"ShapeError"`: a mistake of the caller, before anything is recorded. */
  override readonly name = "ShapeError";
}

/** WebGPU refused something: a shader, a dispatch, a buffer. The message names the kernel. */
export class GpuError extends Error {
  /** `"GpuError"`: what WebGPU or a driver said; subclasses tell apart what a caller can act on. */
  override readonly name: string = "GpuError";
}

/** No WebGPU adapter, or none that can run the kernels. The message says what to install. */
export class NoAdapterError extends GpuError {
  /** `"NoAdapterError"`: the machine has to change, trying again does not help. */
  override readonly name = "NoAdapterError";
}

/** The device is gone: driver reset, unplugged, or destroyed. Open a new one and start again. */
export class GpuLostError extends GpuError {
  /** `"GpuLostError"`: every tensor is gone, a new {@linkcode Gpu} is needed. */
  override readonly name = "GpuLostError";
}

/** An allocation would exceed the adapter's limit or the memory budget. */
export class GpuMemoryError extends GpuError {
  /** `"GpuMemoryError"`: the same work in a smaller batch may fit. */
  override readonly name = "GpuMemoryError";
}
