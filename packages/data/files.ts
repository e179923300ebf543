/** A file of a folder. */
export interface ListedFile {
  /** Its name in the folder. */
  readonly name: string;
  /** Its length. */
  readonly bytes: number;
}

/**
 * The files of a data set, however they are reached: a folder of the disk, a picked folder of a
 * browser, memory. Paths are relative, with `/`.
 */
export interface DataFiles {
  /** What errors call the place: `/data/coco`. */
  readonly where: string;
  /** All bytes of a file; rejects when there is none. */
  read(path: string): Promise<Uint8Array>;
  /** The bytes of a file in pieces, for those that are too long for memory. */
  stream(path: string): AsyncIterable<Uint8Array>;
  /** The files directly in a folder, `""` for the root; null when there is no such folder. */
  list(folder: string): Promise<readonly ListedFile[] | null>;
}

/** Whether a file is there. */
export async function hasFile(files: DataFiles, path: string): Promise<boolean> {
  const slash = path.lastIndexOf("/");
  const listed = await files.list(path.slice(0, Math.max(slash, 0)));
  return listed?.some(({ name }) => name === path.slice(slash + 1)) ?? false;
}

/** A text file, as UTF-8. */
export async function readText(files: DataFiles, path: string): Promise<string> {
  return new TextDecoder().decode(await files.read(path));
}

/** The lines of a text file that are not empty, without space around them. */
export async function readLines(files: DataFiles, path: string): Promise<string[]> {
  const lines = (await readText(files, path)).split("\n").map((line) => line.trim());
  return lines.filter((line) => line !== "");
}

/** Files in memory, by path. */
export function memoryFiles(
  contents: Readonly<Record<string, Uint8Array | string>>,
  where = "memory",
): DataFiles {
  const encoder = new TextEncoder();
  const all = new Map(
    Object.entries(contents).map(([path, content]) => [
      path,
      typeof content === "string" ? encoder.encode(content) : content,
    ]),
  );
  const read = (path: string) => {
    const bytes = all.get(path);
    return bytes ? Promise.resolve(bytes) : Promise.reject(new Error(`no such file: ${path}`));
  };
  return {
    where,
    read,
    async *stream(path) {
      yield await read(path);
    },
    list(folder) {
      const start = folder === "" ? "" : `${folder}/`;
      const inside = [...all].filter(([path]) => path.startsWith(start));
      const names = inside.map(([path, { length }]) => ({
        name: path.slice(start.length),
        bytes: length,
      }));
      return Promise.resolve(
        inside.length === 0 ? null : names.filter(({ name }) => !name.includes("/")),
      );
    },
  };
}
