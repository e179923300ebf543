import { ImageError } from "@fiedler/io";

/**
 * Why a picture is skipped; anything else is a bug and thrown on.
 *
 * @param whenTooLarge what to do about one of too many pixels.
 */
export function skipReason(
  error: unknown,
  whenTooLarge = "see --max-pixels",
): { code: string; reason: string } {
  if (error instanceof ImageError) {
    const reason = error.message.replace("raise maxPixels to decode it", whenTooLarge);
    return { code: error.code, reason };
  }
  if (error instanceof Deno.errors.NotFound) {
    return { code: "missing", reason: "image: the file is gone, or a link that leads nowhere" };
  }
  const code = (error as { code?: unknown })?.code;
  if (error instanceof Deno.errors.PermissionDenied || typeof code === "string") {
    return { code: "unreadable", reason: `image: cannot be read (${code ?? "no permission"})` };
  }
  throw error;
}
