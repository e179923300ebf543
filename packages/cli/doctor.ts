import { EXIT, type ExitCode } from "./exit.ts";
import type { Output } from "./output.ts";

/** `doctor`: what the GPU is, and whether it computes right. */
export function doctor(_out: Output): Promise<ExitCode> {
  return Promise.resolve(EXIT.ok);
}
