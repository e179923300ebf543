/** Time and calls of one kernel in one stage. */
export interface KernelTime {
  /** Innermost {@linkcode Gpu.stage} around the dispatches; empty outside of any. */
  readonly stage: string;
  /** Name of the kernel, as its WGSL file. */
  readonly kernel: string;
  /** Dispatches counted. */
  calls: number;
  /** GPU time in milliseconds. */
  ms: number;
}

interface Pending {
  readonly resolved: GPUBuffer;
  readonly names: readonly string[];
}

/** GPU timestamps of every dispatch, one compute pass each; summed by stage and kernel. */
export class Profiler {
  static readonly SLOTS = 1024;
  #queries: GPUQuerySet;
  #names: string[] = [];
  #pending: Pending[] = [];
  #times = new Map<string, KernelTime>();

  constructor(private readonly device: GPUDevice) {
    this.#queries = device.createQuerySet({ type: "timestamp", count: 2 * Profiler.SLOTS });
  }

  get full(): boolean {
    return this.#names.length === Profiler.SLOTS;
  }

  /** Timestamps for the pass of the next dispatch. */
  next(stage: string, kernel: string): GPUComputePassTimestampWrites {
    const slot = 2 * this.#names.push(`${stage}\n${kernel}`) - 2;
    return {
      querySet: this.#queries,
      beginningOfPassWriteIndex: slot,
      endOfPassWriteIndex: slot + 1,
    };
  }

  /** Resolves the timestamps of what was recorded; call once before each submit. */
  resolve(encoder: GPUCommandEncoder): void {
    if (this.#names.length === 0) return;
    const count = 2 * this.#names.length;
    const resolved = this.device.createBuffer({
      size: 8 * count,
      usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
    });
    encoder.resolveQuerySet(this.#queries, 0, count, resolved, 0);
    this.#pending.push({ resolved, names: this.#names });
    this.#names = [];
  }

  /** Buffers to copy into the next readback, in order. */
  get unread(): readonly GPUBuffer[] {
    return this.#pending.map(({ resolved }) => resolved);
  }

  /** Takes the bytes of {@linkcode unread} and frees the buffers. */
  collect(blocks: readonly ArrayBuffer[]): void {
    this.#pending.splice(0, blocks.length).forEach(({ resolved, names }, block) => {
      const stamps = new BigUint64Array(blocks[block]);
      names.forEach((name, index) => this.#add(name, stamps[2 * index + 1] - stamps[2 * index]));
      resolved.destroy();
    });
  }

  /** Sums so far, longest first. */
  get times(): KernelTime[] {
    return [...this.#times.values()].sort((a, b) => b.ms - a.ms);
  }

  #add(name: string, nanoseconds: bigint): void {
    const [stage, kernel] = name.split("\n");
    const entry = this.#times.get(name) ?? { stage, kernel, calls: 0, ms: 0 };
    entry.calls++;
    entry.ms += Number(nanoseconds) / 1e6;
    this.#times.set(name, entry);
  }
}
