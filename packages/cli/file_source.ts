import type { ByteSource } from "@fiedler/io";

/** A file of the disk, read in place. */
export class FileSource implements ByteSource, Disposable {
  private constructor(private readonly file: Deno.FsFile, readonly size: number) {}

  /** Opens a file for reading. */
  static open(path: string): FileSource {
    const file = Deno.openSync(path);
    return new FileSource(file, file.statSync().size);
  }

  /** Seeks and reads at once, since many reads may be under way. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(length);
    this.file.seekSync(offset, Deno.SeekMode.Start);
    let filled = 0;
    while (filled < length) {
      const count = this.file.readSync(bytes.subarray(filled));
      if (count === null) return Promise.reject(new Error(`the file ends at ${offset + filled}`));
      filled += count;
    }
    return Promise.resolve(bytes);
  }

  [Symbol.dispose](): void {
    this.file.close();
  }
}
