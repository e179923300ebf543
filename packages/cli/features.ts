import { EXIT, type ExitCode } from "./exit.ts";
import type { ExtractValues } from "./flags.ts";
import type { World } from "./run.ts";

/** `features`: the ViT's keys of each picture. */
export function extractFeatures(
  _operands: readonly string[],
  _values: ExtractValues,
  _world: World,
): Promise<ExitCode> {
  return Promise.resolve(EXIT.ok);
}
