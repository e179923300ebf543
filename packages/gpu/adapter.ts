import { NoAdapterError } from "./errors.ts";

/** What runs the kernels. */
export interface AdapterReport {
  /** Maker in lower case, such as `"nvidia"`; empty where the runtime does not say. */
  readonly vendor: string;
  /** Family of the adapter, such as `"ampere"`; empty where the runtime does not say. */
  readonly architecture: string;
  /** Name for people and for records, such as `"llvmpipe (LLVM 15.0.7, 256 bits)"`. */
  readonly description: string;
  /** True for a CPU emulation such as llvmpipe or SwiftShader. */
  readonly software: boolean;
  /** Invocations of a subgroup where the device has subgroups of one fixed size, else null. */
  readonly subgroupSize: number | null;
  /** Whether shaders may use f16. */
  readonly f16: boolean;
  /** Whether dispatches can be timed on the GPU, as {@linkcode GpuOptions.profile} does. */
  readonly timestamps: boolean;
  /** Whether kernels read tensors through copies in textures, which llvmpipe reads faster. */
  readonly texels: boolean;
}

/** Options of {@linkcode openDevice}. */
export interface DeviceOptions {
  /** Hint for machines with two adapters. Default `"high-performance"`. */
  readonly powerPreference?: GPUPowerPreference;
  /** Ask for nothing beyond WebGPU's portable defaults, for tests. Default `false`. */
  readonly portable?: boolean;
  /** For tests: read through textures or not. Default: what is faster on the adapter. */
  readonly texels?: boolean;
}

const OPTIONAL_FEATURES = ["subgroups", "shader-f16", "timestamp-query"] as const;

/** Limits that are raised to what the adapter has; all others stay at WebGPU's defaults. */
const RAISED_LIMITS = [
  "maxStorageBufferBindingSize",
  "maxBufferSize",
] as const;

/** Alignments: smaller is better, the adapter knows. */
const ALIGNMENTS = ["minUniformBufferOffsetAlignment", "minStorageBufferOffsetAlignment"] as const;

/**
 * Opens a device with every optional feature that the adapter grants. Features are probed by
 * asking, since some runtimes grant what they do not list.
 *
 * @throws {NoAdapterError} without WebGPU or without an adapter, with advice.
 */
export async function openDevice(
  { powerPreference = "high-performance", portable = false, texels }: DeviceOptions = {},
): Promise<{ device: GPUDevice; report: AdapterReport }> {
  const granted: GPUFeatureName[] = [];
  if (!portable) {
    for (const feature of OPTIONAL_FEATURES) {
      if (await tryDevice(powerPreference, [feature])) granted.push(feature);
    }
  }
  const adapter = await requestAdapter(powerPreference);
  const requiredLimits: Record<string, number> = {};
  if (!portable) {
    for (const limit of [...RAISED_LIMITS, ...ALIGNMENTS]) {
      requiredLimits[limit] = adapter.limits[limit];
    }
  }
  const device = await adapter.requestDevice({ requiredFeatures: granted, requiredLimits });
  return { device, report: describe(adapter.info, device, texels) };
}

/** Describes a device; `info` is the adapter's, or the device's own `adapterInfo`. */
export function describe(
  info: GPUAdapterInfo,
  device: GPUDevice,
  texels?: boolean,
): AdapterReport {
  const { subgroupMinSize, subgroupMaxSize } = info;
  const words = `${info.description} ${info.architecture}`;
  const fixed = subgroupMinSize !== undefined && subgroupMinSize === subgroupMaxSize;
  return {
    vendor: info.vendor,
    architecture: info.architecture,
    description: info.description || info.device || "unnamed adapter",
    software: info.isFallbackAdapter === true ||
      /llvmpipe|lavapipe|swiftshader|software|basic render/i.test(words),
    subgroupSize: fixed && device.features.has("subgroups") ? subgroupMinSize : null,
    f16: device.features.has("shader-f16"),
    timestamps: device.features.has("timestamp-query"),
    texels: texels ?? /llvmpipe|lavapipe/i.test(words),
  };
}

/** Adapters that ask for the same kernels. */
export type AdapterClass = "cpu-emulated" | "nvidia" | "amd" | "apple" | "intel" | "unknown";

/** Makers by what their adapters say: a name in browsers, a PCI number under Deno. */
const MAKERS = [
  ["nvidia", "4318", /nvidia|geforce|quadro|tesla/i],
  ["amd", "4098", /\bamd\b|radeon/i],
  ["apple", "4203", /\bapple\b/i],
  ["intel", "32902", /\bintel\b/i],
] as const;

/** Which kernels suit an adapter, as far as it says what it is. */
export function adapterClass(
  { vendor, description, software }: Pick<AdapterReport, "vendor" | "description" | "software">,
): AdapterClass {
  if (software) return "cpu-emulated";
  const maker = MAKERS.find(([name, number]) => vendor === name || vendor === number) ??
    MAKERS.find(([, , words]) => words.test(description));
  return maker?.[0] ?? "unknown";
}

async function requestAdapter(powerPreference: GPUPowerPreference): Promise<GPUAdapter> {
  const api = globalThis.navigator?.gpu;
  if (!api) {
    throw new NoAdapterError(
      "this runtime has no WebGPU (navigator.gpu is missing); " +
        "use Deno 2, or a browser with WebGPU enabled",
    );
  }
  const adapter = await api.requestAdapter({ powerPreference });
  if (!adapter) {
    throw new NoAdapterError(
      "WebGPU found no adapter; install a Vulkan driver (on Debian without a GPU: " +
        "apt-get install mesa-vulkan-drivers), or in a container give it the GPU with graphics " +
        "capability",
    );
  }
  return adapter;
}

/** An adapter hands out one device only, so each probe asks for a new adapter. */
async function tryDevice(
  powerPreference: GPUPowerPreference,
  requiredFeatures: GPUFeatureName[],
): Promise<boolean> {
  const adapter = await requestAdapter(powerPreference);
  try {
    const device = await adapter.requestDevice({ requiredFeatures });
    const has = requiredFeatures.every((feature) => device.features.has(feature));
    device.destroy();
    return has;
  } catch {
    return false; // refused: the answer to the probe, not an error
  }
}
