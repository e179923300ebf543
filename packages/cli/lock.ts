import type { Disk } from "./disk.ts";
import { CliError, EXIT } from "./exit.ts";
import { dirname, join } from "./paths.ts";

/**
 * Makes a folder this process's own until the file is closed or the process ends, however.
 *
 * @throws {CliError} exit 75 when another process has it.
 */
export const takeLock = (disk: Disk, path: string): Promise<Deno.FsFile> =>
  lockFile(disk, join(path, "lock"), {
    what: "another process is working in this run folder",
    where: path,
    advice: "wait for it to end, or use another folder with --name NAME",
  });

/**
 * Holds a lock file until it is closed or the process ends, however. Makes its folder.
 *
 * @throws {CliError} exit 75, in the caller's words, when another process holds it.
 */
export async function lockFile(
  disk: Disk,
  path: string,
  { what, where, advice }: Pick<CliError, "what" | "where" | "advice">,
): Promise<Deno.FsFile> {
  await disk.makeFolder(dirname(path));
  const lock = await disk.openLock(path);
  if (await lock.tryLock(true)) return lock;
  lock.close();
  throw new CliError(EXIT.temporary, what, where, advice);
}
