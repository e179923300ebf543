import { createHash } from "node:crypto";

/** SHA-256 of a file, lower-case hexadecimal; reads it once, in pieces. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const block of (await Deno.open(path)).readable) hash.update(block);
  return hash.digest("hex");
}
