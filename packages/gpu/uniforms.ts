import type { KernelParam } from "./kernel.ts";

/**
 * Uniforms of all recorded dispatches, packed into one buffer that is written once a submit:
 * a queue write runs before everything that is recorded but not submitted.
 */
export class UniformRing {
  static readonly CAPACITY = 1 << 18;
  readonly buffer: GPUBuffer;
  #bytes = new ArrayBuffer(UniformRing.CAPACITY);
  #view = new DataView(this.#bytes);
  #used = 0;

  constructor(private readonly device: GPUDevice) {
    this.buffer = device.createBuffer({
      size: UniformRing.CAPACITY,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
  }

  /** Whether another set of uniforms fits before the next submit. */
  fits(params: readonly KernelParam[]): boolean {
    return this.#used + this.#stride(params) <= UniformRing.CAPACITY;
  }

  /**
   * Packs the values in declaration order and returns their byte offset.
   *
   * @throws {TypeError} when a value is missing or not a number of the declared type.
   */
  push(
    kernel: string,
    params: readonly KernelParam[],
    values: Readonly<Record<string, number>>,
  ): number {
    const offset = this.#used;
    params.forEach(({ name, type }, index) => {
      const value = values[name];
      const at = offset + 4 * index;
      if (type === "f32") {
        if (typeof value !== "number" || Number.isNaN(value)) {
          throw wrongParam(kernel, name, type, value);
        }
        this.#view.setFloat32(at, value, true);
      } else if (!Number.isInteger(value) || value >= 2 ** 32 || (type === "u32" && value < 0)) {
        throw wrongParam(kernel, name, type, value);
      } else if (type === "u32") this.#view.setUint32(at, value, true);
      else this.#view.setInt32(at, value, true);
    });
    this.#used += this.#stride(params);
    return offset;
  }

  /** Writes what was packed; the ring starts again. */
  flush(): void {
    if (this.#used === 0) return;
    this.device.queue.writeBuffer(this.buffer, 0, this.#bytes, 0, this.#used);
    this.#used = 0;
  }

  #stride(params: readonly KernelParam[]): number {
    const alignment = this.device.limits.minUniformBufferOffsetAlignment;
    return Math.ceil(4 * params.length / alignment) * alignment;
  }
}

const wrongParam = (kernel: string, name: string, type: string, value: unknown) =>
  new TypeError(`${kernel}: params.${name} must be ${type}, got ${value}`);
