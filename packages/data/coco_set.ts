import type { DataLayout, DataSetInfo } from "./catalogue.ts";
import type { DataEntry, DataSet } from "./data_set.ts";
import { adviceFor, DataError } from "./errors.ts";
import { type DataFiles, hasFile, readLines } from "./files.ts";
import { pictureIds } from "./picture_ids.ts";
import { readTruth } from "./read_truth.ts";
import { type DataTruth, eachOf, type TruthAnnotation } from "./truth.ts";

type CocoLayout = Extract<DataLayout, { kind: "coco" }>;

/** A data set of COCO instances JSON beside a folder of pictures. */
export function cocoSet(info: DataSetInfo, layout: CocoLayout, files: DataFiles): DataSet {
  const truth = once(async () => {
    const path = await expectFile(info, layout.annotations, files);
    const all = await readTruth(files, path);
    return layout.list === undefined ? all : await onlyListed(info, layout.list, all, files);
  });
  return {
    info,
    files,
    truth,
    async entries() {
      return entriesOf(await truth(), await findFolder(info, layout.pictures, files));
    },
  };
}

/** What is asked for twice is read once: the lists of a large file take seconds. */
function once<T>(read: () => Promise<T>): () => Promise<T> {
  let value: Promise<T> | null = null;
  return () => value ??= read();
}

const entriesOf = ({ images }: DataTruth, folder: string): DataEntry[] =>
  images.map(({ id, file_name }) => ({ id, name: file_name, path: folder + file_name }));

/** The pictures of a list of names, and their annotations but crowds. */
async function onlyListed(
  info: DataSetInfo,
  list: string,
  truth: DataTruth,
  files: DataFiles,
): Promise<DataTruth> {
  await expectFile(info, [list], files);
  const names = (await readLines(files, list)).map(baseName);
  const byName = new Map(truth.images.map((image) => [image.file_name, image]));
  const unknown = names.filter((name) => !byName.has(name));
  if (unknown.length > 0) {
    throw new DataError(
      `${unknown.length} of ${names.length} names are no pictures of the annotations, ` +
        `such as ${unknown[0]}`,
      `${files.where}/${list}`,
      adviceFor(info),
    );
  }
  const images = [...new Set(names)].map((name) => byName.get(name)!);
  const ids = new Set(images.map(({ id }) => id));
  return {
    images,
    categories: truth.categories,
    annotations: eachOf(() => chosen(truth.annotations, ids)),
  };
}

async function* chosen(
  annotations: AsyncIterable<TruthAnnotation>,
  ids: ReadonlySet<number>,
): AsyncGenerator<TruthAnnotation, void> {
  for await (const annotation of annotations) {
    if (ids.has(annotation.image_id) && annotation.iscrowd === 0) yield annotation;
  }
}

/** A folder of pictures, with COCO JSON beside them or without. */
export function folderSet(
  info: DataSetInfo,
  pictures: readonly string[],
  files: DataFiles,
): DataSet {
  const truth = once(async () => {
    const path = info.layout.kind === "folder" ? await findTruth(files) : null;
    return path === null ? null : await readTruth(files, path);
  });
  return {
    info,
    files,
    truth,
    async entries() {
      const known = await truth();
      const folder = await findFolder(info, pictures, files);
      return known ? entriesOf(known, folder) : await pictureEntries(info, folder, files);
    },
  };
}

/** `instances.json`, or the only JSON in `annotations`. */
async function findTruth(files: DataFiles): Promise<string | null> {
  if (await hasFile(files, "instances.json")) return "instances.json";
  const names = (await files.list("annotations") ?? []).map(({ name }) => name);
  const json = names.filter((name) => name.endsWith(".json"));
  if (json.length <= 1) return json.length === 0 ? null : `annotations/${json[0]}`;
  throw new DataError(
    `one ground truth is needed, here are ${json.length}: ${json.join(", ")}`,
    `${files.where}/annotations`,
    "leave one, or call it instances.json in the folder itself",
  );
}

const PICTURE = /\.(jpe?g|png)$/i;

async function pictureEntries(
  info: DataSetInfo,
  folder: string,
  files: DataFiles,
): Promise<DataEntry[]> {
  const listed = await files.list(folder.slice(0, -1)) ?? [];
  const names = listed.map(({ name }) => name).filter((name) => PICTURE.test(name)).sort();
  if (names.length === 0) {
    throw new DataError("no .jpg or .png here", files.where, adviceFor(info));
  }
  const ids = pictureIds(names);
  return names.map((name, i) => ({ id: ids[i], name, path: folder + name }));
}

/** The first of some files that is there. */
async function expectFile(
  info: DataSetInfo,
  paths: readonly string[],
  files: DataFiles,
): Promise<string> {
  for (const path of paths) if (await hasFile(files, path)) return path;
  throw new DataError(`there is no ${paths.join(" or ")}`, files.where, adviceFor(info));
}

/** The first of some folders that is there, with a `/` at its end. */
async function findFolder(
  info: DataSetInfo,
  folders: readonly string[],
  files: DataFiles,
): Promise<string> {
  for (const folder of folders) {
    if (await files.list(folder) !== null) return folder === "" ? "" : `${folder}/`;
  }
  throw new DataError(`there is no folder ${folders.join(" or ")}`, files.where, adviceFor(info));
}

const baseName = (path: string) => path.slice(path.lastIndexOf("/") + 1);
