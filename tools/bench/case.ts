/** One thing to measure, and what was measured. */
import { Gpu, type GpuOptions, type HostWork, type KernelTime } from "@fiedler/gpu";
import { CLOCK, loadAverage, type Machine } from "./machine.ts";
import { calibrate, type Run, type Sample, sample, summarise } from "./measure.ts";

/** A case of a group; it has a device of its own, so that its memory is its own, too. */
export interface BenchCase {
  readonly group: string;
  readonly name: string;
  readonly shape: string;
  /** Part of `--quick`. Default false. */
  readonly quick?: boolean;
  /** Minutes on a software adapter, where it runs only if it is named. Default false. */
  readonly slow?: boolean;
  /** Calls before the first sample, which compile and fill caches. Default 1. */
  readonly warmUp?: number;
  readonly gpu?: GpuOptions;
  /** Makes inputs on a device. */
  prepare(gpu: Gpu): Prepared | Promise<Prepared>;
}

/** A case that is ready to run: it records work on the GPU, or does it all and waits. */
export type Prepared = Figures & ({ record(): unknown } | { finish(): Promise<unknown> });

/** What a call amounts to. */
interface Figures {
  /** Floating-point operations that count. */
  readonly flops?: number;
  /** Bytes that must at least be read and written. */
  readonly bytes?: number;
  readonly pictures?: number;
}

/** A measurement. Times are milliseconds a call. */
export interface BenchRecord extends Machine {
  readonly group: string;
  readonly name: string;
  readonly shape: string;
  readonly wallMs: number;
  readonly leastWallMs: number;
  readonly cpuMs: number;
  /** Sum of GPU timestamps, which one more call on another device gives; null without. */
  readonly gpuMs: number | null;
  /** The kernels that took longest by them. */
  readonly kernels: readonly KernelTime[] | null;
  /** Share of the time by them that products of matrices take: attention and convolutions, too. */
  readonly productShare: number | null;
  readonly samples: number;
  readonly callsPerSample: number;
  /** Calls of the device that the host makes for one more call, the wait at its end left out. */
  readonly host: HostWork;
  readonly flops: number | null;
  readonly gigaflops: number | null;
  readonly gigabytes: number | null;
  /** Share of the card's f32 peak, or for what moves bytes of its memory's; null if not known. */
  readonly peakShare: number | null;
  readonly pictures: number | null;
  readonly peakMiB: number;
  readonly loadAverage: number;
}

/** How much time a case may take. */
export interface Effort {
  /** Least wall time of a sample. */
  readonly leastMs: number;
  /** Most samples. */
  readonly samples: number;
  /** No sample is begun after so much wall time, behind the first. */
  readonly mostMs: number;
  /** Whether to take GPU timestamps, for one more call. */
  readonly timestamps: boolean;
}

/** Kernels of a record, by their time. */
const MOST_KERNELS = 20;
/** Names of kernels that multiply matrices. */
const PRODUCTS = /^(matmul|attention|conv2d)/;

/** Measures one case. */
export async function measureCase(
  benchCase: BenchCase,
  machine: Machine,
  effort: Effort,
): Promise<BenchRecord> {
  const gpu = await Gpu.open(benchCase.gpu);
  const prepared = await benchCase.prepare(gpu);
  const { group, name, shape, warmUp = 1 } = benchCase;
  const run = runOf(gpu, prepared);
  for (let i = 0; i < warmUp; i++) await run(1);
  const { calls, first } = await calibrate(CLOCK, run, effort.leastMs);
  const samples: Sample[] = [first];
  const start = performance.now();
  while (samples.length < effort.samples && performance.now() - start < effort.mostMs) {
    samples.push(await sample(CLOCK, run, calls));
  }
  const host = await hostWork(gpu, run);
  const { peakBytes } = gpu.memory;
  gpu.close();
  const { wallMs, leastWallMs, cpuMs } = summarise(samples);
  const kernels = effort.timestamps ? await timestamps(benchCase) : null;
  const gpuMs = kernels && kernels.reduce((sum, { ms }) => sum + ms, 0);
  return {
    ...machine,
    ...{ group, name, shape, wallMs, leastWallMs, cpuMs, gpuMs },
    kernels: kernels && kernels.slice(0, MOST_KERNELS),
    productShare: kernels && productShare(kernels),
    ...{ samples: samples.length, callsPerSample: calls, host },
    ...rates(prepared, machine, machine.software ? cpuMs : gpuMs ?? wallMs),
    flops: prepared.flops ?? null,
    pictures: prepared.pictures ?? null,
    peakMiB: peakBytes / 2 ** 20,
    loadAverage: loadAverage(),
  };
}

function runOf(gpu: Gpu, prepared: Prepared): Run {
  return async (calls) => {
    for (let i = 0; i < calls; i++) {
      if ("finish" in prepared) await prepared.finish();
      else gpu.scope(() => void prepared.record());
    }
    await gpu.settle();
  };
}

/** What the host does for one call, once the buffers of the earlier ones are in their places. */
async function hostWork(gpu: Gpu, run: Run): Promise<HostWork> {
  const before = gpu.hostWork;
  await run(1);
  const after = gpu.hostWork;
  return {
    dispatches: after.dispatches - before.dispatches,
    bindGroups: after.bindGroups - before.bindGroups,
    submits: after.submits - before.submits - 1,
    readbacks: after.readbacks - before.readbacks - 1,
  };
}

/** GPU time by kernel of one call, after one that compiles; null where there are no timestamps. */
async function timestamps(benchCase: BenchCase): Promise<KernelTime[] | null> {
  const gpu = await Gpu.open({ ...benchCase.gpu, profile: true });
  try {
    if (!gpu.profiling) return null;
    const run = runOf(gpu, await benchCase.prepare(gpu));
    await run(1);
    await gpu.settle(); // brings the timestamps
    const before = new Map(
      gpu.kernelTimes.map((time) => [`${time.stage} ${time.kernel}`, { ...time }]),
    );
    await run(1);
    await gpu.settle();
    return gpu.kernelTimes
      .map(({ stage, kernel, calls, ms }) => {
        const old = before.get(`${stage} ${kernel}`);
        return { stage, kernel, calls: calls - (old?.calls ?? 0), ms: ms - (old?.ms ?? 0) };
      })
      .filter(({ calls }) => calls > 0)
      .toSorted((a, b) => b.ms - a.ms);
  } finally {
    gpu.close();
  }
}

function productShare(kernels: readonly KernelTime[]): number {
  const sum = (of: readonly KernelTime[]) => of.reduce((total, { ms }) => total + ms, 0);
  return sum(kernels.filter(({ kernel }) => PRODUCTS.test(kernel))) / sum(kernels);
}

function rates({ flops, bytes }: Figures, { peak }: Machine, ms: number) {
  const gigaflops = flops === undefined ? null : flops / ms / 1e6;
  const gigabytes = bytes === undefined ? null : bytes / ms / 1e6;
  const arithmetic = gigaflops !== null && peak ? gigaflops / 1e3 / peak.teraflops : null;
  const traffic = gigabytes !== null && peak ? gigabytes / peak.gigabytes : null;
  return { gigaflops, gigabytes, peakShare: arithmetic ?? traffic };
}
