import assert from "node:assert/strict";
import { blobSource, bytesSource, openTensorFile, type TensorFormat } from "@fiedler/io";
import { fixture, formatError } from "./fixtures.ts";
import { bytesOf, pickle, text } from "./pickle_parts.ts";
import { zipOf } from "./zip_parts.ts";

Deno.test("openTensorFile() knows a file by its contents", async () => {
  const files: [string, TensorFormat][] = [
    ["weights/mae-tiny.safetensors", "safetensors"],
    ["torch/bare.pth", "torch zip"],
    ["torch/checkpoint_stream2.pth.tar", "torch pickle"],
    ["torch/arrays.npz", "npz"],
    ["images/f4.npy", "npy"],
    ["onnx/tensors.onnx", "onnx"],
  ];
  for (const [path, format] of files) {
    const bytes = fixture(path);
    assert.equal((await openTensorFile(bytesSource(bytes))).format, format, path);
    const file = await openTensorFile(blobSource(new Blob([bytes])));
    assert.equal(file.format, format, path);
    for (const { read } of file.tensors.values()) await read().catch(externalOnly);
  }
});

/** The ONNX fixture has one tensor whose elements lie in another file. */
function externalOnly(error: Error) {
  assert.match(error.message, /another file|external/);
}

Deno.test("openTensorFile() says what else a file is, and what to do", async () => {
  const tar = new Uint8Array(1024);
  tar.set(bytesOf("storages"));
  tar.set(bytesOf("ustar\x0000"), 257);
  const page = "<!DOCTYPE html><html><head><title>Google Drive</title>";
  const lfs = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 343249461\n";
  const cases: [Uint8Array, RegExp][] = [
    [new Uint8Array(0), /it is empty \(0 bytes\); fetch it again/],
    [tar, /a tar archive; unpack it with tar -xf.*torch before 0\.1\.10: torch\.save\(torch\.load/],
    [bytesOf("\x1f\x8b\x08\0"), /compressed by gzip; unpack it with gunzip/],
    [bytesOf("BZh91AY"), /compressed by bzip2; unpack it with bunzip2/],
    [bytesOf("\xfd7zXZ\0"), /compressed by xz; unpack it with unxz/],
    [bytesOf("\x28\xb5\x2f\xfd\0"), /compressed by zstd; unpack it with unzstd/],
    [bytesOf("7z\xbc\xaf\x27\x1c"), /a 7z archive; unpack it/],
    [bytesOf(page), /a web page .*failed download leaves; fetch it again/],
    [bytesOf(`\xef\xbb\xbf\n <html>`), /a web page/],
    [bytesOf("<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>"), /a web page/],
    [bytesOf(lfs), /a Git LFS pointer, not the file itself; run git lfs pull/],
    [bytesOf("\x89HDF\r\n\x1a\n"), /HDF5, as Keras saves it; convert it/],
    [bytesOf("GGUF\x03\0\0\0"), /GGUF, weights of a language model/],
    [fixture("images/grey1.png"), /a PNG picture, not weights/],
    [fixture("images/444.jpg"), /a JPEG picture, not weights/],
    [bytesOf("%PDF-1.7"), /a PDF document/],
    [
      bytesOf('{"error": "not found"}'),
      /a text that starts with "\{\\"error\\": \\"not found\\"\}"; read/,
    ],
    [bytesOf("404"), /a text that starts with "404"; read are safetensors/],
    [bytesOf("\0\0\0\0\0\0\0\0\0"), /no known kind, it starts with the bytes 00 00 00 00 00 00 00/],
    [bytesOf("PK\x05\x06" + "\0".repeat(18)), /a zip archive without members/],
    [bytesOf("PK\x07\x08PK\x03\x04"), /one part of a multi-disk zip archive/],
    [bytesOf("PK\x03\x04"), /zip: has no directory at its end; it is cut short/],
    [
      zipOf([{ name: "word/document.xml", data: bytesOf("") }]),
      /zip archive of other things \("wor/,
    ],
    [pickle(text("a")), /a pickle that torch.save did not write; load it in Python and save/],
    [bytesOf("\x80\x02"), /cut short/],
  ];
  for (const [bytes, message] of cases) {
    await assert.rejects(openTensorFile(bytesSource(bytes)), formatError(message));
  }
});

Deno.test("openTensorFile() says so when a source hands over too little", async () => {
  const bytes = fixture("torch/bare.pth");
  const source = {
    size: bytes.length,
    read: (offset: number, length: number) =>
      Promise.resolve(bytes.subarray(offset, offset + length - 1)),
  };
  await assert.rejects(
    openTensorFile(source),
    formatError(/511 of 512 bytes at 0 could be read; did the file change meanwhile\?/),
  );
});
