import type { DataSetInfo } from "./catalogue.ts";
import { cocoSet, folderSet } from "./coco_set.ts";
import { adviceFor, DataError } from "./errors.ts";
import type { DataFiles } from "./files.ts";
import type { DataTruth } from "./truth.ts";
import { vocSet } from "./voc_set.ts";

/** A picture of a data set. */
export interface DataEntry {
  /** COCO image id, that of the ground truth. */
  readonly id: number;
  /** Its name in the ground truth: `000000000139.jpg`. */
  readonly name: string;
  /** Its path in the data set's folder: `val2017/000000000139.jpg`. */
  readonly path: string;
}

/** A data set in a folder: what pictures belong to it, and what is known of them. */
export interface DataSet {
  /** What it is. */
  readonly info: DataSetInfo;
  /** The folder. */
  readonly files: DataFiles;
  /** The pictures that belong to it, whether they are there or not. */
  entries(): Promise<readonly DataEntry[]>;
  /** Its ground truth; null where there is none. */
  truth(): Promise<DataTruth | null>;
}

/**
 * A data set in a folder. Nothing is read yet.
 *
 * @example
 * ```ts
 * import { findDataSet, listPictures, memoryFiles, openDataSet } from "@fiedler/data";
 * import { encodePng } from "@fiedler/io";
 * import assert from "node:assert/strict";
 *
 * const png = encodePng({ width: 1, height: 1, data: new Uint8Array(3) });
 * const files = memoryFiles({ "images/7.png": png });
 * const dataSet = openDataSet(findDataSet("folder")!, files);
 * const [entry] = await listPictures(dataSet);
 * assert.deepEqual(entry, { id: 7, name: "7.png", path: "images/7.png" });
 * assert.equal(await dataSet.truth(), null);
 * assert.deepEqual(await files.read(entry.path), png);
 * ```
 */
export function openDataSet(info: DataSetInfo, files: DataFiles): DataSet {
  switch (info.layout.kind) {
    case "coco":
      return cocoSet(info, info.layout, files);
    case "voc":
      return vocSet(info, info.layout, files);
    case "pictures":
      return folderSet(info, info.layout.pictures, files);
    case "folder":
      return folderSet(info, ["images", ""], files);
  }
}

/** Pictures that are not as they should be. */
export interface Damage {
  /** Paths of pictures that are not there. */
  readonly missing: readonly string[];
  /** Paths of pictures of 0 bytes, which broken downloads leave. */
  readonly empty: readonly string[];
}

/** Which pictures of a data set are missing or empty. */
export async function findDamage(
  { files }: DataSet,
  entries: readonly DataEntry[],
): Promise<Damage> {
  const damage = { missing: [] as string[], empty: [] as string[] };
  const byFolder = Map.groupBy(entries, ({ path }) => path.slice(0, path.lastIndexOf("/") + 1));
  for (const [folder, inside] of byFolder) {
    const listed = await files.list(folder.slice(0, -1)) ?? [];
    const bytes = new Map(listed.map((file) => [file.name, file.bytes]));
    for (const { path } of inside) {
      const size = bytes.get(path.slice(folder.length));
      if (size === undefined) damage.missing.push(path);
      else if (size === 0) damage.empty.push(path);
    }
  }
  return damage;
}

/**
 * The pictures of a data set, all of which are there.
 *
 * @throws {DataError} when the folder is not laid out so, or only a part of the pictures is there.
 */
export async function listPictures(dataSet: DataSet): Promise<readonly DataEntry[]> {
  const entries = await dataSet.entries();
  const { missing, empty } = await findDamage(dataSet, entries);
  const { info, files } = dataSet;
  const lacking = [...missing, ...empty];
  if (lacking.length > 0) {
    const here = entries.length - lacking.length;
    throw new DataError(
      `${here} of ${entries.length} pictures are there; ${missingText(missing, "missing")}` +
        (missing.length > 0 && empty.length > 0 ? "; " : "") + missingText(empty, "empty"),
      files.where,
      adviceFor(info),
    );
  }
  if (info.pictures !== null && entries.length !== info.pictures) {
    throw new DataError(
      `${info.name} has ${info.pictures} pictures, here are ${entries.length}`,
      files.where,
      adviceFor(info),
    );
  }
  return entries;
}

/** `missing: a.jpg, b.jpg, c.jpg and 97 more`; empty for none. */
export function missingText(paths: readonly string[], word: string): string {
  if (paths.length === 0) return "";
  const more = paths.length > 3 ? ` and ${paths.length - 3} more` : "";
  return `${word}: ${paths.slice(0, 3).join(", ")}${more}`;
}
