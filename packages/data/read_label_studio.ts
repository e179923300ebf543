/** Tasks of Label Studio as instances. */
import { type CocoSegmentation, compressRle, encodeRle } from "@fiedler/coco";
import { FormatError } from "@fiedler/io";
import { decodeBrush } from "./brush_rle.ts";
import {
  type JsonObject,
  listAt,
  numberAt,
  numbersAt,
  objectAt,
  pathAt,
  textAt,
  wholeAt,
} from "./fields.ts";
import { annotationOf, type Imported, type PictureInstances } from "./instances.ts";
import { CategoryNames, type Known, knownPicture, numbered } from "./known.ts";
import { CROWD } from "./label_studio.ts";
import { boxPolygon, unshare } from "./polygons.ts";
import type { TruthImage } from "./truth.ts";

/**
 * Reads tasks as Label Studio exports or imports them. Of several annotations of a task the first
 * that was not cancelled counts, and predictions only where there is none.
 *
 * Regions are polygons, brushes and upright rectangles; nested polygons (`parentID`) are parts of
 * one object. Other regions are counted in `notes`.
 *
 * @param tasks The file's JSON: an array of tasks.
 * @param known Pictures and categories whose ids are to be used; null to number them anew.
 * @throws {FormatError} that names task, region and field.
 */
export function readLabelStudio(tasks: unknown, known: Known | null): Imported {
  const list = listAt(tasks, "tasks").map((task, i) => objectAt(task, `tasks[${i}]`));
  const categories = new CategoryNames(known?.categories ?? null);
  const notes = new Notes();
  const regions = list.map((task, i) => regionsOf(task, `tasks[${i}]`, notes));
  const own = list.map((task, i) => imageOf(task, regions[i], `tasks[${i}]`));
  const images = known ? knownImages(own, known) : idsOf(own);
  expectDistinct(images);
  const pictures = images.map((image, i) =>
    instancesOf(image, regions[i], categories, `tasks[${i}]`, notes)
  );
  return { pictures, categories: categories.list(), notes: notes.lines() };
}

/** A picture as its task tells of it. */
interface Own {
  /** Sizes are 0 where nothing tells them. */
  readonly image: TruthImage;
  /** Null where the task has none. */
  readonly id: number | null;
}

/** The known pictures of tasks, which must be as large as their regions say. */
function knownImages(own: readonly Own[], { images }: Known): TruthImage[] {
  const find = knownPicture(images);
  return own.map(({ image: { file_name, width, height } }, i) => {
    const found = find(file_name, `tasks[${i}]`);
    if (width === 0 || (width === found.width && height === found.height)) return found;
    throw new FormatError(
      `tasks[${i}]: ${file_name} is ${width} × ${height}, known as ${found.width} × ${found.height}`,
    );
  });
}

function expectDistinct(images: readonly TruthImage[]): void {
  const seen = new Map<number, number>();
  images.forEach(({ id, file_name }, i) => {
    const first = seen.get(id);
    if (first !== undefined) {
      throw new FormatError(`tasks[${i}]: ${file_name} has the id of tasks[${first}], ${id}`);
    }
    seen.set(id, i);
  });
}

/** What was left aside, counted. */
class Notes {
  readonly #counts = new Map<string, number>();

  add(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  lines(): string[] {
    return [...this.#counts].map(([what, count]) => `${what}: ${count}`);
  }
}

/** The regions of the annotation that counts. */
function regionsOf(task: JsonObject, where: string, notes: Notes): readonly JsonObject[] {
  const of = (field: string) =>
    listAt(task[field] ?? [], `${where}.${field}`).map((entry, i) => {
      const place = `${where}.${field}[${i}]`;
      return { place, entry: objectAt(entry, place) };
    });
  const done = of("annotations").filter(({ entry }) => entry.was_cancelled !== true);
  const all = done.length > 0 ? done : of("predictions");
  for (const _ of all.slice(1)) notes.add("further annotations of a task, not read");
  if (all.length === 0) return [];
  const [{ place, entry }] = all;
  return listAt(entry.result, `${place}.result`).map((region, i) =>
    objectAt(region, `${place}.result[${i}]`)
  );
}

/** The picture of a task, and its id where the task tells. */
function imageOf(task: JsonObject, regions: readonly JsonObject[], where: string): Own {
  const data = objectAt(task.data, `${where}.data`);
  const name = data.file_name === undefined
    ? nameIn(textAt(data.image, `${where}.data.image`))
    : data.file_name;
  const size = (field: string, ofRegion: string) => {
    const value = data[field] ??
      regions.find((region) => region[ofRegion] !== undefined)?.[ofRegion];
    return value === undefined ? 0 : wholeAt(value, `${where}: ${ofRegion}`, 1);
  };
  const image = {
    id: 0,
    file_name: pathAt(name, `${where}: the picture's name`),
    width: size("width", "original_width"),
    height: size("height", "original_height"),
  };
  const id = data.image_id === undefined ? null : wholeAt(data.image_id, `${where}.data.image_id`);
  return { image, id };
}

/** `/data/local-files/?d=a/b%20c.jpg`, `/data/upload/3/0a1b2c3d-b.jpg?x=1` → the file's name. */
function nameIn(address: string): string {
  const path = address.split("?d=").at(-1)!.split(/[?#]/)[0];
  const name = path.slice(path.lastIndexOf("/") + 1);
  // What is uploaded gets eight digits before its name.
  const plain = path.includes("/upload/") ? name.replace(/^[0-9a-f]{8}-/, "") : name;
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain; // a % that stands for itself
  }
}

function idsOf(own: readonly Own[]): TruthImage[] {
  for (const { image } of own) {
    if (image.width > 0 && image.height > 0) continue;
    throw new FormatError(`${image.file_name}: no region says how large it is; known pictures do`);
  }
  if (own.every(({ id }) => id !== null)) {
    return own.map(({ image, id }) => ({ ...image, id: id! }));
  }
  return numbered(own.map(({ image: { id: _, ...image } }) => image));
}

/** A part of an object, before parts are united. */
interface Part {
  readonly label: string;
  readonly shape: CocoSegmentation;
  readonly crowd: boolean;
  readonly score: number | undefined;
  readonly where: string;
}

function instancesOf(
  image: TruthImage,
  regions: readonly JsonObject[],
  categories: CategoryNames,
  task: string,
  notes: Notes,
): PictureInstances {
  const objects = new Map<string, Part[]>();
  regions.forEach((region, i) => {
    const where = `${task}: region ${i + 1}`;
    const part = partOf(region, image, where);
    if (typeof part === "string") return notes.add(part);
    const own = region.id === undefined ? `#${i}` : textAt(region.id, `${where}.id`);
    const parent = region.parentID;
    const nested = typeof parent === "string" && !("counts" in part.shape) && objects.has(parent);
    const key = nested ? parent as string : own;
    objects.set(key, [...objects.get(key) ?? [], part]);
  });
  const annotations = [...objects.values()].map(([first, ...rest]) => {
    const { shape, label, crowd, score, where } = first;
    const all = rest.length === 0
      ? shape
      : [first, ...rest].flatMap((part) => part.shape as number[][]);
    return annotationOf(all, image, {
      category_id: categories.idOf(label, where),
      iscrowd: crowd ? 1 : 0,
      ...(score === undefined ? {} : { score }),
    });
  });
  return { image, annotations };
}

/** A region as part of an object; or why it is none, for the notes. */
function partOf(region: JsonObject, image: TruthImage, where: string): Part | string {
  const type = textAt(region.type, `${where}.type`);
  const value = objectAt(region.value, `${where}.value`);
  const shape = SHAPES[type]?.(value, image, where);
  if (shape === undefined) return `regions of type ${type}, not read`;
  const labels = listAt(value[type] ?? value.labels ?? [], `${where}.value.${type}`);
  if (labels.length !== 1) {
    throw new FormatError(`${where} must have one label, got ${labels.length}`);
  }
  const meta = region.meta === undefined ? {} : objectAt(region.meta, `${where}.meta`);
  return {
    label: textAt(labels[0], `${where}.value.${type}`),
    shape,
    crowd: Array.isArray(meta.text) && meta.text.includes(CROWD),
    score: region.score === undefined ? undefined : numberAt(region.score, `${where}.score`),
    where,
  };
}

type Shape = (value: JsonObject, image: TruthImage, where: string) => CocoSegmentation;

const SHAPES: Readonly<Record<string, Shape>> = {
  polygonlabels(value, image, where) {
    const points = listAt(value.points, `${where}.value.points`);
    if (points.length < 3) {
      throw new FormatError(`${where} must have three points or more, got ${points.length}`);
    }
    return [points.flatMap((point, i) => {
      const [x, y, ...rest] = numbersAt(point, `${where}.value.points[${i}]`);
      if (y === undefined || rest.length > 0) {
        throw new FormatError(`${where}.value.points[${i}] must be two numbers`);
      }
      return pixel(x, y, image);
    })];
  },
  brushlabels(value, { width, height }, where) {
    const bytes = numbersAt(value.rle, `${where}.value.rle`);
    const mask = decodeBrush(bytes, width * height, where);
    return compressRle({ size: [height, width], counts: encodeRle(mask, height, width) });
  },
  rectanglelabels(value, image, where) {
    const [x, y, width, height] = ["x", "y", "width", "height"].map((field) =>
      numberAt(value[field], `${where}.value.${field}`)
    );
    if ((value.rotation ?? 0) !== 0) {
      throw new FormatError(`${where} is a turned rectangle; turn it upright, or draw a polygon`);
    }
    const [left, top] = pixel(x, y, image);
    const [right, bottom] = pixel(x + width, y + height, image);
    return [boxPolygon([left, top, right - left, bottom - top])];
  },
};

/** From percent of the picture's sides. */
const pixel = (x: number, y: number, { width, height }: TruthImage) => [
  unshare(x / 100, width),
  unshare(y / 100, height),
];
