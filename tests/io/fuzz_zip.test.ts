import {
  damage,
  EDGES,
  fuzz,
  INPUTS,
  joined,
  mutateText,
  pick,
  type Random,
} from "./fuzz_support.ts";
import { openTensorFile } from "@fiedler/io";
import { fixture } from "./fixtures.ts";
import {
  contents,
  nameOf,
  type Part,
  putTogether,
  refilled,
  renamed,
  takeApart,
  viewOf,
} from "./fuzz_archive.ts";

/** Fields by their place in a local header and in the directory, and their bytes. */
const FIELDS: readonly (readonly [local: number, central: number, bytes: 2 | 4])[] = [
  [4, 6, 2], // version
  [6, 8, 2], // flags
  [8, 10, 2], // method
  [14, 16, 4], // CRC-32
  [18, 20, 4], // size in the file
  [22, 24, 4], // size
  [26, 28, 2], // length of the name
  [28, 30, 2], // length of the extra field
];
/** Fields of the directory alone: length of the comment, disk, attributes, place. */
const CENTRAL_FIELDS: readonly (readonly [number, 2 | 4])[] = [[32, 2], [34, 2], [38, 4], [42, 4]];
const NAMES = [
  ...["", "/", "../x.npy", "/x.npy", "C:/x.npy", "a\\b.npy", "a\0.npy", "./x.npy", "x/", "x.npy"],
  ...["archive/data.pkl", "archive/version", "archive/byteorder", "archive/data/0", "é.npy"],
  ...["a/constants.pkl", "archive/data/../0", "x".repeat(300), "\ud800", "readme.txt"],
];
const WORDS = [..."{}'(),: \n", "True", "'<f8'", "'<f2'", "'|u1'", "'shape'", "(6,)", "()"];

type Edit = (parts: Part[], at: number, random: Random) => void;

/** Changes of one member, or of their order, inside an array of members. */
const EDITS: readonly Edit[] = [
  function fieldOfOneHeader(parts, at, random) {
    const [local, central, bytes] = pick(FIELDS, random);
    const part = parts[at];
    if (random(2) === 0) part.local = nudged(part.local, local, bytes, random);
    else part.central = nudged(part.central, central, bytes, random);
  },
  function fieldOfBothHeaders(parts, at, random) {
    const [local, central, bytes] = pick(FIELDS, random);
    const part = parts[at];
    part.central = nudged(part.central, central, bytes, random);
    part.local = copied(part.central, central, part.local, local, bytes);
  },
  function fieldOfTheDirectory(parts, at, random) {
    const [place, bytes] = pick(CENTRAL_FIELDS, random);
    parts[at].central = nudged(parts[at].central, place, bytes, random);
  },
  function name(parts, at, random) {
    parts[at] = renamed(parts[at], random(3) ? pick(NAMES, random) : nameOf(pick(parts, random)));
  },
  function packedBytes(parts, at, random) {
    if (parts[at].data.length > 0) parts[at].data = damage(parts[at].data, random);
  },
  function contentsOf(parts, at, random) {
    const bytes = tryContents(parts[at]);
    if (bytes?.length) parts[at] = refilled(parts[at], damaged(bytes, random));
  },
  function drop(parts, at) {
    parts.splice(at, 1);
  },
  function double(parts, at, random) {
    const copy = { ...parts[at] };
    parts.splice(at, 0, random(2) ? copy : renamed(copy, pick(NAMES, random)));
  },
  function place(parts, at, random) {
    parts[at].shift = pick([-1, 1, 30, -30, 4, random(4000), -random(4000)], random);
  },
  function longSizes(parts, at, random) {
    parts[at].central = withZip64(parts[at].central, random);
  },
  function gap(parts, at, random) {
    parts[at].data = joined(parts[at].data, new Uint8Array(1 + random(40)));
  },
];

/** What a member holds; undefined when an edit before has broken it. */
function tryContents(part: Part): Uint8Array | undefined {
  try {
    return contents(part);
  } catch {
    return undefined;
  }
}

/** Another number in a field: near the old one, or an edge. */
function nudged(header: Uint8Array, at: number, bytes: 2 | 4, random: Random): Uint8Array {
  const out = header.slice();
  const view = viewOf(out);
  if (at + bytes > out.length) return out;
  const old = bytes === 2 ? view.getUint16(at, true) : view.getUint32(at, true);
  const next = [old ^ 1 << random(8 * bytes), old + 1, old - 1, pick(EDGES, random)][random(4)];
  if (bytes === 2) view.setUint16(at, next, true);
  else view.setUint32(at, next, true);
  return out;
}

function copied(from: Uint8Array, fromAt: number, to: Uint8Array, toAt: number, bytes: number) {
  const out = to.slice();
  out.set(from.subarray(fromAt, fromAt + bytes), Math.min(toAt, out.length - bytes));
  return out;
}

/** Contents of a member: the header of an array by its tokens, others by their bytes. */
function damaged(bytes: Uint8Array, random: Random): Uint8Array {
  if (bytes[0] !== 0x93 || bytes.length < 10 || random(4) === 0) return damage(bytes, random);
  const start = 10 + viewOf(bytes).getUint16(8, true);
  const text = new TextDecoder("latin1").decode(bytes.subarray(10, start));
  const header = new TextEncoder().encode(mutateText(text, WORDS, random));
  const out = joined(bytes.subarray(0, 10), header, bytes.subarray(start));
  viewOf(out).setUint16(8, header.length, true);
  return out;
}

/** Moves sizes and place into a zip64 field, which may lie. */
function withZip64(central: Uint8Array, random: Random): Uint8Array {
  const view = viewOf(central);
  const extraAt = 46 + view.getUint16(28, true);
  if (extraAt > central.length) return central;
  const count = random(5);
  const field = new Uint8Array(4 + 8 * count);
  viewOf(field).setUint16(0, 1, true);
  viewOf(field).setUint16(2, 8 * count + (random(6) ? 0 : 1), true);
  const out = joined(central.subarray(0, extraAt), field, central.subarray(extraAt));
  viewOf(out).setUint16(30, view.getUint16(30, true) + field.length, true);
  for (const [i, at] of [24, 20, 42].slice(0, count).entries()) {
    const old = BigInt(view.getUint32(at, true));
    const value = random(3) ? old : BigInt(pick(EDGES, random));
    viewOf(out).setBigUint64(extraAt + 4 + 8 * i, value, true);
    viewOf(out).setUint32(at, 0xffffffff, true);
  }
  return out;
}

/** Changes of the end record, or of what stands around the archive. */
function mutateEnd(file: Uint8Array, random: Random): Uint8Array {
  const at = file.length - 22;
  const [field, bytes] = pick([[4, 2], [6, 2], [8, 2], [10, 2], [12, 4], [16, 4], [20, 2]], random);
  switch (random(4)) {
    case 0:
      return joined(new Uint8Array(1 + random(30)), file);
    case 1:
      return joined(file, new Uint8Array(1 + random(30)));
    case 2:
      return joined(file.subarray(0, at), file.subarray(at), file.subarray(at));
    default:
      return nudged(file, at + field, bytes as 2 | 4, random);
  }
}

function mutate(file: Uint8Array, random: Random): Uint8Array {
  if (random(16) === 0) return damage(file, random);
  const parts = takeApart(file);
  for (let edits = 1 + random(2); edits > 0 && parts.length > 0; edits--) {
    pick(EDITS, random)(parts, random(parts.length), random);
  }
  const order = random(8) ? parts : parts.toReversed();
  const out = putTogether(parts, order);
  return random(10) === 0 ? mutateEnd(out, random) : out;
}

const TORCH = ["bare", "list", "views_zip"].map((name) => fixture(`torch/${name}.pth`));

fuzz({
  name: "zip of stored members",
  files: [...TORCH, fixture("torch/arrays.npz")],
  mutate,
  open: openTensorFile,
  ratio: 2,
  refusals: 80,
}, 17);

fuzz(
  {
    name: "zip of compressed members",
    files: [putTogether(takeApart(fixture("torch/compressed.npz")).slice(0, 2))],
    mutate,
    open: openTensorFile,
    ratio: 1032, // the most that deflate can hold, which the reader enforces
    free: 1 << 20, // an inflater for the head of each member, one after the other
    refusals: 35,
  },
  19,
  Math.ceil(INPUTS / 5),
);
