import type { Disk } from "./disk.ts";
import type { Site } from "./demo_site.ts";
import { CliError, EXIT } from "./exit.ts";
import { join } from "./paths.ts";

/** Says which files of a folder are ours: one path a line. Dotted, so that hosts leave it out. */
const LIST = ".fiedler-site";

/**
 * Writes a site into a folder for any host of files. Of an earlier site there, what is no longer
 * part of it is removed; files that are not ours stay.
 *
 * @throws {CliError} exit 2 for a folder with files that no site of ours came with.
 */
export async function writeSite(site: Site, folder: string, disk: Disk): Promise<void> {
  const earlier = await earlierFiles(folder);
  const paths = [...site.keys()];
  // Before the files: should this be cut short, the folder is still known as ours.
  const all = new Set([...earlier, ...paths]);
  await disk.writeWhole(join(folder, LIST), listOf([...all]));
  // The service worker, last, says that all others are there.
  for (const [path, bytes] of site) await disk.writeWhole(join(folder, path), bytes);
  for (const path of earlier) {
    if (!site.has(path)) await disk.remove(join(folder, path));
  }
  await disk.writeWhole(join(folder, LIST), listOf(paths));
}

const listOf = (paths: readonly string[]): string => paths.map((path) => `${path}\n`).join("");

async function earlierFiles(folder: string): Promise<readonly string[]> {
  try {
    const list = await Deno.readTextFile(join(folder, LIST));
    // A list from elsewhere must not reach out of the folder.
    return list.split("\n").filter((path) => path !== "" && !path.split(/[/\\]/).includes(".."));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  if (await isEmpty(folder)) return [];
  throw new CliError(
    EXIT.usage,
    "the folder has files that are not ours",
    folder,
    "name a new or empty folder with --out",
  );
}

async function isEmpty(folder: string): Promise<boolean> {
  try {
    for await (const _ of Deno.readDir(folder)) return false;
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return true;
    throw error;
  }
}
