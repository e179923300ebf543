/** `import`: labels of other tools as COCO instances. */
import {
  type DataFiles,
  type Imported,
  type Known,
  labelNames,
  pictureIds,
  type PictureInstances,
  readLabelStudio,
  readVocMaps,
  readYoloConfig,
  readYoloLabels,
  stemOf,
  type TruthCategory,
  type TruthImage,
  truthJson,
  truthOfInstances,
} from "@fiedler/data";
import { decodePngIndices, FormatError } from "@fiedler/io";
import { usage } from "./args.ts";
import { expectOut } from "./data_convert.ts";
import { dataErrors } from "./data_errors.ts";
import { exists } from "./disk.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { IMPORT_FLAGS, type ValuesOf } from "./flags.ts";
import { knownAt } from "./interchange_source.ts";
import { localFiles } from "./local_files.ts";
import { basename, join } from "./paths.ts";
import { pictureSizes } from "./picture_sizes.ts";
import type { World } from "./run.ts";

type ImportValues = ValuesOf<typeof IMPORT_FLAGS>;

/**
 * Writes labels of another tool as COCO instances JSON.
 *
 * @throws {CliError} exit 2 for a wrong command line, 3 for a file that is not as it should be, 5
 * when nothing can be written.
 */
export async function importInstances(
  source: string,
  values: ImportValues,
  { out, disk }: Pick<World, "out" | "disk">,
): Promise<ExitCode> {
  const { format, force, like } = values;
  if (format === undefined) {
    const formats = IMPORT_FLAGS.format.placeholder.replaceAll("|", ", ");
    throw usage(
      "--format is needed",
      `fiedler import ${source}`,
      `write --format, one of ${formats}`,
    );
  }
  const path = await expectOut(values.out, force, `fiedler import ${source}`);
  if (!await exists(source)) {
    throw usage("there is no such file or folder", source, "check the path");
  }
  return await dataErrors(async () => {
    const known = like === undefined ? null : await knownAt(like);
    const imported = await READERS[format](source, known, values);
    const truth = truthOfInstances(imported);
    await disk.writeWhole(path, truthJson(truth, `imported from ${format}`));
    const pictures = imported.pictures.length;
    const count = imported.pictures.reduce((sum, { annotations }) => sum + annotations.length, 0);
    const { notes } = imported;
    out.event({ event: "imported", format, path, pictures, instances: count, notes });
    out.print(`${path}\n  ${pictures} pictures, ${count} instances`);
    for (const line of notes) out.note(line);
    return EXIT.ok;
  });
}

type Reader = (source: string, known: Known | null, values: ImportValues) => Promise<Imported>;

const READERS: Readonly<Record<NonNullable<ImportValues["format"]>, Reader>> = {
  "label-studio": importLabelStudio,
  "yolo-seg": importYolo,
  "voc-png": importVoc,
};

async function importLabelStudio(source: string, known: Known | null): Promise<Imported> {
  const { isDirectory } = await Deno.stat(source);
  const path = isDirectory ? join(source, "tasks.json") : source;
  const text = await Deno.readTextFile(path);
  try {
    return readLabelStudio(JSON.parse(text), known);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new FormatError(`${path}: ${error.message}`, { cause: error });
  }
}

async function importYolo(
  source: string,
  known: Known | null,
  { images }: ImportValues,
): Promise<Imported> {
  const files = localFiles(source);
  const names = await labelFiles(files, "labels", ".txt");
  const categories = known?.categories ??
    readYoloConfig(await readText(files, "data.yaml"), `${source}/data.yaml`);
  const pictures = known?.images ?? await imagesIn(images ?? join(source, "images"));
  const notes = unlabelled(names, pictures, "labels");
  const found: PictureInstances[] = [];
  const stems = labelNames(pictures);
  for (const [i, image] of pictures.entries()) {
    const path = `labels/${stems[i]}.txt`;
    const text = names.has(basename(path)) ? await readText(files, path) : "";
    found.push({ image, annotations: readYoloLabels(text, image, categories, path) });
  }
  return { pictures: found, categories, notes };
}

async function importVoc(
  source: string,
  known: Known | null,
  { images }: ImportValues,
): Promise<Imported> {
  const files = localFiles(source);
  const names = await labelFiles(files, "SegmentationObject", ".png");
  const classNames = await files.list("SegmentationClass") === null
    ? new Set<string>()
    : await labelFiles(files, "SegmentationClass", ".png");
  const categories = known?.categories ?? await listedCategories(files);
  const pictures = known?.images ??
    (images === undefined ? await imagesOfMaps(files, names) : await imagesIn(images));
  const found: PictureInstances[] = [];
  const stems = labelNames(pictures);
  for (const [i, image] of pictures.entries()) {
    const name = `${stems[i]}.png`;
    const map = async (folder: string) =>
      await decodePngIndices(await files.read(`${folder}/${name}`));
    if (!names.has(name)) found.push({ image, annotations: [] });
    else {
      const classes = classNames.has(name) ? await map("SegmentationClass") : null;
      found.push(readVocMaps(await map("SegmentationObject"), classes, image, categories));
    }
  }
  const notes = unlabelled(names, pictures, "SegmentationObject");
  if (classNames.size === 0) notes.push(`no SegmentationClass: all are ${categories[0].name}`);
  return { pictures: found, categories, notes };
}

/** The categories of `labels.txt`, one a line; without it, all are objects. */
async function listedCategories(files: DataFiles): Promise<TruthCategory[]> {
  const listed = await files.list("") ?? [];
  if (!listed.some(({ name }) => name === "labels.txt")) return [{ id: 1, name: "object" }];
  const lines = (await readText(files, "labels.txt")).split(/\r?\n/).filter((line) => line !== "");
  return lines.map((name, i) => ({ id: i + 1, name }));
}

const readText = async (files: DataFiles, path: string): Promise<string> => {
  try {
    return new TextDecoder().decode(await files.read(path));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new FormatError(`${files.where}: there is no ${path}`);
  }
};

/** Names of the label files in a folder. */
async function labelFiles(files: DataFiles, folder: string, ending: string): Promise<Set<string>> {
  const listed = await files.list(folder);
  if (listed === null) throw new FormatError(`${files.where}: there is no folder ${folder}`);
  return new Set(listed.map(({ name }) => name).filter((name) => name.endsWith(ending)));
}

/** Label files that belong to no picture, counted. */
function unlabelled(
  names: ReadonlySet<string>,
  images: readonly TruthImage[],
  folder: string,
): string[] {
  const stems = new Set(images.map(({ file_name }) => stemOf(file_name)));
  const stray = [...names].filter((name) => !stems.has(stemOf(name)));
  return stray.length === 0
    ? []
    : [`${stray.length} files in ${folder} belong to no picture, such as ${stray[0]}`];
}

/** Pictures of a folder with their sizes, in the order of their names. */
async function imagesIn(folder: string): Promise<TruthImage[]> {
  const files = localFiles(folder);
  const listed = await files.list("");
  if (listed === null) {
    throw usage("there is no such folder of pictures", folder, "give it with --images DIR");
  }
  const names = listed.map(({ name }) => name).filter((name) => /\.(jpe?g|png)$/i.test(name))
    .sort();
  return await sized(folder, names);
}

/** Pictures by name, with the sizes that their files tell. */
async function sized(folder: string, names: readonly string[]): Promise<TruthImage[]> {
  const ids = pictureIds(names);
  const sizes = await pictureSizes(names.map((name) => join(folder, name)));
  return names.map((name, i) => {
    const size = sizes[i];
    if (size === null) throw new FormatError(`${join(folder, name)}: not a JPEG or PNG`);
    return { id: ids[i], file_name: name, ...size };
  });
}

/** Pictures as their label maps tell of them. */
async function imagesOfMaps(files: DataFiles, names: ReadonlySet<string>): Promise<TruthImage[]> {
  const images = await sized(join(files.where, "SegmentationObject"), [...names].sort());
  return images.map((image) => ({ ...image, file_name: `${stemOf(image.file_name)}.jpg` }));
}
