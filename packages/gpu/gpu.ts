import { type AdapterReport, describe, type DeviceOptions, openDevice } from "./adapter.ts";
import { BindGroups, bindingBytes } from "./bind_groups.ts";
import { GpuError, GpuLostError, GpuMemoryError, ShapeError } from "./errors.ts";
import type { Kernel, KernelArgs, Launch } from "./kernel.ts";
import { checkLaunch } from "./launch.ts";
import { PipelineCache, probePrelude, texelBindings } from "./pipelines.ts";
import { Pool, type PoolReport } from "./pool.ts";
import { type KernelTime, Profiler } from "./profile.ts";
import { type BufferRange, readbackBytes, stageReadback } from "./readback.ts";
import { formatShape } from "./shape.ts";
import {
  type AnyTensor,
  byteLength,
  type DType,
  dtypeOf,
  elementBytes,
  elements,
  type HostArray,
  hostArray,
  type Tensor,
  tensorsIn,
} from "./tensor.ts";
import { TexelCopies } from "./texels.ts";
import { expectTuning, Tuning, type TuningTable } from "./tuning.ts";
import { UniformRing } from "./uniforms.ts";

/** Options of {@linkcode Gpu.open} and {@linkcode Gpu.wrap}. */
export interface GpuOptions extends DeviceOptions {
  /**
   * Bytes of GPU memory to stay within, or a rule for the adapter that was found. Default: no limit
   * but the adapter's.
   */
  readonly memoryBudgetBytes?: number | ((adapter: AdapterReport) => number);
  /** Time every dispatch with GPU timestamps where the device has them. Default `false`. */
  readonly profile?: boolean;
  /**
   * For tests: fill new tensors and a guard behind each with NaN, so that a read of what was
   * never written, or a write past the end, shows. Default `false`.
   */
  readonly poison?: boolean;
  /**
   * Which forms kernels take: `"off"` for the defaults of the adapter's class, a table that was
   * measured on this adapter, or what finds one for it. Default `"off"`.
   */
  readonly tuning?: TuningChoice | ((adapter: AdapterReport) => Promise<TuningChoice>);
}

/** Calls of the device since it was opened, each of which costs the host time. */
export interface HostWork {
  /** Kernels recorded. */
  readonly dispatches: number;
  /** Bind groups made; work whose buffers have been used the same way before makes none. */
  readonly bindGroups: number;
  /** Command buffers submitted. */
  readonly submits: number;
  /** Waits for results: 11 ms each at least under Deno. */
  readonly readbacks: number;
}

/** A measured table, or none. */
export type TuningChoice = TuningTable | "off";

/** Bit pattern of the poison: a quiet NaN that arithmetic does not produce. */
export const POISON = 0x7fc0beef;
const GUARD_BYTES = 256;
/** How long a read that failed waits to hear that the device is lost. */
const LOSS_MS = 200;

/** What {@linkcode Gpu.readAll} returns for a list of tensors. */
export type HostArrays<T extends readonly AnyTensor[]> = {
  [key in keyof T]: T[key] extends Tensor<infer D> ? HostArray[D] : never;
};

/**
 * A device, its memory, and the commands recorded but not yet submitted.
 *
 * Calls that take a `Gpu` first record work at once and return tensors; nothing runs until
 * {@linkcode read} or {@linkcode submit}. One encoder, one pass, one submit, one readback.
 */
export class Gpu {
  readonly #pool: Pool;
  readonly #uniforms: UniformRing;
  readonly #groups: BindGroups;
  readonly #profiler: Profiler | null;
  readonly #texels: TexelCopies;
  #encoder: GPUCommandEncoder | null = null;
  #pass: GPUComputePassEncoder | null = null;
  #scopes: Set<AnyTensor["buffer"]>[] = [];
  #guarded = new Map<GPUBuffer, { guardAt: number; kernel: string }>();
  #serial = 0;
  #dispatches = 0;
  #readbacks = 0;
  #recorded = new Set<string>();
  #stage = "";
  #checks: Promise<GpuError | null>[] = [];
  #uncaptured: GpuError | null = null;
  #lost: GpuLostError | null = null;
  #closing = false;
  readonly #onUncaptured = (event: Event) => {
    event.preventDefault();
    const { error } = event as GPUUncapturedErrorEvent;
    this.#uncaptured ??= error instanceof GPUOutOfMemoryError
      ? new GpuMemoryError(`the GPU is out of memory: ${error.message}`)
      : new GpuError(error.message);
  };

  private constructor(
    /** The device, for what this class does not wrap. */
    readonly device: GPUDevice,
    /** What it runs on, and which optional features it has. */
    readonly adapter: AdapterReport,
    private readonly ownsDevice: boolean,
    private readonly pipelines: PipelineCache,
    private readonly options: GpuOptions,
    /** Which forms kernels take here. */
    readonly tuning: Tuning,
  ) {
    const { memoryBudgetBytes: rule = Infinity } = options;
    const budget = typeof rule === "number" ? rule : rule(adapter);
    this.#pool = new Pool(
      device,
      budget,
      !options.poison,
      () => this.submit(),
      () => this.#texels.clear(),
    );
    this.#texels = new TexelCopies(device, this.#pool, options.poison ?? false);
    this.#uniforms = new UniformRing(device);
    this.#groups = new BindGroups(device, this.#uniforms.buffer, options.poison ?? false);
    this.#profiler = options.profile && adapter.timestamps ? new Profiler(device) : null;
    device.addEventListener("uncapturederror", this.#onUncaptured);
    device.lost.then(({ reason, message }) => {
      if (this.#closing) return;
      this.#lost = new GpuLostError(
        `the GPU device of "${adapter.description}" is lost (${reason}): ${message}; ` +
          "open it again and repeat the work since the last result",
      );
    });
  }

  /**
   * Opens the best adapter there is; {@linkcode close} destroys the device.
   *
   * @throws {NoAdapterError} when there is nothing to run on, with advice.
   * @throws {RangeError} for a tuning table that is another adapter's.
   *
   * @example
   * ```ts
   * import { Gpu } from "@fiedler/gpu";
   * import assert from "node:assert/strict";
   *
   * const gpu = await Gpu.open();
   * const rows = gpu.upload(Float32Array.of(1, 2, 3, 4), [2, 2]);
   * const out = gpu.zeros([3, 2]);
   * gpu.copy(rows, out, 2); // from element 2 on: recorded, not run
   * assert.deepEqual([...await gpu.read(out)], [0, 0, 1, 2, 3, 4]);
   * gpu.close();
   * ```
   */
  static async open(options: GpuOptions = {}): Promise<Gpu> {
    const { device, report } = await openDevice(options);
    try {
      const tuning = await chooseTuning(options, report);
      return new Gpu(device, report, true, await makePipelines(device), options, tuning);
    } catch (error) {
      device.destroy();
      throw error;
    }
  }

  /**
   * Works on a device that somebody else made and keeps: {@linkcode close} leaves it alive.
   *
   * @param info the adapter's `info`, where the device does not carry its own.
   */
  static async wrap(
    device: GPUDevice,
    options: GpuOptions & { readonly info?: GPUAdapterInfo } = {},
  ): Promise<Gpu> {
    const unknown = { vendor: "", architecture: "", device: "", description: "host's device" };
    const info = options.info ?? device.adapterInfo ?? unknown as GPUAdapterInfo;
    const report = describe(info, device, options.texels);
    const tuning = await chooseTuning(options, report);
    return new Gpu(device, report, false, await makePipelines(device), options, tuning);
  }

  /** A new tensor with unspecified contents. */
  empty<D extends DType = "f32">(shape: readonly number[], dtype?: D): Tensor<D> {
    return this.#allocate(shape, dtype ?? "f32" as D, Infinity);
  }

  /** A new tensor of zeros. */
  zeros<D extends DType = "f32">(shape: readonly number[], dtype?: D): Tensor<D> {
    const tensor = this.empty(shape, dtype);
    this.#outsidePass().clearBuffer(tensor.buffer, 0, bindingBytes(tensor));
    this.#texels.written(tensor.buffer);
    return tensor;
  }

  /**
   * Copies an array to the GPU.
   *
   * @throws {ShapeError} when the array's length is not that of the shape.
   */
  upload<A extends HostArray[DType]>(
    array: A,
    shape: readonly number[],
  ): Tensor<{ [D in DType]: A extends HostArray[D] ? D : never }[DType]> {
    if (array.length !== elements(shape)) {
      throw new ShapeError(
        `upload: shape ${formatShape(shape)} needs ${
          elements(shape)
        } elements, got ${array.length}`,
      );
    }
    const tensor = this.#allocate(shape, dtypeOf(array), this.#serial);
    const { buffer, byteOffset, byteLength } = array;
    if (byteLength === 0) return tensor as ReturnType<typeof this.upload<A>>; // Deno panics
    if (byteLength % 4 === 0) {
      this.device.queue.writeBuffer(tensor.buffer, 0, buffer, byteOffset, byteLength);
    } else {
      const padded = new Uint8Array(Math.ceil(byteLength / 4) * 4);
      padded.set(new Uint8Array(buffer, byteOffset, byteLength));
      this.device.queue.writeBuffer(tensor.buffer, 0, padded);
    }
    return tensor as ReturnType<typeof this.upload<A>>;
  }

  /**
   * Runs `body` and gives everything allocated inside back to the pool, except the tensors that
   * it returns (a tensor, or an array, record or map of tensors, at any depth).
   *
   * @throws {TypeError} when `body` is asynchronous.
   */
  scope<T>(body: () => T): T {
    const scope = new Set<GPUBuffer>();
    this.#scopes.push(scope);
    let kept = new Set<GPUBuffer>();
    try {
      const result = body();
      if (result instanceof Promise) throw new TypeError("gpu.scope: the body must not be async");
      kept = new Set(tensorsIn(result).map(({ buffer }) => buffer));
      return result;
    } finally {
      this.#scopes.pop();
      const parent = this.#scopes.at(-1);
      for (const buffer of scope) {
        if (kept.has(buffer)) parent?.add(buffer);
        else this.#pool.give(buffer, this.#serial);
      }
    }
  }

  /** Gives tensors back to the pool; for what outlives a scope. */
  free(...tensors: readonly AnyTensor[]): void {
    for (const { buffer } of tensors) this.#pool.give(buffer, this.#serial);
  }

  /** Names the stage that the dispatches recorded in `body` are counted under. */
  stage<T>(name: string, body: () => T): T {
    const outer = this.#stage;
    this.#stage = name;
    try {
      return body();
    } finally {
      this.#stage = outer;
    }
  }

  /**
   * Records one dispatch. Checks dtypes, aliasing and limits at once.
   *
   * @throws {GpuError} with the kernel's name.
   */
  run<Args extends KernelArgs>(
    kernel: Kernel<Args>,
    args: NoInfer<Args>,
    launch: Launch,
  ): void {
    this.#assertAlive();
    const [x, y = 1, z = 1] = launch.workgroups;
    checkLaunch(kernel, args, [x, y, z]);
    if (x === 0 || y === 0 || z === 0) return;
    if (!this.#uniforms.fits(kernel.params) || this.#profiler?.full) this.submit();
    const views = this.#views(kernel, args, launch);
    const { pipeline, layout } = this.pipelines.get(kernel, launch, views !== undefined);
    const values = (args.params ?? {}) as Readonly<Record<string, number>>;
    const offset = this.#uniforms.push(kernel.name, kernel.params, values);
    const pass = this.#computePass(kernel.name);
    pass.setPipeline(pipeline);
    const group = this.#groups.get(kernel, layout, args, views);
    pass.setBindGroup(0, group, kernel.params.length > 0 ? [offset] : []);
    pass.dispatchWorkgroups(x, y, z);
    for (const { name, access } of kernel.bindings) {
      if (access === "read_write") this.#texels.written((args[name] as AnyTensor).buffer);
    }
    this.#recorded.add(kernel.name);
    this.#dispatches++;
    if (this.#profiler) this.#endPass();
  }

  /** Textures with what a kernel reads, where that is faster; recorded before its pass. */
  #views(
    kernel: Kernel,
    args: KernelArgs,
    { unread = [] }: Launch,
  ): Record<string, GPUTextureView> | undefined {
    if (!this.adapter.texels) return undefined;
    const reads = Object.entries(texelBindings(kernel))
      .map(([name, format]) => ({
        ...{ name, format, tensor: args[name] as AnyTensor },
        unread: unread.includes(name),
      }));
    if (reads.length === 0) return undefined;
    const views = this.#texels.record(reads, () => this.#outsidePass());
    return views ? Object.fromEntries(reads.map(({ name }, i) => [name, views[i]])) : undefined;
  }

  /** Copies `source` into `target` from element `at` on. */
  copy(source: AnyTensor, target: AnyTensor, at = 0): void {
    const size = byteLength(source);
    const offset = target.offset + at * elementBytes(target.dtype);
    if (size + offset - target.offset > byteLength(target)) {
      throw new ShapeError(
        `copy: ${formatShape(source.shape)} at element ${at} does not fit ` +
          formatShape(target.shape),
      );
    }
    this.#outsidePass().copyBufferToBuffer(
      source.buffer,
      source.offset,
      target.buffer,
      offset,
      Math.ceil(size / 4) * 4,
    );
    this.#texels.written(target.buffer);
  }

  /** Submits what is recorded without waiting. */
  submit(): void {
    this.#endPass();
    if (this.#encoder === null) return;
    this.#profiler?.resolve(this.#encoder);
    this.#uniforms.flush();
    const names = [...this.#recorded].join(", ");
    this.device.pushErrorScope("validation");
    this.device.queue.submit([this.#encoder.finish()]);
    this.#texels.submitted();
    this.#checks.push(
      this.device.popErrorScope().then((error) =>
        error && new GpuError(`a submit of ${names || "copies"} failed: ${error.message}`)
      ),
    );
    this.#encoder = null;
    this.#recorded.clear();
    this.#serial++;
  }

  /**
   * Starts the uploads since the last submit, so that the driver frees its copies of them: for
   * callers that upload much before they compute.
   */
  flush(): void {
    if (this.#encoder) this.submit();
    else this.device.queue.submit([]);
  }

  /**
   * Submits, waits, and returns a tensor's elements.
   *
   * @throws {GpuError} for anything that went wrong since the last read.
   */
  async read<D extends DType>(tensor: Tensor<D>): Promise<HostArray[D]> {
    return (await this.readAll([tensor] as const))[0] as HostArray[D];
  }

  /** Reads several tensors with one submit and one wait: each wait costs 11 ms under Deno. */
  async readAll<const T extends readonly AnyTensor[]>(tensors: T): Promise<HostArrays<T>> {
    this.#assertAlive();
    this.#endPass();
    this.#profiler?.resolve(this.#outsidePass());
    const stamps = this.#profiler?.unread ?? [];
    const sources = [
      ...tensors.map((tensor) => ({
        buffer: tensor.buffer,
        offset: tensor.offset,
        size: byteLength(tensor),
      })),
      ...stamps.map((buffer) => ({ buffer, offset: 0, size: buffer.size })),
    ];
    const blocks = await this.#readBlocks(sources);
    this.#profiler?.collect(blocks.splice(tensors.length));
    return blocks.map((block, i) => hostArray(tensors[i].dtype, block)) as HostArrays<T>;
  }

  /** Waits until everything submitted has run, and reports what went wrong. */
  async settle(): Promise<void> {
    await this.readAll([]);
  }

  /** Bytes in use, idle, at most so far, and allowed. */
  get memory(): PoolReport {
    return this.#pool.report();
  }

  /** What the host did so far. */
  get hostWork(): HostWork {
    const [dispatches, readbacks] = [this.#dispatches, this.#readbacks];
    return { dispatches, bindGroups: this.#groups.made, submits: this.#serial, readbacks };
  }

  /** GPU time by stage and kernel, longest first; empty unless profiling. */
  get kernelTimes(): readonly KernelTime[] {
    return this.#profiler?.times ?? [];
  }

  /** Whether dispatches are being timed. */
  get profiling(): boolean {
    return this.#profiler !== null;
  }

  /** Destroys all idle buffers. */
  trim(): void {
    this.#pool.trim();
  }

  /** Frees all buffers, and the device if {@linkcode open} made it. */
  close(): void {
    this.#closing = true;
    if (!this.#lost) this.#pool.destroy();
    this.#uniforms.buffer.destroy();
    this.device.removeEventListener("uncapturederror", this.#onUncaptured);
    if (this.ownsDevice) this.device.destroy();
  }

  /**
   * With `poison`: fails if a kernel wrote behind the end of a tensor.
   *
   * @throws {GpuError} naming the tensor's shape.
   */
  async checkGuards(): Promise<void> {
    const guards = [...this.#guarded];
    const blocks = await this.#readBlocks(
      guards.map(([buffer, { guardAt }]) => ({ buffer, offset: guardAt, size: GUARD_BYTES })),
    );
    guards.forEach(([, { kernel }], i) => {
      if (new Uint32Array(blocks[i]).every((word) => word === POISON)) return;
      throw new GpuError(`a kernel wrote behind the end of a tensor ${kernel}`);
    });
  }

  #allocate<D extends DType>(shape: readonly number[], dtype: D, settledBefore: number): Tensor<D> {
    this.#assertAlive();
    if (!shape.every((size) => Number.isInteger(size) && size >= 0)) {
      throw new ShapeError(`a shape needs whole sizes from 0 on, got ${formatShape(shape)}`);
    }
    const bytes = Math.max(16, Math.ceil(elements(shape) * elementBytes(dtype) / 16) * 16);
    const limit = this.device.limits.maxStorageBufferBindingSize;
    if (bytes > limit) {
      throw new GpuMemoryError(
        `a tensor ${
          formatShape(shape)
        } needs ${bytes} bytes, the adapter binds at most ${limit}; ` +
          "use smaller pictures or a smaller batch",
      );
    }
    const buffer = this.#pool.take(bytes + (this.options.poison ? GUARD_BYTES : 0), settledBefore);
    this.#scopes.at(-1)?.add(buffer);
    if (this.options.poison) {
      const words = new Uint32Array(buffer.size / 4).fill(POISON);
      this.device.queue.writeBuffer(buffer, 0, words);
      this.#guarded.set(buffer, { guardAt: bytes, kernel: formatShape(shape) });
    }
    return { buffer, offset: 0, shape, dtype };
  }

  #computePass(kernel: string): GPUComputePassEncoder {
    if (this.#pass) return this.#pass;
    const encoder = this.#outsidePass();
    const timestampWrites = this.#profiler?.next(this.#stage, kernel);
    return this.#pass = encoder.beginComputePass(timestampWrites ? { timestampWrites } : {});
  }

  #outsidePass(): GPUCommandEncoder {
    this.#assertAlive();
    this.#endPass();
    return this.#encoder ??= this.device.createCommandEncoder();
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = null;
  }

  /** Copies ranges of buffers to the host with one submit and one wait. */
  async #readBlocks(ranges: readonly BufferRange[]): Promise<ArrayBuffer[]> {
    const bytes = readbackBytes(ranges);
    this.#pool.reserve(bytes);
    this.#readbacks++;
    try {
      const staging = stageReadback(this.device, this.#outsidePass(), ranges);
      this.submit();
      await staging.buffer.mapAsync(GPUMapMode.READ).catch(async (cause) => {
        await this.#momentForLoss();
        throw await this.#firstError() ??
          new GpuError(`reading back failed: ${cause.message}`, { cause });
      });
      const error = await this.#firstError();
      if (error) throw error;
      return staging.take();
    } finally {
      this.#pool.release(bytes);
    }
  }

  /** A device that is lost fails a read before it says that it is lost. */
  async #momentForLoss(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const moment = new Promise((resolve) => timer = setTimeout(resolve, LOSS_MS));
    await Promise.race([this.device.lost, moment]);
    clearTimeout(timer);
  }

  /** The most telling thing that went wrong since the last read, which it clears. */
  async #firstError(): Promise<GpuError | null> {
    const compile = await this.pipelines.firstError();
    const submits = await Promise.all(this.#checks.splice(0));
    const uncaptured = this.#uncaptured;
    this.#uncaptured = null;
    return this.#lost ?? compile ?? submits.find((error) => error !== null) ?? uncaptured;
  }

  #assertAlive(): void {
    if (this.#lost) throw this.#lost;
    if (this.#closing) throw new GpuError("this Gpu is closed");
  }
}

async function chooseTuning(
  { tuning: choice = "off" }: GpuOptions,
  adapter: AdapterReport,
): Promise<Tuning> {
  const table = typeof choice === "function" ? await choice(adapter) : choice;
  return new Tuning(table === "off" ? null : expectTuning(table, adapter));
}

async function makePipelines(device: GPUDevice): Promise<PipelineCache> {
  return new PipelineCache(device, await probePrelude(device));
}
