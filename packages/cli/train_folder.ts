import { usage } from "./args.ts";
import { type Disk, exists, TEMPORARY } from "./disk.ts";
import { differences, type Identity } from "./identity.ts";
import { repairJsonLines } from "./jsonl.ts";
import { takeLock } from "./lock.ts";
import { join } from "./paths.ts";
import type { TrainFile } from "./train_file.ts";

/** The folder of a training that this process holds the lock of. */
export class TrainFolder implements Disposable {
  private constructor(
    readonly path: string,
    readonly disk: Disk,
    private readonly lock: Deno.FsFile,
    /** What an earlier session wrote; null for a new training. */
    readonly earlier: TrainFile | null,
  ) {}

  /**
   * Takes a folder for a training: a new one, or one to go on with.
   *
   * @throws {CliError} exit 75 when another process holds it; 2 when it is the folder of another
   * training, or of something else.
   */
  static async open(
    disk: Disk,
    path: string,
    { identity, force }: { readonly identity: Identity; readonly force: boolean },
  ): Promise<TrainFolder> {
    const lock = await takeLock(disk, path);
    try {
      const earlier = await readTrainFile(path);
      if (earlier === null) await refuseForeign(path);
      else if (force) {
        await disk.rename(path, await freeName(path));
        lock.close();
        return await TrainFolder.open(disk, path, { identity, force: false });
      } else await refuseOther(path, earlier, identity);
      await disk.sweep(path);
      await repairJsonLines(disk, join(path, "log.jsonl"));
      return new TrainFolder(path, disk, lock, earlier);
    } catch (error) {
      lock.close();
      throw error;
    }
  }

  /** A path in the folder. */
  file(...names: readonly string[]): string {
    return join(this.path, ...names);
  }

  /** Replaces `train.json`. */
  async save(train: TrainFile): Promise<void> {
    await this.disk.writeWhole(this.file("train.json"), `${JSON.stringify(train, null, 2)}\n`);
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
export async function readTrainFile(folder: string): Promise<TrainFile | null> {
  const path = join(folder, "train.json");
  if (!await exists(path)) return null;
  try {
    return JSON.parse(await Deno.readTextFile(path)) as TrainFile;
  } catch (error) {
    const advice = "repair it from a copy, or use --force to move the folder aside and start anew";
    throw usage(`train.json cannot be read: ${(error as Error).message}`, path, advice);
  }
}

async function refuseForeign(path: string): Promise<void> {
  const ours = new Set(["lock", "log.jsonl"]);
  for await (const { name } of Deno.readDir(path)) {
    if (ours.has(name) || name.startsWith(TEMPORARY)) continue;
    throw usage(
      `the folder holds something else than a training (${name})`,
      path,
      "choose a new folder with --out DIR or --name NAME",
    );
  }
}

async function refuseOther(path: string, earlier: TrainFile, identity: Identity): Promise<void> {
  const none = (async function* () {})();
  const changes = await differences(earlier, identity, none, []);
  if (changes.length === 0) return;
  throw usage(
    `the folder belongs to another training:\n${changes.map((line) => `  ${line}`).join("\n")}`,
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
