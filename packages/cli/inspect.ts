/** `inspect`: what a file of tensors holds, from its directory alone. */
import { openTensorFile, tensorBytes, type TensorEntry, type TensorFile } from "@fiedler/io";
import { CheckpointError, type FoundModel, type ModelHints, recognise } from "@fiedler/models";
import { usage } from "./args.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { FileSource } from "./file_source.ts";
import { segmenterFacts, segmenterIn, segmenterLines, TOLD } from "./inspect_segmenter.ts";
import type { Output } from "./output.ts";
import { table } from "./table.ts";
import { megabytes } from "./weights_cache.ts";

/**
 * Lists the tensors of a checkpoint, array or ONNX model, and says which feature extractor or
 * segmenter it is.
 *
 * @throws {CliError} exit 2 when there is no such file.
 * @throws {FormatError} when it is none of the formats, or breaks its own.
 */
export async function inspect(path: string, hints: ModelHints, out: Output): Promise<ExitCode> {
  using source = openSource(path);
  const file = await openTensorFile(source);
  const segmenter = segmenterIn(file);
  const model = modelIn(file, hints);
  for (const { name, dtype, shape } of file.tensors.values()) {
    out.event({ event: "tensor", name, dtype, shape });
  }
  const entries = [...file.tensors.values()];
  const bytes = entries.reduce((sum, entry) => sum + tensorBytes(entry), 0);
  out.event({
    event: "file",
    ...{ path, format: file.format, bytes: source.size, tensors: entries.length },
    ...{ tensorBytes: bytes, metadata: file.metadata, others: Object.fromEntries(file.others) },
    model: "title" in model
      ? { release: model.release, encoder: model.encoder, title: model.title, notes: model.notes }
      : null,
    segmenter: segmenter && !(segmenter instanceof Error) ? segmenterFacts(segmenter) : null,
  });
  const lines = facts(file, entries, source.size, bytes, { segmenter, model });
  out.print([tensorTable(entries), ...lines].join("\n"));
  return EXIT.ok;
}

/**
 * Opens a file that a command line names.
 *
 * @throws {CliError} exit 2 when there is none.
 */
export function openSource(path: string): FileSource {
  try {
    return FileSource.open(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw usage(`no such file: ${path}`, path, "give the path of a checkpoint, array or model");
  }
}

/** The model, or why there is none. */
function modelIn(file: TensorFile, hints: ModelHints): FoundModel | CheckpointError {
  try {
    return recognise(file, hints);
  } catch (error) {
    if (error instanceof CheckpointError) return error;
    throw error;
  }
}

function tensorTable(entries: readonly TensorEntry[]): string {
  const rows = entries.map((entry) => [
    entry.name,
    entry.dtype,
    `[${entry.shape.join(", ")}]`,
    megabytes(tensorBytes(entry)),
  ]);
  return `${table([["tensor", "type", "shape", "size"], ...rows])}\n`;
}

/** What a file holds, or why not. */
interface Content {
  readonly segmenter: ReturnType<typeof segmenterIn>;
  readonly model: FoundModel | CheckpointError;
}

function facts(
  { format, metadata, others }: TensorFile,
  entries: readonly TensorEntry[],
  fileBytes: number,
  bytes: number,
  content: Content,
): string[] {
  const { segmenter } = content;
  const told = segmenter !== null && !(segmenter instanceof Error);
  const says = Object.entries(metadata).filter(([key]) => !(told && TOLD.has(key)));
  return [
    line("file", `${format}, ${megabytes(fileBytes)}`),
    line("tensors", `${entries.length}, ${megabytes(bytes)}`),
    ...says.map(([key, value]) => line("says", `${key}: ${value}`)),
    ...[...others].map(([key, value]) => line("also", `${key}: ${value}`)),
    ...contentLines(content),
  ];
}

const line = (head: string, text: string): string => `${head.padEnd(10)}${text}`;

function contentLines({ segmenter, model }: Content): string[] {
  if (segmenter instanceof Error) return [line("segmenter", `not usable: ${segmenter.message}`)];
  if (segmenter !== null) {
    return segmenterLines(segmenter).map(([head, text]) => line(head, text));
  }
  if (!("title" in model)) {
    return [line("model", `none: ${model.message.replace(/^checkpoint: /, "")}`)];
  }
  return [
    line("model", `${model.title}; encoder ${model.encoder}`),
    ...model.notes.map((note) => line("note", note)),
  ];
}
