import type { TuningStore } from "@fiedler/gpu";
import { CliError, EXIT } from "./exit.ts";
import { type Disk, exists } from "./disk.ts";
import { join } from "./paths.ts";
import { CACHE_VARIABLES, cacheRoot, type Environment } from "./weights_cache.ts";

/** A store whose tables are files. */
export interface TuningFiles extends TuningStore {
  /**
   * Where the table of a key is, or belongs.
   *
   * @throws {CliError} exit 2 when the environment names no place.
   */
  path(key: string): string;
}

/**
 * Tuning tables as files of the cache, one for each adapter, whole or not there.
 *
 * @param env says where the cache is; without a place nothing is read, and writing fails.
 */
export function tuningStore(disk: Disk, env: Environment = Deno.env.get): TuningFiles {
  const path = (key: string) => join(tuningFolder(env), `${key}.json`);
  return {
    path,
    async read(key) {
      if (cacheRoot(env) === null) return null;
      try {
        return await Deno.readTextFile(path(key));
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return null;
        throw error;
      }
    },
    async write(key, json) {
      await disk.writeWhole(path(key), json);
    },
  };
}

/** Removes the tables of all adapters, and returns their paths. */
export async function clearTuning(
  disk: Disk,
  env: Environment = Deno.env.get,
): Promise<readonly string[]> {
  const folder = tuningFolder(env);
  const removed: string[] = [];
  if (!await exists(folder)) return removed;
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.endsWith(".json")) continue;
    await disk.remove(join(folder, name));
    removed.push(join(folder, name));
  }
  return removed;
}

function tuningFolder(env: Environment): string {
  const root = cacheRoot(env);
  if (root !== null) return join(root, "tuning");
  const names = CACHE_VARIABLES.filter((name) => name !== "FIEDLER_WEIGHTS").join(", ");
  throw new CliError(EXIT.usage, "there is no place for a cache", names, "set XDG_CACHE_HOME");
}
