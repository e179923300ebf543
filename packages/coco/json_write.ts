/**
 * Lists as JSON, one element a line, whatever their length.
 *
 * @module
 */
import type { CocoSegmentation } from "./rle_from_segmentation.ts";

/** Characters that are collected before they are handed on. */
const CHUNK = 2 ** 16;

/** The lines between the brackets of an array: each on its own, in chunks of many. */
export async function* jsonLines<T>(
  items: Iterable<T> | AsyncIterable<T>,
  lineOf: (item: T, i: number) => string,
): AsyncGenerator<string, void> {
  let text = "";
  let i = 0;
  for await (const item of items) {
    text += (i === 0 ? "\n" : ",\n") + lineOf(item, i);
    i++;
    if (text.length < CHUNK) continue;
    yield text;
    text = "";
  }
  if (i > 0) yield text + "\n";
}

/**
 * A record as one line of JSON, absent fields left out.
 *
 * @throws {RangeError} when a number is not finite: JSON would turn it into null.
 */
export function jsonLine(fields: Readonly<Record<string, unknown>>, where: string): string {
  const record = "segmentation" in fields
    ? { ...fields, segmentation: stable(fields.segmentation as CocoSegmentation | undefined) }
    : fields;
  let field = "";
  return JSON.stringify(record, function (key, value) {
    if (this === record) field = key;
    if (typeof value !== "number" || Number.isFinite(value)) return value;
    throw new RangeError(`${where}.${field} must be finite, got ${value}`);
  });
}

/** Run lengths with their two fields in one order; counts of any array as a list. */
function stable(segmentation: CocoSegmentation | undefined): CocoSegmentation | undefined {
  if (segmentation === undefined || !("counts" in segmentation)) return segmentation;
  const { size, counts } = segmentation;
  return { size, counts: typeof counts === "string" ? counts : Array.from(counts) };
}
