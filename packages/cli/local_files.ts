import type { DataFiles, ListedFile } from "@fiedler/data";
import { join } from "./paths.ts";

/** A folder of the disk as the files of a data set. Each folder is listed once. */
export function localFiles(root: string): DataFiles {
  const lists = new Map<string, readonly ListedFile[] | null>();
  return {
    where: root,
    read: (path) => Deno.readFile(join(root, path)),
    async *stream(path) {
      yield* (await Deno.open(join(root, path))).readable;
    },
    list(folder) {
      const known = lists.get(folder);
      if (known !== undefined) return Promise.resolve(known);
      const listed = listFolder(join(root, folder));
      lists.set(folder, listed);
      return Promise.resolve(listed);
    },
  };
}

function listFolder(path: string): ListedFile[] | null {
  try {
    return [...Deno.readDirSync(path)].flatMap(({ name }) => {
      const info = statOrNull(join(path, name));
      return info?.isFile ? [{ name, bytes: info.size }] : [];
    });
  } catch (error) {
    const absent = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory;
    if (absent) return null;
    throw error;
  }
}

/** A link that leads nowhere is no file. */
function statOrNull(path: string): Deno.FileInfo | null {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
