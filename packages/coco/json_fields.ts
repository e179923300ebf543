/**
 * The fields that results and annotations share.
 *
 * @module
 */
import type { JsonCursor } from "./json_cursor.ts";
import { polygonFault } from "./polygons.ts";
import type { CocoRle, CocoSegmentation } from "./rle_from_segmentation.ts";
import type { Box } from "./rle_iou.ts";
import { MAX_PIXELS } from "./rle_spans.ts";
import { parseCounts } from "./rle_string.ts";

/**
 * An id: a whole number that a double holds exactly, or a string of just that number, as some
 * tools write it. "042" or "a42" are refused: they are names, and two of them may be one number.
 */
export function readId(json: JsonCursor): number {
  if (json.peek() !== 0x22) return readWhole(json, -Number.MAX_SAFE_INTEGER, "a whole number");
  const offset = json.offset;
  const text = json.string();
  const id = Number(text);
  if (Number.isSafeInteger(id) && String(id) === text) return id;
  json.fail(`needed a number, got the string ${JSON.stringify(text.slice(0, 64))}`, { offset });
}

/** A whole number from `least` that a double holds exactly; 3.0 is one. */
export function readWhole(json: JsonCursor, least: number, needed: string): number {
  json.peek();
  const offset = json.offset;
  const value = json.number(needed);
  if (Number.isSafeInteger(value) && value >= least) return value;
  json.fail(`needed ${needed}, got ${value}`, { offset });
}

/** A box; undefined for `[]`, which some tools write where there is none. */
export function readBox(json: JsonCursor): Box | undefined {
  json.peek();
  const offset = json.offset;
  const values: number[] = [];
  json.array(() => void values.push(json.number()), "[x, y, width, height]");
  if (values.length === 0) return undefined;
  const [x, y, width, height] = values;
  if (values.length === 4 && width >= 0 && height >= 0) return [x, y, width, height];
  const shown = values.length > 4 ? `${values.length} numbers` : `[${values.join(", ")}]`;
  json.fail(`needed [x, y, width, height] with sides ≥ 0, got ${shown}`, { offset });
}

/** A segmentation; undefined for `[]`, which some tools write where there is none. */
export function readSegmentation(json: JsonCursor): CocoSegmentation | undefined {
  const byte = json.peek();
  if (byte === 0x7b) return readRle(json);
  if (byte !== 0x5b) json.wrong("polygons or run lengths");
  return readPolygons(json);
}

function readPolygons(json: JsonCursor): number[][] | undefined {
  const { offset } = json;
  const polygons: number[][] = [];
  json.array(() => {
    const polygon: number[] = [];
    json.array(() => void polygon.push(json.number()), "a list of numbers");
    polygons.push(polygon);
  });
  if (polygons.length === 0) return undefined;
  if (polygons.every(({ length }) => length === 4)) return polygons; // boxes
  polygons.forEach((polygon, i) => {
    const fault = polygonFault(polygon);
    if (fault) json.fail(`polygon ${i}${fault}`, { offset });
  });
  return polygons;
}

let checked = new Float64Array(1024); // one list for all strings: only their sum is wanted

function readRle(json: JsonCursor): CocoRle {
  const start = json.offset;
  let size: [number, number] | undefined;
  let counts: string | number[] | undefined;
  let countsAt = start;
  json.object((key) => {
    if (key === "size") {
      size = readSize(json);
    } else if (key === "counts") {
      json.peek();
      countsAt = json.offset;
      counts = readCounts(json);
    } else {
      json.skip();
    }
  });
  if (size === undefined || counts === undefined) {
    json.fail(`${size ? "counts" : "size"} is missing`, { offset: start });
  }
  const refuse = (what: string) => json.fail(what, { offset: countsAt, field: ".counts" });
  const pixels = sumOf(counts, refuse);
  if (pixels !== size[0] * size[1]) {
    refuse(`must sum to ${size[0]} × ${size[1]}, the size, got ${pixels}`);
  }
  return { size, counts };
}

function sumOf(counts: string | number[], refuse: (what: string) => never): number {
  if (typeof counts !== "string") return counts.reduce((sum, count) => sum + count, 0);
  if (checked.length < counts.length) checked = new Float64Array(2 * counts.length);
  const runs = parseCounts(counts, checked, refuse);
  let sum = 0;
  for (let i = 0; i < runs; i++) sum += checked[i];
  return sum;
}

function readSize(json: JsonCursor): [number, number] {
  json.peek();
  const { offset } = json;
  const size: number[] = [];
  json.array(() => void size.push(readWhole(json, 1, "a whole number ≥ 1")), "[height, width]");
  const [height, width] = size;
  if (size.length === 2 && height * width <= MAX_PIXELS) return [height, width];
  json.fail(`needed [height, width] of at most ${MAX_PIXELS} pixels, got [${size}]`, { offset });
}

function readCounts(json: JsonCursor): string | number[] {
  const byte = json.peek();
  if (byte === 0x22) return json.string();
  if (byte !== 0x5b) json.wrong("a string or a list of numbers");
  const counts: number[] = [];
  json.array(() => void counts.push(readWhole(json, 0, "a whole number ≥ 0")));
  return counts;
}
