import { pictureIds } from "@fiedler/data";
import { dirname, extname, join, relative, resolve, SEPARATOR } from "./paths.ts";
import { usage } from "./args.ts";

/** A picture to process. */
export interface InputPicture {
  /** Path relative to the base folder, with `/`. */
  readonly image: string;
  /** COCO image id. */
  readonly id: number;
  readonly path: string;
  readonly bytes: number;
}

/** Everything that was found at the given places. */
export interface Inputs {
  /** The folder that names are relative to. */
  readonly base: string;
  /** Sorted by name. */
  readonly pictures: readonly InputPicture[];
  /** Files that are no pictures, by content and by name. */
  readonly notPictures: readonly string[];
}

/** Names that are meant as pictures, whether we can read them or not. */
const PICTURE_NAMES = new Set(
  ".jpg .jpeg .jpe .jfif .png .webp .gif .bmp .tif .tiff .heic .heif .avif .jxl .jp2".split(" "),
);

/** A folder with these is a run's: its overlays are no input of the next. */
const RUN_FILES = ["run.json", "inputs.jsonl", "lock"];

/**
 * Finds the pictures at some places: folders, files, and `.txt` files with one path a line. What
 * is named as a picture counts as one, to be reported if it cannot be read; anything else is
 * looked at, and counts if it starts as a JPEG or PNG.
 *
 * @throws {CliError} exit 2: nothing there, or no picture.
 */
export async function findInputs(
  places: readonly string[],
  { recursive }: { readonly recursive: boolean },
): Promise<Inputs> {
  const found = new Map<string, number>();
  const others = new Set<string>();
  const bases: string[] = [];
  for (const place of await expandLists(places)) {
    const path = resolve(place);
    const info = await statPlace(path, place);
    bases.push(info.isDirectory ? path : dirname(path));
    if (!info.isDirectory) found.set(path, info.size);
    else await walk(path, recursive, new Set(), found, others);
  }
  const base = commonFolder(bases);
  const nameOf = (path: string) => relative(base, path).replaceAll(SEPARATOR, "/");
  if (found.size === 0) throw noPicture(places, others.size, recursive);
  const files = [...found].map(([path, bytes]) => ({ image: nameOf(path), path, bytes }))
    .sort((a, b) => a.image < b.image ? -1 : 1);
  const ids = pictureIds(files.map(({ image }) => image));
  return {
    base,
    pictures: files.map((file, i) => ({ ...file, id: ids[i] })),
    notPictures: [...others].map(nameOf).sort(),
  };
}

async function expandLists(places: readonly string[]): Promise<string[]> {
  const out: string[] = [];
  for (const place of places) {
    if (extname(place).toLowerCase() !== ".txt") {
      out.push(place);
      continue;
    }
    await statPlace(resolve(place), place);
    const lines = (await Deno.readTextFile(place)).split(/\r?\n/).map((line) => line.trim());
    const paths = lines.filter((line) => line !== "" && !line.startsWith("#"));
    out.push(...paths.map((line) => resolve(dirname(place), line)));
  }
  return out;
}

async function statPlace(path: string, place: string): Promise<Deno.FileInfo> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      throw usage("there is no such file or folder", place, "check the path");
    }
    if (error instanceof Deno.errors.PermissionDenied) {
      throw usage("no permission to read", place, "check the permissions");
    }
    throw error;
  }
}

async function walk(
  folder: string,
  recursive: boolean,
  seen: Set<string>,
  found: Map<string, number>,
  others: Set<string>,
): Promise<void> {
  const real = await Deno.realPath(folder);
  if (seen.has(real)) return; // links that lead in a circle
  seen.add(real);
  const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  if (RUN_FILES.every((name) => names.includes(name))) return;
  for (const name of names) {
    const path = join(folder, name);
    const info = await Deno.stat(path).catch(() => null); // a link that leads nowhere
    if (info?.isDirectory) {
      if (recursive && !name.startsWith(".")) await walk(path, recursive, seen, found, others);
    } else if (PICTURE_NAMES.has(extname(name).toLowerCase())) found.set(path, info?.size ?? 0);
    else if (info?.isFile && await startsAsPicture(path)) found.set(path, info.size);
    else others.add(path);
  }
}

async function startsAsPicture(path: string): Promise<boolean> {
  const head = new Uint8Array(4);
  try {
    using file = await Deno.open(path);
    await file.read(head);
  } catch {
    return false; // cannot be opened: named among the files that are no pictures
  }
  const word = new DataView(head.buffer).getUint32(0);
  return word === 0x89504e47 || word >>> 8 === 0xffd8ff;
}

function noPicture(places: readonly string[], others: number, recursive: boolean) {
  const also = others > 0 ? ` (${others} other files)` : "";
  return usage(
    `no JPEG or PNG picture found${also}`,
    places.join(", "),
    recursive ? "check the path" : "check the path, or leave out --recursive off",
  );
}

function commonFolder(folders: readonly string[]): string {
  let base = folders[0];
  const inside = (path: string) => path === base || path.startsWith(join(base, SEPARATOR));
  while (!folders.every(inside)) base = dirname(base);
  return base;
}

/** A name for each picture's output files: without extension, unless two would agree. */
export function outputNames(images: readonly string[]): string[] {
  const short = images.map((image) => image.slice(0, image.length - extname(image).length));
  const uses = new Map<string, number>();
  for (const name of short.map((name) => name.toLowerCase())) {
    uses.set(name, (uses.get(name) ?? 0) + 1);
  }
  return short.map((name, i) => uses.get(name.toLowerCase()) === 1 ? name : images[i]);
}
