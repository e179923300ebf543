import { type CatalogueEntry, findWeights, termsOf } from "@fiedler/models";
import { usage } from "./args.ts";
import { CliError, EXIT } from "./exit.ts";
import { join } from "./paths.ts";

/** The variables that say where the cache is: all of the environment that Fiedler may read. */
export const CACHE_VARIABLES = [
  "FIEDLER_WEIGHTS",
  "XDG_CACHE_HOME",
  "HOME",
  "LOCALAPPDATA",
] as const;

/** Reads one variable of the environment. */
export type Environment = (name: typeof CACHE_VARIABLES[number]) => string | undefined;

/** What lies beside a fetched file, as `FILE.json`: where it came from and what it was. */
export interface Origin {
  readonly name: string;
  readonly url: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Licence and page, as shown before the fetch. */
  readonly terms: string;
  /** Whether the user was asked to accept them, and did. */
  readonly accepted: boolean;
  readonly fetchedAt: string;
}

/** The folder of all that can be fetched or measured again; null when the environment names none. */
export function cacheRoot(env: Environment): string | null {
  const shared = env("XDG_CACHE_HOME") || env("LOCALAPPDATA");
  if (shared) return join(shared, "fiedler");
  const home = env("HOME");
  return home ? join(home, ".cache", "fiedler") : null;
}

/**
 * The folder that fetched weights are kept in.
 *
 * @throws {CliError} exit 2 when the environment names none.
 */
export function cacheFolder(env: Environment = Deno.env.get): string {
  const named = env("FIEDLER_WEIGHTS");
  if (named) return named;
  const root = cacheRoot(env);
  if (root !== null) return join(root, "weights");
  throw usage(
    "there is no place for weights",
    CACHE_VARIABLES.join(", "),
    "set FIEDLER_WEIGHTS to a folder",
  );
}

/** Where a checkpoint's file belongs. */
export const cachePath = ({ fileName }: CatalogueEntry, folder: string = cacheFolder()): string =>
  join(folder, fileName);

/** Where the origin of a file in the cache is recorded. */
export const originPath = (path: string): string => `${path}.json`;

/**
 * The file of a known checkpoint, if it is in the cache: fetched, or put there by hand under its
 * name. Its content is not read; `fiedler weights verify` does that.
 *
 * @param name A name or alias of the catalogue.
 * @returns null when the name is unknown, or the file is not there.
 * @throws {CliError} exit 4 when the file has another length than its authors' file.
 */
export async function cachedWeights(
  name: string,
): Promise<{ path: string; entry: CatalogueEntry } | null> {
  const entry = findWeights(name);
  if (entry === null) return null;
  const path = cachePath(entry);
  return await isCached(entry, path) ? { path, entry } : null;
}

/**
 * Whether a checkpoint's file is at a path.
 *
 * @throws {CliError} exit 4 when it has another length than its authors' file.
 */
export async function isCached({ name, bytes }: CatalogueEntry, path: string): Promise<boolean> {
  const info = await Deno.stat(path).catch((error: unknown) => {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return null;
    }
    throw error;
  });
  if (info === null) return false;
  if (info.isFile && (bytes === null || info.size === bytes)) return true;
  const size = info.isFile ? `${info.size} bytes` : "a folder";
  throw new CliError(
    EXIT.checkpoint,
    `the cached file of ${name} must have ${bytes ?? "some"} bytes, and is ${size}`,
    path,
    `remove it, then \`fiedler weights fetch ${name}\``,
  );
}

/** What to type to get a checkpoint that is not in the cache. */
export function weightsAdvice(name: string): string {
  const entry = findWeights(name);
  if (entry === null) return "`fiedler weights` lists the names of published weights";
  return `get it with \`fiedler weights fetch ${entry.name}\` (${sizeOf(entry)}, ` +
    `${termsOf(entry)}), or put ${entry.fileName} into ${cacheFolder()}`;
}

/** What is recorded of a file in the cache; null for one that was put there by hand. */
export async function readOrigin(path: string): Promise<Origin | null> {
  try {
    return JSON.parse(await Deno.readTextFile(originPath(path))) as Origin;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    if (!(error instanceof SyntaxError)) throw error;
    const advice = `remove it; the weights beside it are not touched`;
    throw new CliError(EXIT.checkpoint, "not the record of a fetch", originPath(path), advice);
  }
}

/** The size of a checkpoint in words, exact where it was published. */
export const sizeOf = ({ bytes, aboutBytes }: CatalogueEntry): string =>
  bytes !== null
    ? megabytes(bytes)
    : aboutBytes !== null
    ? `about ${megabytes(aboutBytes)}`
    : "size unknown";

/** `343 MB`, as download pages count; small sizes in kB or bytes. */
export function megabytes(bytes: number): string {
  if (bytes < 1e3) return `${bytes} bytes`;
  return bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${Math.round(bytes / 1e6)} MB`;
}
