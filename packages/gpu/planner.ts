import type { AdapterReport } from "./adapter.ts";
import { Gpu } from "./gpu.ts";
import type { Tuning } from "./tuning.ts";

/** What a planner stands in for: an open {@linkcode Gpu}, or a description of one. */
export interface PlannedFor {
  /** What it would run on: kernels choose their form by it. */
  readonly adapter: AdapterReport;
  /** Which forms were chosen for it. Default: those of the adapter's class. */
  readonly tuning?: Tuning;
  /** Limits and features that are checked as on the real device. */
  readonly device: {
    /** Every limit that this package asks for. */
    readonly limits: Pick<
      GPUDevice["limits"],
      | "maxBufferSize"
      | "maxStorageBufferBindingSize"
      | "maxTextureDimension2D"
      | "minUniformBufferOffsetAlignment"
    >;
    /** Optional features, where there are any. */
    readonly features: { has(feature: string): boolean };
  };
}

/** A device of WebGPU's guaranteed limits and no more: to plan with where there is no adapter. */
export const PORTABLE_DEVICE: PlannedFor = {
  adapter: {
    vendor: "",
    architecture: "",
    description: "WebGPU's guaranteed limits",
    software: false,
    subgroupSize: null,
    f16: false,
    timestamps: false,
    texels: false,
  },
  device: {
    limits: {
      maxBufferSize: 2 ** 28,
      maxStorageBufferBindingSize: 2 ** 27,
      maxTextureDimension2D: 8192,
      minUniformBufferOffsetAlignment: 256,
    },
    features: new Set(),
  },
};

/**
 * A `Gpu` that allocates and computes nothing: to know the memory of some work before it is done.
 * The same code records on it as on a real device, the pool counts the same buffers, so that
 * `memory.peakBytes` is what the real work comes to. Reads return zeros.
 *
 * Tensors of another `Gpu` may be passed to kernels; they are not counted.
 *
 * @param like The device to stand in for. Default: {@linkcode PORTABLE_DEVICE}.
 *
 * @example
 * ```ts
 * import { openPlanner } from "@fiedler/gpu";
 * import assert from "node:assert/strict";
 *
 * const gpu = await openPlanner();
 * gpu.scope(() => void gpu.empty([1024, 1024]));
 * assert.equal(gpu.memory.peakBytes, 4 * 1024 ** 2);
 * ```
 */
export function openPlanner(
  like: PlannedFor = PORTABLE_DEVICE,
  { memoryBudgetBytes }: { readonly memoryBudgetBytes?: number } = {},
): Promise<Gpu> {
  const { vendor, architecture, description, software, subgroupSize, texels } = like.adapter;
  const info = {
    vendor,
    architecture,
    description,
    device: "",
    isFallbackAdapter: software,
    subgroupMinSize: subgroupSize ?? 4,
    subgroupMaxSize: subgroupSize ?? 128,
  } as GPUAdapterInfo;
  const tuning = like.tuning?.table ?? "off";
  return Gpu.wrap(standIn(like.device), { info, memoryBudgetBytes, tuning, texels });
}

const STAND_INS = new WeakSet<GPUDevice>();

/** Whether this only plans: it was opened by {@linkcode openPlanner}. */
export const isPlanner = ({ device }: Gpu): boolean => STAND_INS.has(device);

/** As much of a device as {@linkcode Gpu} uses, doing nothing. */
function standIn({ limits, features }: PlannedFor["device"]): GPUDevice {
  const nothing = () => {};
  const handle = () => ({});
  const pass = {
    setPipeline: nothing,
    setBindGroup: nothing,
    dispatchWorkgroups: nothing,
    end: nothing,
  };
  const encoder = {
    beginComputePass: () => pass,
    copyBufferToBuffer: nothing,
    copyBufferToTexture: nothing,
    clearBuffer: nothing,
    finish: handle,
  };
  const device = {
    limits,
    features,
    lost: new Promise(nothing),
    queue: { submit: nothing, writeBuffer: nothing },
    addEventListener: nothing,
    removeEventListener: nothing,
    pushErrorScope: nothing,
    popErrorScope: () => Promise.resolve(null),
    createTexture: () => ({ createView: handle, destroy: nothing }),
    createBuffer: ({ size, usage }: GPUBufferDescriptor) => ({
      size,
      usage,
      mapAsync: () => Promise.resolve(),
      getMappedRange: () => new ArrayBuffer(size),
      unmap: nothing,
      destroy: nothing,
    }),
    createBindGroupLayout: handle,
    createPipelineLayout: handle,
    createShaderModule: handle,
    createComputePipeline: handle,
    createBindGroup: handle,
    createCommandEncoder: () => encoder,
    destroy: nothing,
  };
  STAND_INS.add(device as unknown as GPUDevice);
  return device as unknown as GPUDevice;
}
