import { usage } from "./args.ts";
import { type Disk, exists, TEMPORARY } from "./disk.ts";
import type { CliError } from "./exit.ts";
import { differences, type Identity } from "./identity.ts";
import type { InputPicture } from "./inputs.ts";
import { jsonLines, readJsonLines, repairJsonLines } from "./jsonl.ts";
import { join } from "./paths.ts";
import { takeLock } from "./lock.ts";
import type { RunFile } from "./run_file.ts";
import type { PictureRecord, SkipRecord } from "./engine.ts";

/** Pictures in one shard of results. */
export const SHARD_PICTURES = 512;

/** What a folder keeps of each picture, one JSON line each, in shards. */
export interface RecordKind<R> {
  /** The shards' folder. */
  readonly folder: string;
  /** Masks that a record adds to the count. */
  readonly masks: (record: R) => number;
}

/** What a record of any kind says. */
export type StoredRecord = Pick<PictureRecord, "image" | "id">;

/** Records of the proposal stage. */
export const PROPOSALS: RecordKind<PictureRecord> = {
  folder: "proposals",
  masks: ({ counts }) => counts.kept,
};

/** A run folder that this process holds the lock of. */
export class RunFolder<R extends StoredRecord> implements Disposable {
  private constructor(
    readonly path: string,
    readonly disk: Disk,
    private readonly kind: RecordKind<R>,
    private readonly lock: Deno.FsFile,
    /** What an earlier session wrote; null for a new run. */
    readonly earlier: RunFile | null,
  ) {}

  /**
   * Takes a folder for a run: a new one, or one to resume.
   *
   * @throws {CliError} exit 75 when another process holds it; 2 when it is the folder of another
   * run, or of something else.
   */
  static async open<R extends StoredRecord>(
    disk: Disk,
    path: string,
    kind: RecordKind<R>,
    { identity, pictures, force }: {
      readonly identity: Identity;
      readonly pictures: readonly InputPicture[];
      readonly force: boolean;
    },
  ): Promise<RunFolder<R>> {
    const lock = await takeLock(disk, path);
    try {
      const earlier = await readRunFile(path);
      if (earlier === null) {
        await refuseForeign(path);
      } else if (force) {
        const aside = await freeName(path);
        await disk.rename(path, aside);
        lock.close();
        return RunFolder.open(disk, path, kind, { identity, pictures, force: false });
      } else {
        const changes = await differences(earlier, identity, listedPictures(path), pictures);
        if (changes.length > 0) throw refuseOther(path, changes);
      }
      await disk.sweep(path);
      return new RunFolder(path, disk, kind, lock, earlier);
    } catch (error) {
      lock.close();
      throw error;
    }
  }

  /** A path in the folder. */
  file(...names: readonly string[]): string {
    return join(this.path, ...names);
  }

  /** Replaces `run.json`. */
  async save(run: RunFile): Promise<void> {
    await this.disk.writeWhole(this.file("run.json"), `${JSON.stringify(run, null, 2)}\n`);
  }

  /** Writes the list of pictures, for a later session to compare with. */
  async saveInputs(pictures: readonly InputPicture[]): Promise<void> {
    const lines = pictures.map(({ image, id, bytes }) => JSON.stringify({ image, id, bytes }));
    await this.disk.writeWhole(this.file("inputs.jsonl"), `${lines.join("\n")}\n`);
  }

  /** Adds a line to the log. */
  async log(event: Readonly<Record<string, unknown>>): Promise<void> {
    const line = JSON.stringify({ time: new Date().toISOString(), ...event });
    await this.disk.append(this.file("log.jsonl"), `${line}\n`);
  }

  /**
   * Adds one batch's results. Skipped pictures go first: a picture whose record is written was
   * preceded by all skips before it, so that resuming keeps the order.
   */
  async append(
    records: readonly { readonly index: number; readonly record: R }[],
    skips: readonly SkipRecord[],
  ): Promise<void> {
    await this.disk.append(this.file("skipped.jsonl"), jsonLines(skips));
    const shards = Map.groupBy(records, ({ index }) => Math.floor(index / SHARD_PICTURES));
    await this.disk.makeFolder(this.file(this.kind.folder));
    for (const [shard, part] of shards) {
      await this.disk.append(this.#shard(shard), jsonLines(part.map(({ record }) => record)));
    }
  }

  /** Repairs torn files and returns the names of the pictures that are done or skipped. */
  async repair(): Promise<Done> {
    const done: Done = { images: new Set(), pictures: 0, masks: 0, skipped: 0 };
    for (const shard of await this.#shards()) {
      await repairJsonLines(this.disk, this.#shard(shard), (value) => {
        const record = value as R;
        done.images.add(record.image);
        done.pictures++;
        done.masks += this.kind.masks(record);
      });
    }
    await repairJsonLines(this.disk, this.file("skipped.jsonl"), (value) => {
      done.images.add((value as SkipRecord).image);
      done.skipped++;
    });
    await repairJsonLines(this.disk, this.file("log.jsonl"));
    return done;
  }

  /** All results so far, in the order of the pictures. */
  records(): AsyncIterable<R> {
    return readRecordsOf(this.path, this.kind);
  }

  #shard(shard: number): string {
    return this.file(this.kind.folder, shardName(shard));
  }

  async #shards(): Promise<number[]> {
    return await shardNumbers(this.file(this.kind.folder));
  }

  /** Gives the lock back. */
  [Symbol.dispose](): void {
    this.lock.close();
  }
}

/** What earlier sessions left. */
export interface Done {
  readonly images: Set<string>;
  pictures: number;
  masks: number;
  skipped: number;
}

/** `run.json` of a folder, or null when there is none. */
export async function readRunFile(path: string): Promise<RunFile | null> {
  const file = join(path, "run.json");
  try {
    return JSON.parse(await Deno.readTextFile(file)) as RunFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    if (!(error instanceof SyntaxError)) throw error;
    throw usage("run.json is damaged", file, "move the folder away, or start anew with --out DIR");
  }
}

/**
 * `run.json` of a folder that must have one.
 *
 * @throws {CliError} exit 2 when there is no run.
 */
export async function expectRun(path: string): Promise<RunFile> {
  const run = await readRunFile(path);
  if (run !== null) return run;
  throw usage("there is no run in this folder", path, "give a folder such as runs/example");
}

/** All records of one kind in a run folder, in the order of the pictures. */
export async function* readRecordsOf<R extends StoredRecord>(
  path: string,
  { folder }: RecordKind<R>,
): AsyncIterable<R> {
  const shards = join(path, folder);
  for (const shard of await shardNumbers(shards)) {
    yield* readJsonLines(join(shards, shardName(shard))) as AsyncIterable<R>;
  }
}

/** All records of the proposal stage in a run folder, in the order of the pictures. */
export const readRecords = (path: string): AsyncIterable<PictureRecord> =>
  readRecordsOf(path, PROPOSALS);

/** The record of one picture; null when it is not written yet. Reads its shard only. */
export async function findRecord(
  path: string,
  image: string,
  index: number,
): Promise<PictureRecord | null> {
  const shard = join(path, PROPOSALS.folder, shardName(Math.floor(index / SHARD_PICTURES)));
  for await (const value of readJsonLines(shard, { torn: "ignore" })) {
    if ((value as PictureRecord).image === image) return value as PictureRecord;
  }
  return null;
}

/** All skipped pictures of a run folder. */
export async function readSkips(path: string): Promise<SkipRecord[]> {
  return await Array.fromAsync(readJsonLines(join(path, "skipped.jsonl"))) as SkipRecord[];
}

const shardName = (shard: number) => `shard-${String(shard).padStart(5, "0")}.jsonl`;

async function shardNumbers(folder: string): Promise<number[]> {
  if (!await exists(folder)) return [];
  const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  return names.flatMap((name) => /^shard-(\d+)\.jsonl$/.exec(name)?.[1] ?? []).map(Number)
    .sort((a, b) => a - b);
}

/** A picture as a run lists it before it starts. */
export type ListedPicture = Pick<InputPicture, "image" | "id" | "bytes">;

/** The pictures of a run, in their order. */
export async function* listedPictures(path: string): AsyncIterable<ListedPicture> {
  yield* readJsonLines(join(path, "inputs.jsonl")) as AsyncIterable<ListedPicture>;
}

async function refuseForeign(path: string): Promise<void> {
  const ours = new Set(["lock", "log.jsonl", "inputs.jsonl"]);
  for await (const { name } of Deno.readDir(path)) {
    if (ours.has(name) || name.startsWith(TEMPORARY)) continue;
    throw usage(
      `the folder holds something else than a run (${name})`,
      path,
      "choose a new folder with --out DIR or --name NAME",
    );
  }
}

function refuseOther(path: string, changes: readonly string[]): CliError {
  return usage(
    `the run folder belongs to another run:\n${changes.map((line) => `  ${line}`).join("\n")}`,
    path,
    "use --name NAME for a second run, or --force to move this one aside and start anew",
  );
}

async function freeName(path: string): Promise<string> {
  for (let i = 1;; i++) {
    const name = `${path}.${i}`;
    if (!await exists(name)) return name;
  }
}
