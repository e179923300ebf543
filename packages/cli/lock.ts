import type { Disk } from "./disk.ts";
import { CliError, EXIT } from "./exit.ts";
import { join } from "./paths.ts";

/**
 * Makes a folder this process's own until the file is closed or the process ends, however.
 *
 * @throws {CliError} exit 75 when another process has it.
 */
export async function takeLock(disk: Disk, path: string): Promise<Deno.FsFile> {
  await disk.makeFolder(path);
  const lock = await disk.openLock(join(path, "lock"));
  if (await lock.tryLock(true)) return lock;
  lock.close();
  throw new CliError(
    EXIT.temporary,
    "another process is working in this run folder",
    path,
    "wait for it to end, or use another folder with --name NAME",
  );
}
