import { GpuError } from "./errors.ts";
import { expandWgsl } from "./expand.ts";
import { type TexelFormat, TEXELS } from "./texel_formats.ts";
import type { Kernel, KernelBinding, Launch } from "./kernel.ts";

/** A compiled kernel. */
export interface CompiledKernel {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** Compiles each (kernel, variants, overrides) once. */
export class PipelineCache {
  #compiled = new Map<string, CompiledKernel>();
  /** Outcomes of compilations that nobody has looked at yet. */
  #checks: Promise<GpuError | null>[] = [];

  constructor(
    private readonly device: GPUDevice,
    /** Directives this compiler wants at the head of a source, by feature. */
    private readonly prelude: Readonly<Partial<Record<GPUFeatureName, string>>>,
  ) {}

  /**
   * @param texels whether textures stand in for the bindings that allow it.
   * @throws {GpuError} when the device lacks a feature that the kernel requires.
   */
  get(
    kernel: Kernel,
    { variants = {}, overrides = {} }: Pick<Launch, "variants" | "overrides">,
    texels = false,
  ): CompiledKernel {
    const key = `${kernel.name} ${JSON.stringify([variants, overrides, texels])}`;
    let compiled = this.#compiled.get(key);
    if (!compiled) {
      compiled = this.#compile(kernel, variants, overrides, texels ? texelBindings(kernel) : {});
      this.#compiled.set(key, compiled);
    }
    return compiled;
  }

  /** Number of pipelines built. */
  get size(): number {
    return this.#compiled.size;
  }

  /** Waits for the compilers and returns the first error. */
  async firstError(): Promise<GpuError | null> {
    const outcomes = await Promise.all(this.#checks.splice(0));
    return outcomes.find((outcome) => outcome !== null) ?? null;
  }

  #compile(
    kernel: Kernel,
    variants: Readonly<Record<string, number>>,
    overrides: Readonly<Record<string, number>>,
    texels: Readonly<Record<string, TexelFormat>>,
  ): CompiledKernel {
    const { device } = this;
    for (const feature of kernel.requires) {
      if (device.features.has(feature)) continue;
      throw new GpuError(`${kernel.name}: this device has no "${feature}"; use another variant`);
    }
    for (const name of Object.keys(overrides)) {
      if (name in kernel.overrides) continue;
      throw new GpuError(`${kernel.name}: no override constant named ${name}`);
    }
    const prelude = kernel.requires.map((feature) => this.prelude[feature] ?? "").join("");
    const label = kernel.name;
    device.pushErrorScope("validation");
    const layout = device.createBindGroupLayout({ label, entries: layoutEntries(kernel, texels) });
    const module = device.createShaderModule({
      label,
      code: prelude + expandWgsl(kernel.source, variants, texels),
    });
    const pipeline = device.createComputePipeline({
      label,
      layout: device.createPipelineLayout({ label, bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: kernel.name, constants: { ...overrides } },
    });
    this.#checks.push(
      device.popErrorScope().then((error) =>
        error && new GpuError(`${kernel.name} does not compile: ${error.message}`)
      ),
    );
    return { pipeline, layout };
  }
}

/** Bindings that textures can stand in for. */
export const texelBindings = (
  { bindings }: { readonly bindings: readonly Pick<KernelBinding, "name" | "texels">[] },
): Record<string, TexelFormat> =>
  Object.fromEntries(bindings.flatMap(({ name, texels }) => texels ? [[name, texels]] : []));

function layoutEntries(
  kernel: Kernel,
  texels: Readonly<Record<string, TexelFormat>>,
): GPUBindGroupLayoutEntry[] {
  const visibility = GPUShaderStage.COMPUTE;
  const entries: GPUBindGroupLayoutEntry[] = kernel.bindings.map(({ name, access }, binding) => ({
    binding,
    visibility,
    ...(name in texels
      ? { texture: { sampleType: TEXELS[texels[name]].sampleType } }
      : { buffer: { type: access === "read" ? "read-only-storage" : "storage" } }),
  }));
  if (kernel.params.length > 0) {
    const buffer = { type: "uniform", hasDynamicOffset: true } as const;
    entries.push({ binding: kernel.bindings.length, visibility, buffer });
  }
  return entries;
}

/** Asks the compiler whether it wants `enable subgroups;` (Tint) or refuses it (naga). */
export async function probePrelude(
  device: GPUDevice,
): Promise<Partial<Record<GPUFeatureName, string>>> {
  const prelude: Partial<Record<GPUFeatureName, string>> = { "shader-f16": "enable f16;\n" };
  if (!device.features.has("subgroups")) return prelude;
  device.pushErrorScope("validation");
  const code = "enable subgroups;\n@compute @workgroup_size(1) fn probe() {}";
  device.createShaderModule({ label: "probe", code });
  if (await device.popErrorScope() === null) prelude["subgroups"] = "enable subgroups;\n";
  return prelude;
}
