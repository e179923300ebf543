import { usage } from "./args.ts";
import { type Disk, exists, TEMPORARY } from "./disk.ts";
import { differences, type Identity } from "./identity.ts";
import { repairJsonLines } from "./jsonl.ts";
import { takeLock } from "./lock.ts";
import { join } from "./paths.ts";
import type { TrainFile } from "./train_file.ts";

/** A kind of training: what its file is called, and it. */
export interface FolderKind {
  readonly file: string;
  readonly what: string;
}

const TRAINING: FolderKind = { file: "train.json", what: "training" };

/** The folder of a training that this process holds the lock of; its file holds an `F`. */
export class TrainFolder<F extends { readonly identity: Identity } = TrainFile>
  implements Disposable {
  private constructor(
    readonly path: string,
    readonly disk: Disk,
    private readonly lock: Deno.FsFile,
    private readonly kind: FolderKind,
    /** What an earlier session wrote; null for a new training. */
    readonly earlier: F | null,
  ) {}

  /**
   * Takes a folder for a training: a new one, or one to go on with.
   *
   * @throws {CliError} exit 75 when another process holds it; 2 when it is the folder of another
   * training, or of something else.
   */
  static async open<F extends { readonly identity: Identity } = TrainFile>(
    disk: Disk,
    path: string,
    { identity, force, kind = TRAINING }: {
      readonly identity: Identity;
      readonly force: boolean;
      readonly kind?: FolderKind;
    },
  ): Promise<TrainFolder<F>> {
    const lock = await takeLock(disk, path);
    try {
      const earlier = await readFile<F>(path, kind);
      if (earlier === null) await refuseForeign(path, kind);
      else if (force) {
        await disk.rename(path, await freeName(path));
        lock.close();
        return await TrainFolder.open<F>(disk, path, { identity, force: false, kind });
      } else await refuseOther(path, earlier, identity, kind);
      await disk.sweep(path);
      await repairJsonLines(disk, join(path, "log.jsonl"));
      return new TrainFolder(path, disk, lock, kind, earlier);
    } catch (error) {
      lock.close();
      throw error;
    }
  }

  /** A path in the folder. */
  file(...names: readonly string[]): string {
    return join(this.path, ...names);
  }

  /** Replaces the kind's file. */
  async save(file: F): Promise<void> {
    const text = `${JSON.stringify(file, null, 2)}\n`;
    await this.disk.writeWhole(this.file(this.kind.file), text);
  }

  /** Adds a line to the log. */
  async log(event: Readonly<Record<string, unknown>>): Promise<void> {
    const line = JSON.stringify({ time: new Date().toISOString(), ...event });
    await this.disk.append(this.file("log.jsonl"), `${line}\n`);
  }

  /** Gives the lock back. */
  [Symbol.dispose](): void {
    this.lock.close();
  }
}

/** `train.json` of a folder, or null when there is none. */
export const readTrainFile = (folder: string): Promise<TrainFile | null> =>
  readFile<TrainFile>(folder, TRAINING);

async function readFile<F>(folder: string, { file }: FolderKind): Promise<F | null> {
  const path = join(folder, file);
  if (!await exists(path)) return null;
  try {
    return JSON.parse(await Deno.readTextFile(path)) as F;
  } catch (error) {
    const advice = "repair it from a copy, or use --force to move the folder aside and start anew";
    throw usage(`${file} cannot be read: ${(error as Error).message}`, path, advice);
  }
}

async function refuseForeign(path: string, { what }: FolderKind): Promise<void> {
  const ours = new Set(["lock", "log.jsonl"]);
  for await (const { name } of Deno.readDir(path)) {
    if (ours.has(name) || name.startsWith(TEMPORARY)) continue;
    throw usage(
      `the folder holds something else than a ${what} (${name})`,
      path,
      "choose a new folder with --out DIR or --name NAME",
    );
  }
}

async function refuseOther(
  path: string,
  earlier: { readonly identity: Identity },
  identity: Identity,
  { what }: FolderKind,
): Promise<void> {
  const none = (async function* () {})();
  const changes = await differences(earlier, identity, none, []);
  if (changes.length === 0) return;
  throw usage(
    `the folder belongs to another ${what}:\n${changes.map((line) => `  ${line}`).join("\n")}`,
    path,
    "use --name NAME for a second one, or --force to move this one aside and start anew",
  );
}

async function freeName(path: string): Promise<string> {
  for (let i = 1;; i++) {
    const name = `${path}.${i}`;
    if (!await exists(name)) return name;
  }
}
