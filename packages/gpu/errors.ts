/** A tensor has another shape or type than the function needs. */
export class ShapeError extends TypeError {
  override readonly name = "ShapeError";
}

/** WebGPU refused something: a shader, a dispatch, a buffer. The message names the kernel. */
export class GpuError extends Error {
  override readonly name: string = "GpuError";
}

/** No WebGPU adapter, or none that can run the kernels. The message says what to install. */
export class NoAdapterError extends GpuError {
  override readonly name = "NoAdapterError";
}

/** The device is gone: driver reset, unplugged, or destroyed. Open a new one and start again. */
export class GpuLostError extends GpuError {
  override readonly name = "GpuLostError";
}

/** An allocation would exceed the adapter's limit or the memory budget. */
export class GpuMemoryError extends GpuError {
  override readonly name = "GpuMemoryError";
}
