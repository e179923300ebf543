import { FormatError } from "./errors.ts";
import { openNpyArray } from "./open_npy.ts";
import { quoteName } from "./quote.ts";
import type { ByteSource } from "./source.ts";
import type { TensorEntry, TensorFile } from "./tensor_file.ts";
import type { ZipMember } from "./zip.ts";

const SUFFIX = ".npy";

/** Whether these are the members of a .npz file: all of them arrays. */
export function isNpz(members: ReadonlyMap<string, ZipMember>): boolean {
  return [...members.keys()].every((name) => name.endsWith(SUFFIX));
}

/**
 * Opens what `numpy.savez` and `savez_compressed` write: a zip file of .npy files. Only the
 * directory and the header of each array are read.
 *
 * @throws {FormatError} naming the array and what is wrong with it.
 */
export async function openNpz(members: ReadonlyMap<string, ZipMember>): Promise<TensorFile> {
  const tensors = new Map<string, TensorEntry>();
  for (const [path, member] of members) {
    const name = path.slice(0, -SUFFIX.length);
    try {
      tensors.set(name, await openNpyArray(name, memberSource(member)));
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      throw new FormatError(`npz: ${quoteName(path)}: ${error.message}`, { cause: error });
    }
  }
  return { format: "npz", metadata: Object.create(null), tensors, others: new Map() };
}

/** A member as a source. What follows its header is read whole, so that its checksum is checked. */
function memberSource(member: ZipMember): ByteSource {
  return {
    size: member.size,
    read: async (offset, length) =>
      offset === 0
        ? await member.head(length)
        : (await member.read()).subarray(offset, offset + length),
  };
}
