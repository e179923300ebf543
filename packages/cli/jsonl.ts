import type { Disk } from "./disk.ts";

/** Values as text, a line each. */
export const jsonLines = (values: readonly unknown[]): string =>
  values.map((value) => `${JSON.stringify(value)}\n`).join("");

/**
 * The values of a file of JSON lines, one at a time; nothing when there is no such file.
 *
 * @param options `torn: "ignore"` leaves out a last line that is still being written.
 */
export async function* readJsonLines(
  path: string,
  { torn = "refuse" }: { readonly torn?: "refuse" | "ignore" } = {},
): AsyncIterable<unknown> {
  for await (const { text, end } of readLines(path)) {
    if (end !== null || torn === "refuse") yield JSON.parse(text);
  }
}

/**
 * Cuts off what a killed process or a power cut left torn: everything from the first line on that
 * is not whole.
 *
 * @param visit Called with each whole line's value.
 * @returns Bytes cut.
 */
export async function repairJsonLines(
  disk: Disk,
  path: string,
  visit: (value: unknown) => void = () => {},
): Promise<number> {
  let good = 0;
  let torn = false;
  for await (const { text, end } of readLines(path)) {
    const value = parsed(text);
    if (value === undefined || end === null) {
      torn = true;
      break;
    }
    visit(value);
    good = end;
  }
  if (!torn) return 0;
  const { size } = await Deno.stat(path);
  await disk.truncate(path, good);
  return size - good;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // torn: the caller cuts here
  }
}

/** A line, and the byte after its line feed; null where that is missing. */
interface Line {
  readonly text: string;
  readonly end: number | null;
}

async function* readLines(path: string): AsyncIterable<Line> {
  const decoder = new TextDecoder();
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  let rest = new Uint8Array();
  let start = 0;
  for await (const block of file.readable) {
    const bytes = new Uint8Array(rest.length + block.length);
    bytes.set(rest);
    bytes.set(block, rest.length);
    let from = 0;
    for (let to = bytes.indexOf(10); to >= 0; to = bytes.indexOf(10, from)) {
      yield { text: decoder.decode(bytes.subarray(from, to)), end: start + to + 1 };
      from = to + 1;
    }
    start += from;
    rest = bytes.slice(from);
  }
  if (rest.length > 0) yield { text: decoder.decode(rest), end: null };
}
