import { damage, EDGES, fuzz, INPUTS, joined, pick, type Random } from "./fuzz_support.ts";
import { openOnnx } from "@fiedler/io";
import { fixture } from "./fixtures.ts";
import { bytesOf, field, modelOf, tensor, varint } from "./onnx_bytes.ts";

/** A field of a message as it is written, or a message of such. */
type Node = { readonly tag: number; readonly inside: Uint8Array | readonly Node[] };

/** Fields that are messages, by the path of field numbers that leads to them. */
const MESSAGES = ["7", "7.1", "7.5", "7.5.13", "7.11", "7.12", "8", "7.11.2", "7.11.2.1"];

function parse(bytes: Uint8Array, path = ""): Node[] {
  const nodes: Node[] = [];
  for (let at = 0; at < bytes.length;) {
    const [tag, start] = number(bytes, at);
    const [value, after] = tag % 8 === 2 || tag % 8 === 0 ? number(bytes, start) : [0, start];
    const end = { 0: after, 1: start + 8, 2: after + value, 5: start + 4 }[tag % 8] ?? NaN;
    const inside = bytes.slice(tag % 8 === 2 ? after : start, end);
    const name = path + (tag >> 3);
    nodes.push({ tag, inside: MESSAGES.includes(name) ? parse(inside, `${name}.`) : inside });
    at = end;
  }
  return nodes;
}

function number(bytes: Uint8Array, at: number): [value: number, next: number] {
  for (let value = 0, scale = 1;; scale *= 128) {
    value += (bytes[at] & 127) * scale;
    if (bytes[at++] < 128) return [value, at];
  }
}

/** Writes messages, now and then with a wrong length, tag or number. */
function write(nodes: readonly Node[], random: Random): Uint8Array {
  const parts = nodes.flatMap(({ tag, inside }) => {
    const bytes = inside instanceof Uint8Array ? inside : write(inside, random);
    const wrong = random(400) === 0;
    const length = wrong && random(2) ? pick(EDGES, random) : bytes.length + (wrong ? 1 : 0);
    const head = Uint8Array.from(varint(tag));
    return tag % 8 === 2 ? [head, Uint8Array.from(varint(length)), bytes] : [head, bytes];
  });
  return joined(...parts);
}

/** Changes one field somewhere below. */
function edited(nodes: readonly Node[], random: Random): readonly Node[] {
  if (nodes.length === 0) return nodes;
  const at = random(nodes.length);
  const { tag, inside } = nodes[at];
  if (!(inside instanceof Uint8Array) && random(5) > 0) {
    return nodes.with(at, { tag, inside: edited(inside, random) });
  }
  const other = pick(nodes, random);
  switch (random(7)) {
    case 0:
      return nodes.toSpliced(at, 1);
    case 1:
      return nodes.toSpliced(at, 0, other);
    case 2:
      return nodes.with(at, other).with(nodes.indexOf(other), nodes[at]);
    case 3:
      return nodes.with(at, {
        tag: pick([tag + 8, tag - 8, tag ^ 2, tag ^ 1, 0, 75], random),
        inside,
      });
    case 4:
      return nodes.with(at, { tag, inside: other.inside });
    default:
      return nodes.with(at, { tag, inside: changed(tag, inside, random) });
  }
}

function changed(tag: number, inside: Node["inside"], random: Random): Node["inside"] {
  if (!(inside instanceof Uint8Array)) return inside;
  if (tag % 8 !== 0) return damage(inside, random);
  const value = random(3) ? random(24) : pick(EDGES, random) * pick([1, -1], random);
  return random(20) === 0 ? new Uint8Array(11).fill(255) : Uint8Array.from(varint(BigInt(value)));
}

function mutate(file: Uint8Array, random: Random): Uint8Array {
  if (random(8) === 0) return damage(file, random);
  let nodes: readonly Node[] = TREES.get(file) ?? [];
  for (let edits = 1 + random(2); edits > 0; edits--) nodes = edited(nodes, random);
  return write(nodes, random);
}

const EXTERNAL = [...field(13, [...field(1, "location"), ...field(2, "w.bin")]), ...field(14, 1)];
const FILES = [
  fixture("onnx/tensors.onnx"),
  modelOf(
    tensor("raw", 1, [2], field(9, bytesOf(Float32Array.of(1, 2)))),
    tensor("long", 7, [3], field(7, [1, 2, 3])),
    tensor("short", 5, [2], field(5, [...varint(-1), 1])),
    tensor("double", 11, [1], field(10, bytesOf(Float64Array.of(1)))),
    tensor("unsigned", 12, [1], field(11, 7)),
  ),
];
const LAST = modelOf(tensor("far", 1, [2], EXTERNAL), tensor("none", 1, [0]));
const TREES = new Map<Uint8Array, Node[]>([...FILES, LAST].map((file) => [file, parse(file)]));

fuzz(
  {
    name: "onnx",
    files: FILES,
    mutate: (file, random) => mutate(random(8) ? file : LAST, random),
    open: openOnnx,
    ratio: 8, // a number of 8 bytes may be written in one
    refusals: 22,
  },
  31,
  Math.ceil(INPUTS / 5),
);
