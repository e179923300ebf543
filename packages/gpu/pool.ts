import { GpuMemoryError } from "./errors.ts";

interface Block {
  readonly buffer: GPUBuffer;
  readonly size: number;
  /** Buffers made before it. */
  readonly number: number;
  /** Serial of the submit that last used the buffer. */
  lastUse: number;
}

/** Figures of a pool, in bytes. */
export interface PoolReport {
  /** In tensors that were not given back, rounded up to their size classes. */
  readonly liveBytes: number;
  /** In buffers and textures kept for reuse. */
  readonly idleBytes: number;
  /** The most that live and idle buffers and readbacks came to together so far. */
  readonly peakBytes: number;
  /** The same without textures, which give way where memory is short. */
  readonly neededBytes: number;
  /** What they may come to; `Infinity` without a budget. */
  readonly budgetBytes: number;
}

/**
 * Buffers by size class, reused in the order of recording, counted against a budget.
 *
 * The oldest idle buffer comes first, so that the same work, begun with the same buffers in use, is
 * given the same ones: what binds them can be kept.
 */
export class Pool {
  #idle = new Map<number, Block[]>();
  #made = 0;
  #live = new Map<GPUBuffer, Block>();
  #liveBytes = 0;
  #idleBytes = 0;
  #readbackBytes = 0;
  #asideBytes = 0;
  #peakBytes = 0;
  #neededBytes = 0;

  constructor(
    private readonly device: GPUDevice,
    private readonly budgetBytes: number,
    private readonly reuse: boolean,
    /** Submits what is recorded, so that idle buffers may be destroyed. */
    private readonly flush: () => void,
    /** Frees what is kept aside. */
    private readonly freeAside: () => void = () => {},
  ) {}

  /**
   * A buffer of at least `bytes`. With `settledBefore`, only one whose last use was submitted
   * before that serial, so that a queue write cannot overtake recorded work.
   */
  take(bytes: number, settledBefore = Infinity): GPUBuffer {
    const size = sizeClass(bytes);
    const blocks = this.#idle.get(size);
    const at = blocks?.findIndex((block) => block.lastUse < settledBefore) ?? -1;
    const block = at >= 0 ? blocks!.splice(at, 1)[0] : this.#create(size, bytes);
    if (at >= 0) this.#idleBytes -= size;
    this.#live.set(block.buffer, block);
    this.#liveBytes += size;
    this.#count();
    return block.buffer;
  }

  /** Takes back a buffer; a second time does nothing. */
  give(buffer: GPUBuffer, serial: number): void {
    const block = this.#live.get(buffer);
    if (!block) return;
    this.#live.delete(buffer);
    this.#liveBytes -= block.size;
    if (!this.reuse) return;
    block.lastUse = serial;
    this.#idleBytes += block.size;
    const blocks = this.#idle.get(block.size) ?? [];
    const after = blocks.findIndex(({ number }) => number > block.number);
    blocks.splice(after < 0 ? blocks.length : after, 0, block);
    this.#idle.set(block.size, blocks);
  }

  /** Counts a buffer that a readback makes for itself, until it is released. */
  reserve(bytes: number): void {
    this.#makeRoom(bytes, bytes);
    this.#readbackBytes += bytes;
    this.#count();
  }

  /** Ends what {@linkcode reserve} began. */
  release(bytes: number): void {
    this.#readbackBytes -= bytes;
  }

  /** Whether `bytes` more stay within the budget; frees what is idle if that takes it. */
  room(bytes: number): boolean {
    const inUse = this.#liveBytes + this.#readbackBytes + bytes;
    if (inUse > this.budgetBytes) return false;
    if (inUse + this.#idleBytes + this.#asideBytes > this.budgetBytes) this.trim();
    return true;
  }

  /** Counts memory that is no buffer and can be freed at any time: negative when it was. */
  keepAside(bytes: number): void {
    this.#asideBytes += bytes;
    this.#count();
  }

  /** Destroys all idle buffers, and what is kept aside. */
  trim(): void {
    this.flush();
    this.freeAside();
    for (const block of [...this.#idle.values()].flat()) block.buffer.destroy();
    this.#idle.clear();
    this.#idleBytes = 0;
  }

  destroy(): void {
    this.trim();
    for (const buffer of this.#live.keys()) buffer.destroy();
    this.#live.clear();
    this.#liveBytes = 0;
  }

  report(): PoolReport {
    return {
      liveBytes: this.#liveBytes,
      idleBytes: this.#idleBytes + this.#asideBytes,
      peakBytes: this.#peakBytes,
      neededBytes: this.#neededBytes,
      budgetBytes: this.budgetBytes,
    };
  }

  #create(size: number, bytes: number): Block {
    const limit = this.device.limits.maxBufferSize;
    if (size > limit) {
      throw new GpuMemoryError(
        `a tensor needs ${mebibytes(bytes)}, the adapter allows ${mebibytes(limit)} per buffer; ` +
          `use smaller pictures or a smaller batch`,
      );
    }
    this.#makeRoom(size, bytes);
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const buffer = this.device.createBuffer({ size, usage });
    return { buffer, size, number: this.#made++, lastUse: -1 };
  }

  /** Destroys idle buffers if that takes it to stay within the budget. */
  #makeRoom(size: number, bytes: number): void {
    const inUse = this.#liveBytes + this.#readbackBytes;
    if (this.room(size)) return;
    throw new GpuMemoryError(
      `the GPU memory budget of ${mebibytes(this.budgetBytes)} is used up: ` +
        `${mebibytes(inUse)} in use, ${mebibytes(bytes)} more wanted; ` +
        `use a smaller batch or raise the budget`,
    );
  }

  #count(): void {
    const bytes = this.#liveBytes + this.#idleBytes + this.#readbackBytes;
    this.#neededBytes = Math.max(this.#neededBytes, bytes);
    this.#peakBytes = Math.max(this.#peakBytes, bytes + this.#asideBytes);
  }
}

/** Rounds up to a quarter of an octave, so that at most a fifth of a buffer is spare. */
export function sizeClass(bytes: number): number {
  const step = Math.max(256, 2 ** (Math.floor(Math.log2(Math.max(bytes, 1))) - 2));
  return Math.max(step, Math.ceil(bytes / step) * step);
}

const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
