import { GpuLostError, GpuMemoryError, NoAdapterError } from "@fiedler/gpu";
import { FormatError } from "@fiedler/io";
import { CheckpointError } from "@fiedler/models";
import { CliError, EXIT } from "./exit.ts";
import { VERSION } from "./version.ts";

/** Any error as one for people, or null for a bug. */
export function explain(error: unknown): CliError | null {
  if (error instanceof CliError) return error;
  if (error instanceof NoAdapterError) return noAdapter(error);
  if (error instanceof GpuLostError) {
    return new CliError(EXIT.gpu, "the GPU was lost", error.message, "run the same command again");
  }
  if (error instanceof GpuMemoryError) {
    const advice =
      "use smaller pictures (--resize short:160) or a smaller --batch, or say how much " +
      "there is: --memory 4G makes batches fit";
    return new CliError(EXIT.memory, "not enough GPU memory", error.message, advice);
  }
  if (error instanceof Deno.errors.NotCapable) {
    const advice = "choose another place; system folders such as /dev and /proc are off limits";
    return new CliError(EXIT.storage, "no permission for this path", error.message, advice);
  }
  if (error instanceof FormatError || error instanceof CheckpointError) {
    const advice = "check the file's hash, or download it again";
    return new CliError(EXIT.checkpoint, "the weights cannot be used", error.message, advice);
  }
  return null;
}

const noAdapter = (error: NoAdapterError) =>
  new CliError(
    EXIT.gpu,
    "WebGPU found no adapter",
    error.message,
    "install the GPU's Vulkan driver, or one for the CPU: apt-get install mesa-vulkan-drivers",
  );

/** An error in three lines: what, where, what to do. */
export const errorText = ({ what, where, advice }: CliError): string =>
  `error: ${what}\n  where: ${where}\n  to do: ${advice}\n`;

/** A bug, ready to be sent. */
export function bugText(error: unknown, args: readonly string[]): string {
  const { os, arch } = Deno.build;
  return [
    "error: a bug in Fiedler, not a mistake of yours",
    `  where: ${(error as Error)?.message ?? error}`,
    "  to do: report it with the lines below; results so far are intact",
    "",
    "----- report -----",
    `fiedler ${VERSION}, Deno ${Deno.version.deno}, ${os} ${arch}`,
    `command: fiedler ${args.join(" ")}`,
    (error as Error)?.stack ?? String(error),
    "----- end -----",
    "",
  ].join("\n");
}
