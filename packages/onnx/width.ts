import type { OnnxGraph, OnnxNode } from "@fiedler/io";

/** Operations that keep the width of their first input. */
const KEEPING = new Set([
  ...[
    "Relu",
    "Gelu",
    "Erf",
    "Sigmoid",
    "Tanh",
    "Identity",
    "Dropout",
    "Softmax",
    "MaxPool",
  ],
  ...["AveragePool", "Cast", "QuickGelu", "BiasGelu", "FastGelu", "HardSwish", "Clip"],
]);
/** Operations of two inputs, of which one may be a row of constants. */
const PAIRS = new Set(["Add", "Sub", "Mul", "Div"]);

/**
 * Numbers that a feature has, as far as the graph tells without being run: by a declared shape, or
 * by the constants of the operation that makes it. Null where it does not.
 */
export function widthOf(graph: OnnxGraph, name: string): number | null {
  const makers = new Map(
    graph.nodes.flatMap((node) => node.outputs.map((out) => [out, node])),
  );
  const open = [name];
  const seen = new Set<string>();
  // Values of the same width, until one tells it.
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    const declared = graph.declared.get(next)?.shape;
    if (declared?.length === 3 && typeof declared[2] === "number") {
      return declared[2];
    }
    const maker = makers.get(next);
    if (!maker) continue;
    const width = madeWidth(graph, maker, next);
    if (width !== null) return width;
    if (PAIRS.has(maker.op)) {
      open.push(...maker.inputs.slice(0, 2).toReversed());
    } else if (KEEPING.has(maker.op)) open.push(maker.inputs[0]);
  }
  return null;
}

/** By the constants of an operation. */
function madeWidth({ constants }: OnnxGraph, { op, inputs, outputs }: OnnxNode, name: string) {
  const shape = (input: number) => constants.get(inputs[input])?.shape;
  if (PAIRS.has(op)) return rowOf(shape(0)) ?? rowOf(shape(1));
  if (op === "MatMul") return shape(1)?.at(-1) ?? null;
  if (op === "Gemm") return rowOf(shape(2));
  if (op === "Conv") return shape(1)?.[0] ?? null;
  if (op.endsWith("Normalization")) return rowOf(shape(1));
  if (op === "Split") {
    return constants.get(inputs[1])?.integers?.[outputs.indexOf(name)] ?? null;
  }
  return null;
}

/** The length of a row of constants; a single one fits any width. */
function rowOf(shape: readonly number[] | undefined): number | null {
  const last = shape?.at(-1) ?? 1;
  return last > 1 ? last : null;
}
