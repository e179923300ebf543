import { GpuError } from "./errors.ts";
import { type Kernel, type KernelArgs, MAX_WORKGROUPS } from "./kernel.ts";
import type { AnyTensor } from "./tensor.ts";

/**
 * Refuses what WebGPU would refuse later and without the kernel's name.
 *
 * @throws {GpuError} for workgroups out of range, a missing tensor, a wrong element type, or a
 * buffer that is read and written at once.
 */
export function checkLaunch(kernel: Kernel, args: KernelArgs, workgroups: readonly number[]): void {
  const fail = (what: string) => {
    throw new GpuError(`${kernel.name}: ${what}`);
  };
  if (!workgroups.every((n) => Number.isInteger(n) && n >= 0 && n <= MAX_WORKGROUPS)) {
    fail(`workgroups [${workgroups}] must be whole numbers up to ${MAX_WORKGROUPS} per axis`);
  }
  const written = new Set<GPUBuffer>();
  const read = new Set<GPUBuffer>();
  for (const { name, access, dtype } of kernel.bindings) {
    const tensor = args[name] as AnyTensor | undefined;
    if (!tensor) fail(`no tensor for "${name}"`);
    if (tensor!.dtype !== dtype) fail(`"${name}" must be ${dtype}, got ${tensor!.dtype}`);
    (access === "read" ? read : written).add(tensor!.buffer);
  }
  for (const buffer of written) {
    if (read.has(buffer)) fail("a tensor is bound for reading and for writing at once");
  }
}
