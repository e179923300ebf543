import type { Kernel, KernelArgs } from "./kernel.ts";
import { ShapeError } from "./errors.ts";
import { formatShape } from "./shape.ts";
import { type AnyTensor, byteLength } from "./tensor.ts";

/** Textures in place of tensors, by the name of the binding. */
type Views = Readonly<Record<string, GPUTextureView>>;

/** Groups that are kept. A training step of the largest preset has some thousands. */
const MOST = 8192;

/**
 * Bind groups, each made once: making one costs the host more than all else about a dispatch, and
 * work of the same shapes takes the same buffers from the pool again and again.
 */
export class BindGroups {
  #groups = new Map<string, GPUBindGroup>();
  #numbers = new WeakMap<object, number>();
  #next = 0;
  /** Groups made so far. */
  made = 0;

  constructor(
    private readonly device: GPUDevice,
    private readonly uniforms: GPUBuffer,
    /** Binds all of a buffer instead of what its tensor needs. */
    private readonly whole: boolean,
  ) {}

  /**
   * The tensors of a dispatch, and the uniforms with an offset that it sets.
   *
   * @param views textures in place of tensors, by binding.
   */
  get(
    kernel: Kernel,
    layout: GPUBindGroupLayout,
    args: KernelArgs,
    views: Views = {},
  ): GPUBindGroup {
    let key = `${this.#number(layout)}`;
    for (const { name } of kernel.bindings) {
      if (name in views) {
        key += ` ${this.#number(views[name])}`;
        continue;
      }
      const tensor = args[name] as AnyTensor;
      key += ` ${this.#number(tensor.buffer)} ${tensor.offset} ${this.#size(tensor)}`;
    }
    let group = this.#groups.get(key);
    if (group) return group;
    // Those of destroyed buffers are among them: none is told from the others.
    if (this.#groups.size === MOST) this.#groups.clear();
    group = this.device.createBindGroup({
      label: kernel.name,
      layout,
      entries: this.#entries(kernel, args, views),
    });
    this.#groups.set(key, group);
    this.made++;
    return group;
  }

  #entries(kernel: Kernel, args: KernelArgs, views: Views): GPUBindGroupEntry[] {
    const entries: GPUBindGroupEntry[] = kernel.bindings.map(({ name }, binding) => {
      if (name in views) return { binding, resource: views[name] };
      const tensor = args[name] as AnyTensor;
      const { buffer, offset } = tensor;
      expectRoom(`${kernel.name}: ${name}`, tensor);
      return { binding, resource: { buffer, offset, size: this.#size(tensor) } };
    });
    if (kernel.params.length > 0) {
      const resource = { buffer: this.uniforms, size: 4 * kernel.params.length };
      entries.push({ binding: kernel.bindings.length, resource });
    }
    return entries;
  }

  #size(tensor: AnyTensor): number | undefined {
    return this.whole ? undefined : bindingBytes(tensor);
  }

  /** A number for a buffer or a layout that no other has had. */
  #number(object: object): number {
    let number = this.#numbers.get(object);
    if (number === undefined) this.#numbers.set(object, number = this.#next++);
    return number;
  }
}

/** Buffers of a page may end with their last element: WebGPU's own words for it name no tensor. */
function expectRoom(where: string, tensor: AnyTensor): void {
  const { buffer, offset, shape, dtype } = tensor;
  const needed = bindingBytes(tensor);
  if (buffer.size - offset >= needed) return;
  throw new ShapeError(
    `${where} of ${
      formatShape(shape)
    } ${dtype} needs ${needed} bytes, a whole multiple of 16, and ` +
      `its buffer has ${buffer.size - offset} from offset ${offset} on: make the buffer longer`,
  );
}

/** Bindings are whole multiples of 16 bytes, so that `array<vec4f>` covers the last elements. */
export const bindingBytes = (tensor: AnyTensor): number =>
  Math.max(16, Math.ceil(byteLength(tensor) / 16) * 16);
