import { FormatError } from "@fiedler/io";

/** What a field must be, as the end of a sentence; null where it is. */
export type Check = (value: unknown) => string | null;

/** Every field of a record by its path; a list is one field. */
export type Fields = Readonly<Record<string, Check>>;

/** Deeper than any record of ours. */
const MAX_DEPTH = 16;
/** Characters of a value in a message. */
const SHOWN = 80;

/** A check with a test. */
export const check = (wanted: string, test: (value: unknown) => boolean): Check => (value) =>
  test(value) ? null : wanted;

/** The fields of a record by their path; keys that are no plain words stand in quotes. */
export function fieldsOf(value: unknown, path = ""): [path: string, value: unknown][] {
  if (!isRecord(value)) return [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) => {
    const step = /^[A-Za-z]\w*$/.test(key) ? key : JSON.stringify(key);
    return fieldsOf(inner, path ? `${path}.${step}` : step);
  });
}

/** Each field of a value that is odd, missing or unknown. */
export function fieldProblems(fields: Fields, value: unknown): string[] {
  const found = new Map(fieldsOf(value));
  const odd = Object.entries(fields).flatMap(([path, check]) => {
    if (!found.has(path)) return [`${path} is missing`];
    const wanted = check(found.get(path));
    return wanted ? [`${path} must be ${wanted}, got ${shown(found.get(path))}`] : [];
  });
  const unknown = [...found.keys()].filter((path) => !Object.hasOwn(fields, path));
  return [...odd, ...unknown.map((path) => `${path || shown(value)} is unknown`)];
}

/** A value as JSON, short enough for a message. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`;
}

/**
 * A record that stands as JSON in a file.
 *
 * @throws {FormatError} when it is none.
 */
export function parseRecord(text: string | undefined, where: string): Record<string, unknown> {
  if (text === undefined) throw new FormatError(`${where} is missing`);
  const value = depthOf(text) <= MAX_DEPTH ? parsed(text) : undefined;
  if (isRecord(value)) return value;
  throw new FormatError(`${where} must be a JSON object, got ${shown(text)}`);
}

/** How deep brackets are nested outside of strings: the engine would run out of stack. */
function depthOf(text: string): number {
  let [depth, deepest] = [0, 0];
  for (const [mark] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/g)) {
    if (mark === "[" || mark === "{") deepest = Math.max(deepest, ++depth);
    else if (mark === "]" || mark === "}") depth--;
  }
  return deepest;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
