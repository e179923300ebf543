/** Values of JSON, each with the place it is at for messages. */
import { FormatError } from "@fiedler/io";

/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

const fail = (where: string, needed: string, came: unknown): never => {
  throw new FormatError(`${where} must be ${needed}, got ${shown(came)}`);
};

/** A value in a few words. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

/** An object. */
export function objectAt(value: unknown, where: string): JsonObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as JsonObject;
  }
  return fail(where, "an object", value);
}

/** A list. */
export function listAt(value: unknown, where: string): readonly unknown[] {
  return Array.isArray(value) ? value : fail(where, "a list", value);
}

/** A string. */
export function textAt(value: unknown, where: string): string {
  return typeof value === "string" ? value : fail(where, "text", value);
}

/** A finite number. */
export function numberAt(value: unknown, where: string): number {
  return typeof value === "number" && Number.isFinite(value)
    ? value
    : fail(where, "a number", value);
}

/** A whole number from `least` on. */
export function wholeAt(value: unknown, where: string, least = 0): number {
  return Number.isSafeInteger(value) && value as number >= least
    ? value as number
    : fail(where, `a whole number ≥ ${least}`, value);
}

/** A list of numbers. */
export function numbersAt(value: unknown, where: string): number[] {
  return listAt(value, where).map((entry, i) => numberAt(entry, `${where}[${i}]`));
}

/** A path inside a folder: no way out of it. */
export function pathAt(value: unknown, where: string): string {
  const path = textAt(value, where);
  const leaves = path.startsWith("/") || /^[A-Za-z]:/.test(path) || path.includes("\\") ||
    path.split("/").includes("..");
  return path !== "" && !leaves ? path : fail(where, "a path inside the folder", value);
}
