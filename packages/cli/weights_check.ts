import type { CatalogueEntry, Digest } from "@fiedler/models";
import { createHash } from "node:crypto";

/** A file held against what was published of it. */
export interface Verdict {
  readonly bytes: number;
  /** All digits, lower case. */
  readonly sha256: string;
  /** What agrees, one line each; empty where nothing was published. */
  readonly agrees: readonly string[];
  /** What differs, one line each; empty for a good file. */
  readonly differs: readonly string[];
}

/**
 * Holds a file against its entry in the catalogue, reading it once, as a stream.
 *
 * @param recorded SHA-256 of an earlier fetch, where there was one.
 */
export async function checkWeights(
  { bytes, digests }: Pick<CatalogueEntry, "bytes" | "digests">,
  path: string,
  recorded: string | null = null,
): Promise<Verdict> {
  const known: readonly Digest[] = recorded === null
    ? digests
    : [...digests, { algorithm: "sha256", hex: recorded, from: "recorded when it was fetched" }];
  const hashes = new Map(
    ["sha256", ...known.map(({ algorithm }) => algorithm)].map((name) => [name, createHash(name)]),
  );
  let size = 0;
  for await (const block of (await Deno.open(path)).readable) {
    for (const hash of hashes.values()) hash.update(block);
    size += block.length;
  }
  const hex = new Map([...hashes].map(([name, hash]) => [name, hash.digest("hex")]));
  const agrees: string[] = [];
  const differs: string[] = [];
  const hold = (same: boolean, what: string, needed: string, came: string) =>
    same ? agrees.push(`${what} ${needed}`) : differs.push(`${what} ${needed} needed, got ${came}`);
  if (bytes !== null) hold(size === bytes, "bytes", `${bytes}`, `${size}`);
  for (const { algorithm, hex: needed, from } of known) {
    const came = hex.get(algorithm)!;
    const what = { sha256: "SHA-256", md5: "MD5" }[algorithm];
    hold(came.startsWith(needed), `${what} (${from})`, partOf(needed, came), came);
  }
  return { bytes: size, sha256: hex.get("sha256")!, agrees, differs };
}

/** A digest of which only the first digits are known ends in dots. */
const partOf = (hex: string, whole: string): string => hex.length < whole.length ? `${hex}…` : hex;
