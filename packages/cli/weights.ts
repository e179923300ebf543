import { sha256Hex } from "@fiedler/io";
import { usage } from "./args.ts";
import type { Weights } from "./engine.ts";
import { CliError, EXIT } from "./exit.ts";
import { basename, EMBEDDED } from "./paths.ts";
import { suggest } from "./suggest.ts";

/**
 * Resize rule of the embedded models: 32 × 48 patches for a 3 : 2 photo. Enlarged pictures give
 * better masks, and each patch more costs time squared.
 */
const EMBEDDED_RULE = "short:256";

/** The resize rule that a flag means: `auto` goes by the model. */
export const resizeRule = (rule: string, { embedded }: Weights): string =>
  rule !== "auto" ? rule : embedded ? EMBEDDED_RULE : "native";

/**
 * Reads the weights that a flag names: one of the embedded models, or a file.
 *
 * @throws {CliError} exit 2 when there is no such model or file, 4 when it is empty or unreadable.
 */
export async function readWeights(nameOrFile: string, flag: string): Promise<Weights> {
  const path = Object.hasOwn(EMBEDDED, nameOrFile) ? EMBEDDED[nameOrFile] : nameOrFile;
  const bytes = await Deno.readFile(path).catch((error: unknown) => {
    throw unreadable(nameOrFile, flag, error);
  });
  const sha256 = await sha256Hex(bytes);
  const embedded = await embeddedName(sha256);
  const name = embedded ?? basename(path, ".safetensors");
  return { name, path, bytes, sha256, embedded: embedded !== undefined };
}

/** Which embedded model a file is a copy of, wherever it lies and whatever it is called. */
async function embeddedName(sha256: string): Promise<string | undefined> {
  for (const [name, path] of Object.entries(EMBEDDED)) {
    if (await sha256Hex(await Deno.readFile(path)) === sha256) return name;
  }
}

function unreadable(nameOrFile: string, flag: string, error: unknown): CliError {
  if (!(error instanceof Deno.errors.NotFound)) {
    const reason = (error as Error).message;
    return new CliError(EXIT.checkpoint, "the weights cannot be read", nameOrFile, reason, {
      cause: error,
    });
  }
  const names = Object.keys(EMBEDDED);
  const near = suggest(nameOrFile, names);
  return usage(
    `no such model or file: ${nameOrFile}` + (near ? `, did you mean ${near}?` : ""),
    `--${flag} ${nameOrFile}`,
    `give ${names.join(", ")}, or the path of a .safetensors file`,
  );
}
