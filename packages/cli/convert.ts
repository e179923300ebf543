/** `convert`: any checkpoint that is read as safetensors that say what they are. */
import { openTensorFile, safetensorsParts, type TensorEntry, type TensorFile } from "@fiedler/io";
import { CheckpointError, type ModelHints, type Parameter, recognise } from "@fiedler/models";
import { usage } from "./args.ts";
import type { Disk } from "./disk.ts";
import { exists } from "./disk.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { hashFile } from "./hash_file.ts";
import { openSource } from "./inspect.ts";
import type { Output } from "./output.ts";
import { basename } from "./paths.ts";
import { VERSION } from "./version.ts";
import { publishedBy } from "./weights.ts";

/** What `convert` is told. */
export interface ConvertOptions {
  /** The file to write. */
  readonly out: string | undefined;
  /** Every tensor under its own name and type, in place of the model alone under ours. */
  readonly all: boolean;
  /** Write over an existing file. */
  readonly force: boolean;
  readonly hints: ModelHints;
}

/**
 * Writes a checkpoint's model, or all its tensors, as safetensors; reads one tensor at a time.
 *
 * @throws {CliError} exit 2 for a wrong command line, 5 when the file cannot be written.
 * @throws {FormatError} when the file cannot be read.
 * @throws {CheckpointError} when it holds no model, and `all` is off.
 */
export async function convert(
  path: string,
  { out: target, all, force, hints }: ConvertOptions,
  { out, disk }: { readonly out: Output; readonly disk: Disk },
): Promise<ExitCode> {
  if (target === undefined) {
    throw usage("convert needs --out FILE", `fiedler convert ${path}`, "say where the file goes");
  }
  if (!force && await exists(target)) {
    throw usage("the file exists", target, "choose another with --out FILE, or add --force");
  }
  using source = openSource(path);
  const file = await openTensorFile(source);
  const { entries, metadata, what } = all ? everything(file) : modelOf(file, hints);
  const sha256 = await hashFile(path);
  const terms = publishedBy(sha256)?.terms;
  const origin = {
    source: basename(path),
    source_sha256: sha256,
    converted_by: `fiedler ${VERSION}`,
    ...terms ? { source_terms: terms } : {},
  };
  await disk.writeWhole(target, safetensorsParts(entries, { ...metadata, ...origin }));
  const { size } = await Deno.stat(target);
  out.event({ event: "converted", path, out: target, tensors: entries.length, bytes: size });
  out.print(`${what}\n${entries.length} tensors, ${size} bytes   ${target}`);
  return EXIT.ok;
}

interface Content {
  readonly entries: readonly TensorEntry[];
  readonly metadata: Readonly<Record<string, string>>;
  /** For people. */
  readonly what: string;
}

const everything = ({ tensors, metadata, format }: TensorFile): Content => ({
  entries: [...tensors.values()],
  metadata,
  what: `every tensor of a ${format} file`,
});

function modelOf(file: TensorFile, hints: ModelHints): Content {
  try {
    const { parameters, metadata, title, encoder, notes } = recognise(file, hints);
    return {
      entries: [...parameters.values()].map(entryOf),
      metadata,
      what: [`${title}; encoder ${encoder}`, ...notes.map((note) => `note: ${note}`)].join("\n"),
    };
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    throw new CheckpointError(`${error.message}; --all converts all tensors as they are`);
  }
}

/** Parameters are written as f32, as they are computed with. */
const entryOf = ({ name, shape, read }: Parameter): TensorEntry => ({
  name,
  shape,
  dtype: "F32",
  read: async () => new Uint8Array((await read()).buffer),
});
