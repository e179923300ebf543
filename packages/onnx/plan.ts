import { type OnnxGraph, type OnnxValue, onnxWithOutput, readOnnxGraph } from "@fiedler/io";
import { CheckpointError } from "@fiedler/models";
import { nameAdvice } from "./names.ts";
import type { OnnxOptions } from "./options.ts";
import { widthOf } from "./width.ts";

/** A graph as it will be run. */
export interface OnnxPlan {
  /** The model with the wanted output alone. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Names of its only input and output. */
  readonly input: string;
  readonly output: string;
  /** Pictures at once; null for any number. */
  readonly batch: 1 | null;
  /** Height and width of the pictures in pixels; null for any. */
  readonly size: readonly [number | null, number | null];
  /** Numbers of a feature. */
  readonly dim: number;
  /** Elements of all constants that are needed, and of those that are matrices or kernels. */
  readonly constants: number;
  readonly weights: number;
}

/**
 * Chooses the output, leaves out what it does not need, and holds the input against what pictures
 * are.
 *
 * @throws {FormatError} when the bytes are no ONNX model.
 * @throws {CheckpointError} when there is no such value, its width cannot be told, the weights lie
 * in other files, or the input is not pictures of 32-bit floats.
 */
export function planOnnx(model: Uint8Array, options: OnnxOptions): OnnxPlan {
  const whole = readOnnxGraph(model);
  const output = chooseOutput(whole, options.output);
  const bytes = onnxWithOutput(model, output);
  const graph = readOnnxGraph(bytes);
  const outside = [...graph.constants].find(([, { external }]) => external);
  if (outside) {
    throw new CheckpointError(
      `onnx: the weights ("${outside[0]}" is one) lie in another file; save the model as one ` +
        "file, with onnx.save(model, path)",
    );
  }
  const shapes = [...graph.constants.values()].map(({ shape }) => shape);
  const count = (some: readonly (readonly number[])[]) =>
    some.reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0);
  return {
    ...{ bytes, output, ...inputOf(graph), dim: dimOf(graph, output, options) },
    ...{ constants: count(shapes), weights: count(shapes.filter(({ length }) => length > 1)) },
  };
}

function chooseOutput(graph: OnnxGraph, wanted: string | undefined): string {
  if (wanted === undefined) {
    if (graph.outputs.length === 1) return graph.outputs[0].name;
    const names = graph.outputs.map(({ name }) => name).join(", ");
    throw new CheckpointError(
      `onnx: the graph has ${graph.outputs.length} outputs (${names}): name one as the output, ` +
        "or a value inside of it",
    );
  }
  if (graph.nodes.some(({ outputs }) => outputs.includes(wanted))) return wanted;
  throw new CheckpointError(`onnx: there is no tensor "${wanted}"; ${nameAdvice(graph, wanted)}`);
}

function dimOf(graph: OnnxGraph, output: string, { columns }: OnnxOptions): number {
  const width = widthOf(graph, output);
  if (!columns) {
    if (width !== null) return width;
    throw new CheckpointError(
      `onnx: the graph does not tell the width of "${output}": give the columns to take, ` +
        "such as 0 to 768 for all of 768",
    );
  }
  const [begin, end] = columns;
  if (end <= (width ?? Infinity)) return end - begin;
  throw new CheckpointError(`onnx: columns ${begin} to ${end} of "${output}", which has ${width}`);
}

/** What the graph is given: `[batch, 3, height, width]` f32. */
function inputOf({ inputs }: OnnxGraph): Pick<OnnxPlan, "input" | "batch" | "size"> {
  const [input] = inputs;
  const list = inputs.map(valueText).join(", ") || "none";
  const shape = input?.shape ?? [null, null, null, null];
  const [batch, channels, height, width] = shape;
  const planes = channels === 3 || typeof channels !== "number";
  if (inputs.length !== 1 || shape.length !== 4 || !planes || (input.dtype ?? "F32") !== "F32") {
    throw new CheckpointError(
      `onnx: the output must depend on one input of pictures, F32 [batch, 3, height, width]; ` +
        `this depends on ${list}`,
    );
  }
  if (typeof batch === "number" && batch !== 1) {
    throw new CheckpointError(
      `onnx: the graph takes ${batch} pictures at once, ${valueText(input)}; ` +
        "export it for one, or for any number",
    );
  }
  const fixed = (size: number | string | null) => typeof size === "number" ? size : null;
  return { input: input.name, batch: batch === 1 ? 1 : null, size: [fixed(height), fixed(width)] };
}

const valueText = ({ name, dtype, shape }: OnnxValue): string =>
  `"${name}" ${dtype ?? "of another type"} ` +
  (shape ? `[${shape.map((size) => size ?? "?").join(", ")}]` : "of any shape");
