import type { OnnxOptions } from "@fiedler/onnx";
import { usage } from "./args.ts";
import type { ValuesOf } from "./flags.ts";
import { ONNX_FLAGS } from "./onnx_flags.ts";

/** Values of the flags of graphs. */
type OnnxValues = ValuesOf<typeof ONNX_FLAGS>;

/**
 * How the graph is to be run; undefined where an ONNX file is read as a known model.
 *
 * @throws {CliError} exit 2 when other flags of graphs are given without `--onnx-patch`, or numbers
 * are out of range.
 */
export function onnxOptions(values: OnnxValues): OnnxOptions | undefined {
  const patch = values["onnx-patch"];
  if (patch === undefined) {
    const [stray] = Object.entries(givenOnnxFlags(values));
    if (!stray) return undefined;
    throw usage(
      `--${stray[0]} is for graphs that are run as they are`,
      `--${stray.join(" ")}`,
      "give --onnx-patch N, the side of a patch in pixels, too",
    );
  }
  const columns = numbers(values["onnx-columns"]) as [number, number] | undefined;
  if (columns && columns[0] >= columns[1]) {
    throw usage(
      "--onnx-columns must begin below where it ends",
      `--onnx-columns ${values["onnx-columns"]}`,
      "give the first column and the one behind the last, such as 768:1536",
    );
  }
  const std = numbers(values["onnx-std"]);
  if (std && !std.every((value) => value > 0)) {
    const needs = "give what its input less its mean is divided by, such as 0.5,0.5,0.5";
    throw usage("--onnx-std must be above 0", `--onnx-std ${values["onnx-std"]}`, needs);
  }
  return {
    ...{ patch, output: values["onnx-output"], columns, skip: values["onnx-skip"] },
    ...{ mean: numbers(values["onnx-mean"]), std, runtime: values["onnx-runtime"] },
  };
}

/** Those of the flags that have a value, by name: results depend on each. */
export function givenOnnxFlags(values: OnnxValues): Readonly<Record<string, string | number>> {
  const names = Object.keys(ONNX_FLAGS) as (keyof OnnxValues)[];
  return Object.fromEntries(names.flatMap((name) => {
    const value = values[name];
    return value === undefined ? [] : [[name, value]];
  }));
}

const numbers = (list: string | undefined): number[] | undefined => list?.split(/[,:]/).map(Number);
