import { basename, dirname, join } from "node:path";
import { CliError, EXIT } from "./exit.ts";

/** One call to the file system that can fail, or after which a process can die. */
export type DiskStep =
  | "make folder"
  | "create"
  | "write"
  | "sync"
  | "rename"
  | "append"
  | "truncate"
  | "remove";

/** Temporary files start with this; what a killed process left is swept at the next start. */
export const TEMPORARY = ".fiedler-tmp-";

/** Bytes gathered before a write of a streamed file. */
const CHUNK_BYTES = 1 << 18;

/** What a file is made of. */
export type Content = string | Uint8Array | AsyncIterable<string | Uint8Array>;

/**
 * All writing goes through here: whole files appear by temporary name, sync, rename and a sync of
 * the folder, lines are appended and synced. A failure is an error of exit 5 that names the path
 * and the bytes wanted.
 */
export class Disk {
  /**
   * @param before Called before each step; tests make it throw.
   * @param elsewhere What errors say of choosing another place.
   */
  constructor(
    private readonly before: (step: DiskStep, path: string) => void = () => {},
    private readonly elsewhere = "another place with --out DIR",
  ) {}

  /** The same disk, with other advice on choosing another place. */
  advising(elsewhere: string): Disk {
    return new Disk(this.before, elsewhere);
  }

  /** Writes a file that is either there whole or not at all. Makes its folder. */
  async writeWhole(path: string, content: Content): Promise<void> {
    const folder = dirname(path);
    const temporary = join(folder, `${TEMPORARY}${basename(path).slice(0, 200)}`);
    await this.makeFolder(folder);
    const file = await this.#step("create", path, 0, () => Deno.create(temporary));
    try {
      for await (const bytes of chunks(content)) {
        await this.#step("write", path, bytes.length, () => writeAll(file, bytes));
      }
      await this.#step("sync", path, 0, () => file.sync());
    } catch (error) {
      file.close();
      await Deno.remove(temporary).catch(() => {}); // the first error is the one to tell
      throw error;
    }
    file.close();
    await this.#step("rename", path, 0, () => Deno.rename(temporary, path));
    await this.#step("sync", path, 0, () => syncFolder(folder));
  }

  /** Adds text to the end of a file and waits until it is stored. */
  async append(path: string, text: string): Promise<void> {
    if (text === "") return;
    const bytes = new TextEncoder().encode(text);
    const isNew = !await exists(path);
    const file = await this.#step(
      "create",
      path,
      0,
      () => Deno.open(path, { append: true, create: true }),
    );
    try {
      await this.#step("append", path, bytes.length, () => writeAll(file, bytes));
      await this.#step("sync", path, 0, () => file.sync());
    } finally {
      file.close();
    }
    if (isNew) await this.#step("sync", path, 0, () => syncFolder(dirname(path)));
  }

  /**
   * Writes a stream into a file after its first `keep` bytes, cuts what was beyond, and waits
   * until all of it is stored. What came before the stream failed stays.
   */
  async fill(path: string, keep: number, stream: AsyncIterable<Uint8Array>): Promise<void> {
    const options = { write: true, create: true };
    const file = await this.#step("create", path, 0, () => Deno.open(path, options));
    try {
      await this.#step("truncate", path, 0, () => file.truncate(keep));
      await file.seek(keep, Deno.SeekMode.Start);
      for await (const bytes of stream) {
        await this.#step("write", path, bytes.length, () => writeAll(file, bytes));
      }
      await this.#step("sync", path, 0, () => file.sync());
    } finally {
      file.close();
    }
  }

  /**
   * Opens a file to lock. It is never renamed or removed: two processes could then each lock
   * another file of the same name.
   */
  async openLock(path: string): Promise<Deno.FsFile> {
    const options = { read: true, write: true, create: true };
    return await this.#step("create", path, 0, () => Deno.open(path, options));
  }

  /** Cuts a file to its first bytes. */
  async truncate(path: string, bytes: number): Promise<void> {
    await this.#step("truncate", path, 0, () => Deno.truncate(path, bytes));
  }

  /** Renames a file or folder. */
  async rename(from: string, to: string): Promise<void> {
    await this.#step("rename", from, 0, () => Deno.rename(from, to));
    await this.#step("sync", to, 0, () => syncFolder(dirname(to)));
  }

  /** Removes a file, if there is one. */
  async remove(path: string): Promise<void> {
    if (await exists(path)) await this.#step("remove", path, 0, () => Deno.remove(path));
  }

  /** Makes a folder and those above it. */
  async makeFolder(path: string): Promise<void> {
    if (await exists(path)) return;
    await this.#step("make folder", path, 0, () => Deno.mkdir(path, { recursive: true }));
  }

  /** Removes what a killed process left half written, in all subfolders. */
  async sweep(folder: string): Promise<number> {
    let swept = 0;
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      const path = join(folder, name);
      if (isDirectory) swept += await this.sweep(path);
      else if (name.startsWith(TEMPORARY)) {
        await this.#step("remove", path, 0, () => Deno.remove(path));
        swept++;
      }
    }
    return swept;
  }

  async #step<T>(
    step: DiskStep,
    path: string,
    bytes: number,
    action: () => T | Promise<T>,
  ): Promise<T> {
    try {
      this.before(step, path);
      return await action();
    } catch (error) {
      throw storageError(step, path, bytes, error, this.elsewhere) ?? error;
    }
  }
}

/** Why a write failed, by the code of the system, and what helps. */
const REASONS: Readonly<Record<string, readonly [string, string]>> = {
  ENOSPC: ["the disk is full", "free some space and run the same command again"],
  EDQUOT: ["the disk quota is used up", "free some space and run the same command again"],
  EROFS: ["the file system is read-only", "choose another place"],
  EACCES: ["no permission to write", "change the permissions, or choose another place"],
  EPERM: ["no permission to write", "change the permissions, or choose another place"],
  EIO: ["the disk reports an error", "check the disk, then run the same command again"],
  ENOTDIR: ["a file is where a folder should be", "choose another place"],
  EEXIST: ["a file is where a folder should be", "choose another place"],
  EISDIR: ["a folder is where a file should be", "choose another place"],
  ENAMETOOLONG: ["the name is too long", "choose shorter names"],
};

function storageError(
  step: string,
  path: string,
  bytes: number,
  error: unknown,
  elsewhere: string,
): CliError | null {
  const code = (error as { code?: unknown })?.code;
  if (error instanceof CliError || typeof code !== "string") return null;
  const [what, advice] = REASONS[code] ?? [`the file system says ${code}`, "see the system's log"];
  const size = bytes > 0 ? `, ${bytes} bytes wanted` : "";
  const where = `${step} ${path}${size}`;
  return new CliError(
    EXIT.storage,
    what,
    where,
    `${advice.replace("another place", elsewhere)}; earlier results are intact`,
    { cause: error },
  );
}

async function* chunks(content: Content): AsyncIterable<Uint8Array> {
  const encoder = new TextEncoder();
  if (content instanceof Uint8Array) return yield content;
  if (typeof content === "string") return yield encoder.encode(content);
  let text = "";
  for await (const part of content) {
    if (typeof part !== "string") {
      yield part;
      continue;
    }
    text += part;
    if (text.length < CHUNK_BYTES) continue;
    yield encoder.encode(text);
    text = "";
  }
  yield encoder.encode(text);
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
}

/** A rename is only stored with its folder. Windows cannot open folders, and need not. */
async function syncFolder(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  const folder = await Deno.open(path || ".");
  try {
    await folder.sync();
  } finally {
    folder.close();
  }
}

/** Whether there is something at a path. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return false;
    }
    throw error;
  }
}
