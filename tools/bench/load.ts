/**
 * What loading a checkpoint costs: `deno task bench load FILE…`, one process a file.
 *
 * Prints a Markdown table: time to the directory and to the last upload, bytes read from the file,
 * and the most memory the process had. `tools/make_large_checkpoint.py` makes files of published
 * size. On software adapters GPU memory is host memory.
 */
import process from "node:process";
import { type ByteSource, openTensorFile } from "@fiedler/io";
import { Gpu } from "@fiedler/gpu";
import { recognise } from "@fiedler/models";
import { FileSource } from "../../packages/cli/file_source.ts";

const MB = 1e6;

/** Loads one file and prints its row. */
async function measure(path: string): Promise<void> {
  const gpu = await Gpu.open();
  using file = FileSource.open(path);
  let readBytes = 0;
  const source: ByteSource = {
    size: file.size,
    read: (offset, length) => {
      readBytes += length;
      return file.read(offset, length);
    },
  };
  const start = performance.now();
  const model = recognise(await openTensorFile(source));
  const openMs = performance.now() - start;
  await model.load(gpu);
  await gpu.settle();
  const loadMs = performance.now() - start;
  const row = [
    model.title,
    `${(file.size / MB).toFixed(0)} MB`,
    openMs.toFixed(0),
    loadMs.toFixed(0),
    `${(readBytes / MB).toFixed(0)} MB`,
    `${(gpu.memory.peakBytes / MB).toFixed(0)} MB`,
    `${(process.resourceUsage().maxRSS * 1024 / MB).toFixed(0)} MB`,
  ];
  console.log(`| ${row.join(" | ")} |`);
  gpu.close();
}

/**
 * Prints a row for each file.
 *
 * @throws {RangeError} without a file.
 */
export async function loadTable(paths: readonly string[]): Promise<void> {
  if (paths.length === 0) throw new RangeError("bench load: needs the files of checkpoints");
  console.log("| model | file | open ms | loaded ms | read | GPU memory | process |");
  console.log("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
  for (const path of paths) {
    const args = ["run", "--allow-read", "--allow-sys", import.meta.filename!, path];
    const { code } = await new Deno.Command(Deno.execPath(), { args, stdout: "inherit" }).output();
    if (code !== 0) throw new Error(`bench load: ${path} could not be loaded (status ${code})`);
  }
}

if (import.meta.main) await measure(Deno.args[0]);
