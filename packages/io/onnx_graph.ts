import { FormatError } from "./errors.ts";
import { ONNX_DTYPES } from "./onnx_tensor.ts";
import { eachVarint, expectWire, type Field, fieldsOf, numberOf, textIn } from "./protobuf.ts";
import { quoteName } from "./quote.ts";
import type { TensorDtype } from "./tensor_file.ts";

/** A value that a graph declares. */
export interface OnnxValue {
  /** As nodes call it. */
  readonly name: string;
  /** Null where it is not stated, or is none of ours. */
  readonly dtype: TensorDtype | null;
  /** Sizes; a name where one varies, null where it is not stated. Null for any shape. */
  readonly shape: readonly (number | string | null)[] | null;
}

/** An operation of a graph. */
export interface OnnxNode {
  /** `MatMul`, `Conv`, … */
  readonly op: string;
  /** Names of values; empty where an optional one is left out. */
  readonly inputs: readonly string[];
  /** As its inputs. */
  readonly outputs: readonly string[];
  /** Names that graphs inside of it mention, such as the branches of an `If`. */
  readonly inner: readonly string[];
}

/** A constant of a graph. */
export interface OnnxConstant {
  /** Slowest axis first. */
  readonly shape: readonly number[];
  /** Its elements, where they are whole numbers and few: sizes and axes. */
  readonly integers: readonly number[] | null;
  /** Whether its elements lie in another file. */
  readonly external: boolean;
}

/** What an ONNX model computes, without the elements of its constants. */
export interface OnnxGraph {
  /** What a caller gives: inputs that no constant fills. */
  readonly inputs: readonly OnnxValue[];
  /** What a caller is given. */
  readonly outputs: readonly OnnxValue[];
  /** Everything declared, inner values too, by name. */
  readonly declared: ReadonlyMap<string, OnnxValue>;
  /** In the order in which they are written, each after those it needs. */
  readonly nodes: readonly OnnxNode[];
  /** Weights and other constants, by name. */
  readonly constants: ReadonlyMap<string, OnnxConstant>;
}

/** Fields of `ModelProto` and `GraphProto`. */
const [MODEL_GRAPH, NODE, INITIALIZER, INPUT, OUTPUT, VALUE_INFO] = [7, 1, 5, 11, 12, 13];
const INT64 = 7;
/** Longer lists are weights. */
const FEW = 16;
/** Graphs inside of graphs: far above any real model. */
const MOST_NESTED = 16;

/**
 * Reads what an ONNX model in memory computes.
 *
 * Source: `onnx.proto3` of ONNX 1.12, IR version 8.
 *
 * @throws {FormatError} when the bytes break the format of protocol buffers, or hold no graph.
 */
export function readOnnxGraph(bytes: Uint8Array): OnnxGraph {
  const graph = graphOf(bytes);
  const parts = fieldsIn(graph);
  const values = (number: number) =>
    parts.filter((part) => part.number === number).map((part) => valueOf(contents(graph, part)));
  const constants = new Map(
    parts.filter(({ number }) => number === INITIALIZER)
      .map((part) => constantOf(contents(graph, part))),
  );
  const [inputs, outputs] = [values(INPUT), values(OUTPUT)];
  return {
    inputs: inputs.filter(({ name }) => !constants.has(name)),
    outputs,
    declared: new Map(
      [...values(VALUE_INFO), ...inputs, ...outputs].map((value) => [value.name, value]),
    ),
    nodes: parts.filter(({ number }) => number === NODE)
      .map((part) => nodeOf(contents(graph, part))),
    constants,
  };
}

/**
 * The same model with one output, which may be any value inside of it: whatever that does not need
 * is left out, so that it is not computed.
 *
 * @param name of the value.
 * @throws {FormatError} when no node puts it out, or the bytes are no model.
 */
export function onnxWithOutput(bytes: Uint8Array, name: string): Uint8Array<ArrayBuffer> {
  const graph = graphOf(bytes);
  const parts = fieldsIn(graph);
  const read = parts.filter(({ number }) => number === NODE)
    .map((part) => ({ part, node: nodeOf(contents(graph, part)) }));
  const needed = neededFor(name, read.map(({ node }) => node));
  const nodes = new Map(read.map(({ part, node }) => [part, node]));
  const declarations: Part[] = [];
  const kept = parts.filter((part) => {
    if (part.number === NODE) {
      return nodes.get(part)!.outputs.some((output) => needed.has(output));
    }
    if (part.number === INITIALIZER) return needed.has(nameIn(contents(graph, part), 8));
    if (part.number === INPUT) return needed.has(nameIn(contents(graph, part), 1));
    if (part.number !== OUTPUT && part.number !== VALUE_INFO) return true;
    const own = nameIn(contents(graph, part), 1) === name;
    if (own) declarations.push(part);
    return part.number === VALUE_INFO && !own;
  });
  const [declared] = declarations;
  const text = new TextEncoder().encode(name);
  const output = declared ? contents(graph, declared) : lengthDelimited(1, text);
  const body = joined([
    ...kept.map(({ start, end }) => graph.subarray(start, end)),
    lengthDelimited(OUTPUT, output),
  ]);
  const others = fieldsIn(bytes).filter(({ number }) => number !== MODEL_GRAPH);
  return joined([
    ...others.map(({ start, end }) => bytes.subarray(start, end)),
    lengthDelimited(MODEL_GRAPH, body),
  ]);
}

/** Every name that a value is computed from, its own too. */
function neededFor(name: string, nodes: readonly OnnxNode[]): Set<string> {
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((output) => [output, node])));
  if (name === "" || !makers.has(name)) {
    throw new FormatError(`onnx: no node of the graph puts out ${quoteName(name)}`);
  }
  const needed = new Set<string>();
  const open = [name];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (needed.has(next)) continue;
    needed.add(next);
    const maker = makers.get(next);
    if (maker) open.push(...maker.inputs, ...maker.inner);
  }
  return needed;
}

/** A field with the place of its tag. */
interface Part extends Field {
  readonly start: number;
}

function fieldsIn(message: Uint8Array): Part[] {
  let start = 0;
  return fieldsOf(message).map((field) => {
    const part = { ...field, start };
    start = field.end;
    return part;
  }).toArray();
}

function contents(message: Uint8Array, field: Field): Uint8Array {
  const { begin, end } = expectWire(field, "bytes");
  return message.subarray(begin, end);
}

function graphOf(bytes: Uint8Array): Uint8Array {
  const graphs = fieldsIn(bytes).filter(({ number }) => number === MODEL_GRAPH);
  if (graphs.length === 1) return contents(bytes, graphs[0]);
  const found = graphs.length === 0 ? "no graph; is it an ONNX model?" : "several graphs";
  throw new FormatError(`onnx: the file has ${found}`);
}

/** The text of the only field of a number; empty without one. */
function nameIn(message: Uint8Array, number: number): string {
  const field = fieldsOf(message).find((field) => field.number === number);
  return field ? textIn(message, field) : "";
}

function nodeOf(message: Uint8Array, depth = 0): OnnxNode {
  const node = { op: "", inputs: [] as string[], outputs: [] as string[], inner: [] as string[] };
  for (const field of fieldsOf(message)) {
    if (field.number === 1) node.inputs.push(textIn(message, field));
    if (field.number === 2) node.outputs.push(textIn(message, field));
    if (field.number === 4) node.op = textIn(message, field);
    if (field.number === 5) node.inner.push(...namesInside(contents(message, field), depth));
  }
  return node;
}

/** Names that the graphs of an `AttributeProto` mention, those inside of them too. */
function namesInside(attribute: Uint8Array, depth: number): string[] {
  if (depth === MOST_NESTED) throw new FormatError(`onnx: graphs are nested over ${depth} deep`);
  return fieldsOf(attribute).filter(({ number }) => number === 6 || number === 11)
    .flatMap((field) => {
      const graph = contents(attribute, field);
      return fieldsOf(graph).filter(({ number }) => number === NODE || number === OUTPUT)
        .flatMap((part) => {
          if (part.number === OUTPUT) return [nameIn(contents(graph, part), 1)];
          const { inputs, inner } = nodeOf(contents(graph, part), depth + 1);
          return [...inputs, ...inner];
        });
    }).toArray();
}

/** A `ValueInfoProto`. */
function valueOf(message: Uint8Array): OnnxValue {
  let [dtype, shape]: [OnnxValue["dtype"], OnnxValue["shape"]] = [null, null];
  const type = fieldsOf(message).find(({ number }) => number === 2);
  const tensorType = type && contents(message, type);
  const tensor = tensorType && fieldsOf(tensorType).find(({ number }) => number === 1);
  if (tensorType && tensor) {
    const inside = contents(tensorType, tensor);
    for (const field of fieldsOf(inside)) {
      if (field.number === 1) dtype = ONNX_DTYPES[numberOf(field)] ?? null;
      if (field.number === 2) shape = sizesOf(contents(inside, field));
    }
  }
  return { name: nameIn(message, 1), dtype, shape };
}

/** A `TensorShapeProto`. */
function sizesOf(message: Uint8Array): (number | string | null)[] {
  return fieldsOf(message).filter(({ number }) => number === 1).map((field) => {
    const dimension = contents(message, field);
    let size: number | string | null = null;
    for (const part of fieldsOf(dimension)) {
      if (part.number === 1) size = numberOf(part);
      if (part.number === 2) size = textIn(dimension, part);
    }
    return size;
  }).toArray();
}

/** A `TensorProto`, with its name. */
function constantOf(message: Uint8Array): [name: string, constant: OnnxConstant] {
  const [shape, listed]: [number[], number[]] = [[], []];
  let [type, external, raw] = [0, false, null as Uint8Array | null];
  const integersOf = (field: Field, into: number[]) => {
    if (field.wire === "varint") into.push(numberOf(field));
    else eachVarint(contents(message, field), (low, high) => into.push(high * 2 ** 32 + low));
  };
  for (const field of fieldsOf(message)) {
    if (field.number === 1) integersOf(field, shape);
    if (field.number === 2) type = numberOf(field);
    if (field.number === 7 && field.end - field.begin <= 10 * FEW) integersOf(field, listed);
    if (field.number === 9) raw = contents(message, field);
    if (field.number === 14) external = numberOf(field) === 1;
  }
  const integers = type !== INT64 || external ? null : raw ? int64s(raw) : listed;
  return [nameIn(message, 8), { shape, integers, external }];
}

function int64s(raw: Uint8Array): number[] | null {
  if (raw.length > 8 * FEW) return null;
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  return Array.from(
    { length: Math.floor(raw.length / 8) },
    (_, i) => Number(view.getBigInt64(8 * i, true)),
  );
}

/** A field of counted bytes, as it is written. */
function lengthDelimited(number: number, bytes: Uint8Array): Uint8Array {
  return joined([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

/** Seven bits a byte, lowest first. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push(value % 128 | 128);
  return Uint8Array.of(...bytes, value);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
