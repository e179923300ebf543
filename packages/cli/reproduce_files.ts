import type { DataFiles } from "@fiedler/data";
import { join } from "./paths.ts";

/** The files of a folder on the disk. */
export function diskFiles(folder: string): DataFiles {
  const at = (path: string) => join(folder, path);
  return {
    where: folder,
    read: (path) => Deno.readFile(at(path)),
    async *stream(path) {
      yield* (await Deno.open(at(path))).readable;
    },
    async list(inside) {
      const names: { name: string; bytes: number }[] = [];
      try {
        for await (const { name } of Deno.readDir(at(inside))) {
          const info = await Deno.stat(at(join(inside, name))).catch(() => null); // a broken link
          if (info?.isFile) names.push({ name, bytes: info.size });
        }
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return null;
        if (error instanceof Deno.errors.NotADirectory) return null;
        throw error;
      }
      return names;
    },
  };
}
