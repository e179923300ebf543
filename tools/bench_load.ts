/**
 * What loading a checkpoint costs: `deno run -A tools/bench_load.ts FILE…`, one process a file.
 *
 * Prints a Markdown table: time to the directory and to the last upload, bytes read from the file,
 * and the most memory the process had. `tools/make_large_checkpoint.py` makes files of published
 * size. On software adapters GPU memory is host memory.
 */
import process from "node:process";
import { type ByteSource, openTensorFile } from "@fiedler/io";
import { Gpu } from "@fiedler/gpu";
import { recognise } from "@fiedler/models";
import { FileSource } from "../packages/cli/file_source.ts";

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

if (Deno.args.length === 1) await measure(Deno.args[0]);
else {
  console.log("| model | file | open ms | loaded ms | read | GPU memory | process |");
  console.log("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
  for (const path of Deno.args) {
    const args = ["run", "-A", import.meta.filename!, path];
    await new Deno.Command(Deno.execPath(), { args, stdout: "inherit" }).output();
  }
}
