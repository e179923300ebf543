import { type ByteSource, FormatError } from "@fiedler/io";
import { type Backbone, CheckpointError, type FoundModel } from "@fiedler/models";
import { findOnnxModel, type OnnxOptions } from "@fiedler/onnx";
import { usage } from "./args.ts";
import { CliError, EXIT } from "./exit.ts";

/**
 * A graph as a model, whose errors name the file and the flags.
 *
 * @throws {CliError} exit 4 when it cannot be run so.
 */
export async function openGraph(
  source: ByteSource,
  path: string,
  options: OnnxOptions,
): Promise<FoundModel> {
  const named = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw inWords(path, error);
    }
  };
  const model = await named(findOnnxModel(source, options));
  return {
    ...model,
    async load(gpu) {
      const backbone = await named(model.load(gpu));
      const compute: Backbone["compute"] = (...args) => named(backbone.compute!(...args));
      return { ...backbone, compute };
    },
  };
}

/** An error about a graph with what to do on the command line; others as they are. */
function inWords(path: string, error: unknown): unknown {
  const unusable = ({ message }: Error, advice: string) =>
    new CliError(EXIT.checkpoint, message, path, advice, { cause: error });
  if (error instanceof FormatError) {
    return unusable(error, "--onnx-patch is for ONNX files; leave it out for other checkpoints");
  }
  if (error instanceof CheckpointError) {
    return unusable(error, "see --onnx-output, --onnx-patch and the other flags of graphs");
  }
  // Facets, layers and options were checked before: this is about the size of pictures.
  return error instanceof RangeError
    ? usage(error.message, path, "give --resize fixed:HxW")
    : error;
}
