import { FormatError } from "./errors.ts";
import { ONNX_DTYPES, openOnnxTensor, type UnreadTensor } from "./onnx_tensor.ts";
import {
  contentsOf,
  expectWire,
  type Field,
  fieldsOf,
  numberOf,
  once,
  readAhead,
  textIn,
  textOf,
  walkMessage,
} from "./protobuf.ts";
import type { ByteSource } from "./source.ts";
import type { TensorEntry, TensorFile } from "./tensor_file.ts";

/** Far above any real model; what is listed must fit in memory. */
const MAX_LISTED = 100_000;

/**
 * Opens an ONNX model: the initializers of its graph are the tensors, read when asked for; those of
 * functions, subgraphs and Constant nodes are not listed. `others` says who made it, for which
 * operator sets, the shapes of inputs and outputs, how many nodes there are, and which initializers
 * are of a type that is not read.
 *
 * An initializer whose elements lie in another file is listed, and its `read` names that file.
 *
 * Source: `onnx.proto3` of ONNX 1.12, IR version 8.
 *
 * @throws {FormatError} when the file breaks the format of protocol buffers or an initializer's
 * size, type and shape disagree.
 */
export async function openOnnx(source: ByteSource): Promise<TensorFile> {
  const ahead = readAhead(source);
  const others = new Map<string, string>();
  const producer = ["", ""];
  const seen = new Set<number>();
  let graph: Field | undefined;
  for await (const field of walkMessage(ahead, 0, source.size)) {
    const { number } = field;
    if ([2, 3, 7].includes(number)) once(seen, field);
    if (number === 2 || number === 3) producer[number - 2] = await textOf(ahead, field);
    else if (number === 7) graph = expectWire(field, "bytes");
    else if (number === 8) addOperators(others, await contentsOf(ahead, field));
  }
  if (!graph) throw new FormatError("onnx: the file has no graph; is it an ONNX model?");
  if (seen.has(2)) others.set("producer", producer.join(" ").trimEnd());
  const tensors = await readGraph(source, ahead, graph, others);
  return { format: "onnx", metadata: {}, tensors, others };
}

/** Adds an `OperatorSetIdProto`: `opset.ai.onnx` and its version. */
function addOperators(others: Map<string, string>, message: Uint8Array): void {
  let [domain, version] = ["", 0];
  for (const field of fieldsOf(message)) {
    if (field.number === 1) domain = textIn(message, field);
    if (field.number === 2) version = numberOf(field);
  }
  add(others, `opset.${domain || "ai.onnx"}`, String(version));
}

async function readGraph(
  source: ByteSource,
  ahead: ByteSource,
  { begin, end }: Field,
  others: Map<string, string>,
): Promise<Map<string, TensorEntry>> {
  const tensors = new Map<string, TensorEntry>();
  const inputs = new Map<string, string>();
  let nodes = 0;
  let sparse = 0;
  for await (const field of walkMessage(ahead, begin, end)) {
    const { number } = field;
    if (number === 1) nodes++;
    if (number === 5) {
      const tensor = await openOnnxTensor(source, ahead, expectWire(field, "bytes"));
      if ("read" in tensor) add(tensors, tensor.name, tensor);
      else add(others, `initializers.${tensor.name}`, unreadText(tensor));
    }
    if (number === 11) addValue(inputs, await contentsOf(ahead, field));
    if (number === 12) addValue(others, await contentsOf(ahead, field), "outputs.");
    if (number === 15) sparse++;
  }
  for (const [name, text] of inputs) {
    // Up to IR version 3 every initializer was an input too.
    if (!tensors.has(name)) add(others, `inputs.${name}`, text);
  }
  others.set("nodes", String(nodes));
  if (sparse > 0) others.set("sparse initializers", `${sparse}, not read`);
  return tensors;
}

function unreadText({ type, shape }: UnreadTensor): string {
  return `ONNX type ${type} [${shape.join(", ")}], not read`;
}

function add<T>(list: Map<string, T>, name: string, value: T): void {
  if (list.has(name)) throw new FormatError(`onnx: ${JSON.stringify(name)} stands twice`);
  if (list.size === MAX_LISTED) throw new FormatError(`onnx: more than ${MAX_LISTED} names`);
  list.set(name, value);
}

/** Adds a `ValueInfoProto` as text: `F32 [batch, 3, 224, 224]`. */
function addValue(list: Map<string, string>, message: Uint8Array, prefix = ""): void {
  let [name, text] = ["", "of no stated type"];
  for (const field of fieldsOf(message)) {
    if (field.number === 1) name = textIn(message, field);
    if (field.number === 2) text = typeText(insideOf(message, field));
  }
  add(list, prefix + name, text);
}

/** A `TypeProto` as text. */
function typeText(message: Uint8Array): string {
  for (const field of fieldsOf(message)) {
    if (field.number !== 1) continue;
    let [dtype, shape] = ["ONNX type 0", "of any shape"];
    const tensor = insideOf(message, field);
    for (const part of fieldsOf(tensor)) {
      if (part.number === 1) dtype = ONNX_DTYPES[numberOf(part)] ?? `ONNX type ${part.value}`;
      if (part.number === 2) shape = shapeText(insideOf(tensor, part));
    }
    return `${dtype} ${shape}`;
  }
  return "not a tensor";
}

/** A `TensorShapeProto` as text; a size without a number or a name is `?`. */
function shapeText(message: Uint8Array): string {
  const sizes: string[] = [];
  for (const field of fieldsOf(message)) {
    if (field.number !== 1) continue;
    const dimension = insideOf(message, field);
    let size = "?";
    for (const part of fieldsOf(dimension)) {
      if (part.number === 1) size = String(numberOf(part));
      if (part.number === 2) size = textIn(dimension, part);
    }
    sizes.push(size);
  }
  return `[${sizes.join(", ")}]`;
}

function insideOf(message: Uint8Array, field: Field): Uint8Array {
  const { begin, end } = expectWire(field, "bytes");
  return message.subarray(begin, end);
}
