/** ONNX graphs as bytes: no more of the format than benches and tests need (onnx.proto3, IR 9). */
import type { HostTensor } from "./workloads.ts";

/** A field of a message: its number in the schema, and a number, a text, or an inner message. */
type Field = readonly [number: number, value: number | string | Uint8Array];

const FLOAT = 1;
const INT64 = 7;
/** AttributeProto.AttributeType. */
const [ATTRIBUTE_FLOAT, ATTRIBUTE_INT, ATTRIBUTE_INTS] = [1, 2, 7];
/** Of the operators that onnxruntime adds. */
const MICROSOFT_OPSET = ["com.microsoft", 1] as const;

/** What a node may be given: whole numbers, lists of them, and `{ float }`. */
export type Attribute = number | readonly number[] | { readonly float: number };

/** Fields of GraphProto that describe a value. */
const ROLES = { input: 11, output: 12, inner: 13 } as const;

/** Collects nodes and weights; values are known by their names. */
export class OnnxGraph {
  #fields: Field[] = [];
  #names = 0;

  /** @param opset Version of ONNX's own operators. */
  constructor(private readonly opset = 18) {}

  /**
   * Declares an input or an output of the whole, or the shape of an inner value. Sizes that vary
   * have a name; the shape of an output may be left out.
   */
  declare(
    role: keyof typeof ROLES,
    name: string,
    shape?: readonly (number | string)[],
    type = FLOAT,
  ): void {
    const dims = shape?.map((size): Field => [
      1,
      message([[typeof size === "string" ? 2 : 1, size]]),
    ]);
    const tensor = message([
      [1, type],
      ...dims ? [[2, message(dims)] as const] : [],
    ]);
    const info = message([[1, name], [2, message([[1, tensor]])]]);
    this.#fields.push([ROLES[role], info]);
  }

  /** A constant tensor. */
  weight({ shape, data }: HostTensor): string {
    return this.#initializer(
      shape,
      FLOAT,
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    );
  }

  /** A constant list of whole numbers. */
  integers(values: readonly number[]): string {
    const words = BigInt64Array.from(values, BigInt);
    return this.#initializer(
      [values.length],
      INT64,
      new Uint8Array(words.buffer),
    );
  }

  /** A node with `outputs` results, or with those that `names` calls by name. */
  nodes(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    { outputs = 1, domain = "", names }: {
      readonly outputs?: number;
      readonly domain?: string;
      readonly names?: readonly string[];
    } = {},
  ): string[] {
    const results = names ??
      Array.from({ length: outputs }, () => this.#name());
    this.#fields.push([
      1,
      message([
        ...inputs.map((name): Field => [1, name]),
        ...results.map((name): Field => [2, name]),
        [4, type],
        ...Object.entries(attributes).map((
          entry,
        ): Field => [5, attribute(...entry)]),
        [7, domain],
      ]),
    ]);
    return [...results];
  }

  /** A node with one result. */
  node(...given: Parameters<OnnxGraph["nodes"]>): string {
    return this.nodes(...given)[0];
  }

  /** The model's file. */
  bytes(): Uint8Array<ArrayBuffer> {
    const graph = message([[2, "workload"], ...this.#fields]);
    const opsets = [["", this.opset] as const, MICROSOFT_OPSET].map((
      [domain, version],
    ): Field => [
      8,
      message([[1, domain], [2, version]]),
    ]);
    return message([[1, 9], [7, graph], ...opsets]);
  }

  #initializer(
    shape: readonly number[],
    type: number,
    raw: Uint8Array,
  ): string {
    const name = this.#name();
    const dims = shape.map((size): Field => [1, size]);
    this.#fields.push([5, message([...dims, [2, type], [8, name], [9, raw]])]);
    return name;
  }

  #name(): string {
    return `v${this.#names++}`;
  }
}

function attribute(name: string, value: Attribute): Uint8Array {
  if (typeof value === "number") {
    return message([[1, name], [3, value], [20, ATTRIBUTE_INT]]);
  }
  if ("float" in value) {
    const bits = new Uint8Array(Float32Array.of(value.float).buffer);
    return concat([
      message([[1, name], [20, ATTRIBUTE_FLOAT]]),
      varint(2 << 3 | 5),
      bits,
    ]);
  }
  return message([[1, name], ...value.map((v): Field => [8, v]), [
    20,
    ATTRIBUTE_INTS,
  ]]);
}

/** Protocol buffers: numbers as varints, all else with its length before it. */
function message(fields: readonly Field[]): Uint8Array<ArrayBuffer> {
  return concat(fields.flatMap(([number, value]) => {
    if (typeof value === "number") return [varint(number << 3), varint(value)];
    const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
    return [varint(number << 3 | 2), varint(bytes.length), bytes];
  }));
}

/** Seven bits a byte, lowest first; of negative numbers the 64 bits of their complement. */
function varint(signed: number): Uint8Array {
  const bytes = [];
  let value = BigInt.asUintN(64, BigInt(signed));
  for (; value > 127n; value >>= 7n) bytes.push(Number(value & 127n) | 128);
  return Uint8Array.of(...bytes, Number(value));
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
