/** Files of segmenters, ours and published ones. */
import { FormatError, openTensorFile, type TensorFile } from "@fiedler/io";
import { CheckpointError, recognise } from "@fiedler/models";
import {
  type FoundSegmenter,
  isSegmenterFile,
  readSegmenterFile,
  recogniseSegmenter,
  type SegmenterFile,
} from "@fiedler/segmenter";
import { CliError, EXIT } from "./exit.ts";
import { FileSource } from "./file_source.ts";

/** The file that a training ends with. */
export const TRAINED = "segmenter.safetensors";

/** A segmenter's file, of which only the directory has been read. */
export type OpenedSegmenter =
  & (
    | { readonly own: SegmenterFile; readonly published: null }
    | { readonly own: null; readonly published: FoundSegmenter }
  )
  & Disposable;

/**
 * Opens a segmenter that `train` wrote, or a published one.
 *
 * @throws {CliError} exit 4 when it is none.
 */
export async function openSegmenter(path: string): Promise<OpenedSegmenter> {
  const source = FileSource.open(path);
  try {
    const file = await openTensorFile(source);
    return { ...recognised(file, path), [Symbol.dispose]: () => source[Symbol.dispose]() };
  } catch (error) {
    source[Symbol.dispose]();
    throw unusableSegmenter(path, error);
  }
}

function recognised(file: TensorFile, path: string) {
  const published = recogniseSegmenter(file);
  if (published) return { own: null, published };
  try {
    return { own: readSegmenterFile(file), published: null };
  } catch (error) {
    throw isSegmenterFile(file) ? error : backboneAlone(file, path) ?? error;
  }
}

/** The error for a file that holds a feature extractor; null for any other. */
function backboneAlone(file: TensorFile, path: string): CliError | null {
  try {
    const { title } = recognise(file, {});
    return new CliError(
      EXIT.checkpoint,
      `this is a backbone (${title}), not a segmenter`,
      path,
      `train one on it with \`fiedler train SOURCE --backbone ${path}\`, and give its ${TRAINED}`,
    );
  } catch (error) {
    if (error instanceof CheckpointError) return null;
    throw error;
  }
}

/** An error about the content of a segmenter's file, with its path; others as they are. */
export function unusableSegmenter(path: string, error: unknown): unknown {
  if (!(error instanceof FormatError || error instanceof CheckpointError)) return error;
  return new CliError(EXIT.checkpoint, error.message, path, inspectAdvice(path), { cause: error });
}

/** What to do about a file that is not as it should be. */
export const inspectAdvice = (path: string): string =>
  `\`fiedler inspect ${path}\` tells what it holds; or take it again from where it came`;
