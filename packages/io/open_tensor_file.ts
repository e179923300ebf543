import { hasText, latin1 } from "./bytes.ts";
import { FormatError } from "./errors.ts";
import { isNpz, openNpz } from "./npz.ts";
import { NPY_MAGIC } from "./npy_header.ts";
import { openNpy } from "./open_npy.ts";
import { openOnnx } from "./open_onnx.ts";
import { openSafetensors } from "./open_safetensors.ts";
import { quoteName } from "./quote.ts";
import { readRange } from "./read_range.ts";
import type { ByteSource } from "./source.ts";
import type { TensorFile } from "./tensor_file.ts";
import { openPickle } from "./torch_pickle.ts";
import { openTorchZip, torchFolder } from "./torch_zip.ts";
import { openZip } from "./zip.ts";

const HEAD_BYTES = 512; // a tar archive says so at byte 257

const READ = "read are safetensors, PyTorch checkpoints, pickled arrays, ONNX, npy and npz";

/** Signatures of what people hand over instead: `[offset, bytes, what it is and what to do]`. */
const OTHERS: readonly (readonly [number, string, string])[] = [
  [
    0,
    "version https://git-lfs",
    "a Git LFS pointer, not the file itself; run git lfs pull, or use the page's download link",
  ],
  [0, "\x1f\x8b", "compressed by gzip; unpack it with gunzip"],
  [0, "BZh", "compressed by bzip2; unpack it with bunzip2"],
  [0, "\xfd7zXZ", "compressed by xz; unpack it with unxz"],
  [0, "\x28\xb5\x2f\xfd", "compressed by zstd; unpack it with unzstd"],
  [0, "7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it"],
  [0, "PK\x07\x08", "one part of a multi-disk zip archive; join the parts"],
  [0, "PK\x05\x06", "a zip archive without members; it holds no tensors"],
  [
    257,
    "ustar",
    "a tar archive; unpack it with tar -xf. If it holds the members storages, tensors and pickle " +
    "it is a checkpoint of torch before 0.1.10: torch.save(torch.load(path), new_path)",
  ],
  [0, "\x89HDF\r\n", "HDF5, as Keras saves it; convert it to safetensors in Python"],
  [0, "GGUF", "GGUF, weights of a language model, which is not read"],
  [0, "\x89PNG", "a PNG picture, not weights"],
  [0, "\xff\xd8\xff", "a JPEG picture, not weights"],
  [0, "%PDF", "a PDF document, not weights"],
];

/**
 * Opens a file of tensors: safetensors, PyTorch's `torch.save` (zip or the older pickle stream),
 * ONNX, npy, npz, or a pickle of NumPy's arrays. It is known by its contents, never by its name; a
 * gigabyte costs only its directory, but for such a pickle, which is read whole. Nothing in the file
 * is executed.
 *
 * ```ts
 * import { bytesSource, openTensorFile, writeNpy } from "@fiedler/io";
 * import assert from "node:assert/strict";
 *
 * const npy = writeNpy({ dtype: "f4", shape: [2], data: Float32Array.of(1, 2) });
 * const file = await openTensorFile(bytesSource(npy));
 * assert.deepEqual([file.format, [...file.tensors.keys()]], ["npy", ["array"]]);
 * ```
 *
 * @throws {FormatError} when the file is damaged, hostile, or of another kind; the message says
 * what it is and what to do.
 */
export async function openTensorFile(source: ByteSource): Promise<TensorFile> {
  if (source.size === 0) {
    throw new FormatError("tensor file: it is empty (0 bytes); fetch it again");
  }
  const head = await readRange(source, 0, Math.min(HEAD_BYTES, source.size), "tensor file");
  if (hasText(head, 0, "PK\x03\x04")) return await openArchive(source);
  if (hasText(head, 0, NPY_MAGIC)) return await openNpy(source);
  const other = OTHERS.find(([offset, text]) => hasText(head, offset, text));
  if (other) throw new FormatError(`tensor file: this is ${other[2]}`);
  // After its header's length, a safetensors file goes on with a brace.
  if (hasText(head, 8, "{")) return await openSafetensors(source);
  if (isPickle(head)) return await openPickle(source);
  if (isOnnx(head)) return await openOnnx(source);
  throw new FormatError(`tensor file: ${describe(head)}; ${READ}`);
}

async function openArchive(source: ByteSource): Promise<TensorFile> {
  const members = await openZip(source);
  const folder = torchFolder(members);
  if (folder !== undefined) return await openTorchZip(source, members, folder);
  if (members.size > 0 && isNpz(members)) return await openNpz(members);
  const names = [...members.keys()].slice(0, 3).map(quoteName);
  throw new FormatError(
    `tensor file: a zip archive of other things (${names.join(", ")}…), neither torch's nor ` +
      "numpy's; if it holds a checkpoint, unpack it",
  );
}

/** A pickle of protocols 2 to 5, or torch's magic number as protocol 1 writes it. */
function isPickle(head: Uint8Array): boolean {
  const protocol = head[0] === 0x80 ? head[1] : 0;
  return (protocol >= 2 && protocol <= 5) || hasText(head, 0, "L119547037146038801333356L\n");
}

/** An ONNX model is a protocol buffer without a signature; its first field is the IR version. */
function isOnnx(head: Uint8Array): boolean {
  const [tag, version, next] = head;
  // Fields 2 to 20 follow, as a number (wire type 0) or bytes (2).
  return tag === 0x08 && version > 0 && version < 64 && next >> 3 >= 2 && next >> 3 <= 20 &&
    (next & 7) % 2 === 0 && (next & 7) <= 2;
}

/** What unknown bytes look like, in a few words. */
function describe(head: Uint8Array): string {
  const text = latin1(head, 0, 64).replace(/^\xef\xbb\xbf/, "").trim();
  if (/^<(!doctype|html|head|\?xml)/i.test(text)) {
    return "this is a web page (HTML or XML), what a failed download leaves; fetch it again and " +
      "look at the page for the reason";
  }
  if (/^[\t\n\r\x20-\x7e]*$/.test(text)) {
    return `this is a text that starts with ${JSON.stringify(text.slice(0, 40))}`;
  }
  const bytes = Array.from(head.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0"));
  return `this is of no known kind, it starts with the bytes ${bytes.join(" ")}`;
}
