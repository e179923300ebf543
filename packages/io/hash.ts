/**
 * SHA-256 of some bytes as 64 lower-case hexadecimal digits.
 *
 * ```ts
 * import { sha256Hex } from "@fiedler/io";
 * import assert from "node:assert/strict";
 *
 * const digest = await sha256Hex(new TextEncoder().encode("abc"));
 * assert.ok(digest.startsWith("ba7816bf"));
 * ```
 */
export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
