import { Gpu } from "@fiedler/gpu";
import { EXIT, type ExitCode } from "./exit.ts";
import type { Output } from "./output.ts";
import { type KernelCheck, selfTest } from "./self_test.ts";
import { adapterLine } from "./summary.ts";
import { VERSION } from "./version.ts";

const LIMITS = [
  "maxStorageBufferBindingSize",
  "maxBufferSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupStorageSize",
  "maxStorageBuffersPerShaderStage",
] as const;

/** `doctor`: what the GPU is, and whether it computes what the CPU computes. */
export async function doctor(out: Output): Promise<ExitCode> {
  const gpu = await Gpu.open();
  try {
    const checks = await selfTest(gpu);
    const { total, available } = Deno.systemMemoryInfo();
    const limits = Object.fromEntries(LIMITS.map((name) => [name, gpu.device.limits[name]]));
    const { adapter } = gpu;
    const ok = checks.every((check) => check.ok);
    const runtime = `Deno ${Deno.version.deno}, ${Deno.build.os} ${Deno.build.arch}`;
    const memory = { totalBytes: total, availableBytes: available };
    const facts = { version: VERSION, runtime, adapter, limits, memory, checks, ok };
    out.event({ event: "doctor", ...facts });
    out.print([
      `fiedler   ${VERSION}, ${runtime}`,
      `GPU       ${adapterLine(adapter)}`,
      `features  ${features(gpu) || "none beyond the standard"}`,
      ...Object.entries(limits).map(([name, value], i) =>
        `${i === 0 ? "limits" : ""}`.padEnd(10) + `${name} ${amount(name, value)}`
      ),
      `memory    ${mebibytes(available)} of ${mebibytes(total)} free`,
      "self-test, largest difference from f64 on the CPU:",
      ...checks.map(checkLine),
      ok ? "all is well" : "this adapter computes wrong: update its driver, and please report it",
    ].join("\n"));
    return ok ? EXIT.ok : EXIT.gpu;
  } finally {
    gpu.close();
  }
}

const features = ({ adapter: { subgroupSize, f16, timestamps } }: Gpu): string =>
  [subgroupSize && `subgroups of ${subgroupSize}`, f16 && "f16", timestamps && "timestamps"]
    .filter((word) => word).join(", ");

const mebibytes = (bytes: number): string => `${Math.floor(bytes / 2 ** 20)} MiB`;

const amount = (name: string, value: number): string =>
  /Size$/.test(name) ? (value >= 2 ** 20 ? mebibytes(value) : `${value} bytes`) : String(value);

const checkLine = ({ kernel, error, tolerance, ms, ok }: KernelCheck): string =>
  `  ${ok ? "ok   " : "WRONG"} ${kernel.padEnd(12)} ${error.toExponential(1)} ` +
  `(at most ${tolerance.toExponential(0)}), ${ms.toFixed(0)} ms`;
