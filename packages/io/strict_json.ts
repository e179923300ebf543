import { FormatError } from "./errors.ts";

/** A JSON value; objects are maps, so that no key is special. */
export type Json = string | number | boolean | null | Json[] | Map<string, Json>;

const WORDS: ReadonlyMap<string, Json> = new Map([["true", true], ["false", false], [
  "null",
  null,
]]);

/** Readers differ on 1.0, 1e2 and -0, so a size may not be written so. */
const INTEGER = /^(0|-?[1-9]\d*)$/;

/**
 * Parses JSON as RFC 8259 has it, and refuses what two parsers could read differently: duplicate
 * keys, lone surrogates, numbers that are not plain whole ones below 2^53. Nesting stops at
 * `maxDepth`.
 *
 * @param where What is parsed, the start of each message.
 * @throws {FormatError} naming the character.
 */
export function parseStrictJson(text: string, where: string, maxDepth: number): Json {
  let at = 0;

  const fail = (what: string): never => {
    throw new FormatError(`${where}: ${what} at character ${at}`);
  };

  const skipSpace = () => {
    while (at < text.length && " \t\n\r".includes(text[at])) at++;
  };

  const take = (mark: string): boolean => {
    skipSpace();
    if (text[at] !== mark) return false;
    at++;
    return true;
  };

  const expect = (mark: string) => {
    if (!take(mark)) fail(`expected ${JSON.stringify(mark)}`);
  };

  const string = (): string => {
    const start = at++;
    while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
    const value = tryParse(text.slice(start, ++at));
    if (typeof value !== "string") return fail("string that is not closed or has a bad escape");
    return value.isWellFormed() ? value : fail("lone surrogate in a string");
  };

  const scalar = (): Json => {
    const start = at;
    while (at < text.length && /[\w.+-]/.test(text[at])) at++;
    const word = text.slice(start, at);
    if (WORDS.has(word)) return WORDS.get(word) as Json;
    if (INTEGER.test(word) && Number.isSafeInteger(Number(word))) return Number(word);
    at = start;
    return fail(`expected a value, got ${JSON.stringify(text.slice(start, start + 12))}`);
  };

  const object = (depth: number): Map<string, Json> => {
    const members = new Map<string, Json>();
    if (take("}")) return members;
    do {
      skipSpace();
      if (text[at] !== '"') fail("expected a key");
      const key = string();
      if (members.has(key)) fail(`duplicate key ${JSON.stringify(key)}`);
      expect(":");
      members.set(key, value(depth));
    } while (take(","));
    expect("}");
    return members;
  };

  const array = (depth: number): Json[] => {
    const items: Json[] = [];
    if (take("]")) return items;
    do items.push(value(depth)); while (take(","));
    expect("]");
    return items;
  };

  const value = (depth: number): Json => {
    if (depth > maxDepth) fail(`nested deeper than ${maxDepth}`);
    if (take("{")) return object(depth + 1);
    if (take("[")) return array(depth + 1);
    return text[at] === '"' ? string() : scalar();
  };

  const root = value(0);
  skipSpace();
  return at === text.length ? root : fail("unexpected text after the value");
}

function tryParse(token: string): Json {
  try {
    return JSON.parse(token);
  } catch {
    return null;
  }
}
