import {
  damage,
  EDGES,
  fuzz,
  INPUTS,
  joined,
  pick,
  type Random,
  type Target,
} from "./fuzz_support.ts";
import { openTensorFile } from "@fiedler/io";
import { fixture } from "./fixtures.ts";
import { contents, nameOf, putTogether, refilled, takeApart, viewOf } from "./fuzz_archive.ts";

/** How the argument of an operation is written: bytes, or a count and so many bytes, or lines. */
type Form = { readonly fixed: number } | { readonly counted: number } | { readonly lines: number };

const FORMS: ReadonlyMap<number, Form> = new Map(
  ([
    [{ fixed: 1 }, "\x80Kqh\x82"],
    [{ fixed: 2 }, "M\x83"],
    [{ fixed: 4 }, "Jrj\x84"],
    [{ fixed: 8 }, "\x95G"],
    [{ counted: 1 }, "\x8aU\x8cC"],
    [{ counted: 4 }, "\x8bTXB"],
    [{ counted: 8 }, "\x8d\x8e\x96"],
    [{ lines: 1 }, "ILFVSPpg"],
    [{ lines: 2 }, "ci"],
    [{ fixed: 0 }, ".N\x88\x89]lae)\x85\x86\x87t}dsu\x8f\x90\x91(01\x94\x93R\x81bQ2o\x92\x97\x98"],
  ] as [Form, string][]).flatMap(([form, codes]) =>
    [...codes].map((code) => [code.charCodeAt(0), form] as const)
  ),
);
const CODES = [...FORMS.keys()];
const STOP = ".".charCodeAt(0);

/** An operation: its byte, and its argument as it is written. */
type Operation = Uint8Array;

/** The operations of some pickles in a row, and what follows them. */
interface Pickles {
  readonly operations: readonly Operation[];
  readonly rest: Uint8Array;
}

/** Takes the first so many pickles apart. */
function operationsOf(bytes: Uint8Array, pickles: number): Pickles {
  const operations: Operation[] = [];
  let at = 0;
  for (let stops = 0; stops < pickles;) {
    const length = 1 + argumentBytes(bytes, at);
    operations.push(bytes.slice(at, at + length));
    if (bytes[at] === STOP) stops++;
    at += length;
  }
  return { operations, rest: bytes.slice(at) };
}

function argumentBytes(bytes: Uint8Array, at: number): number {
  const form = FORMS.get(bytes[at]);
  if (!form) throw new Error(`byte ${bytes[at]} at ${at} is no operation`);
  if ("fixed" in form) return form.fixed;
  if ("counted" in form) return form.counted + countAt(bytes, at + 1, form.counted);
  let end = at;
  for (let line = 0; line < form.lines; line++) end = bytes.indexOf(10, end + 1);
  return end - at;
}

function countAt(bytes: Uint8Array, at: number, size: number): number {
  const view = viewOf(bytes);
  return size === 1 ? bytes[at] : size === 4 ? view.getUint32(at, true) : Number(
    view.getBigUint64(at, true),
  );
}

function operation(code: number, argument: Uint8Array = new Uint8Array(0)): Operation {
  return joined(Uint8Array.of(code), argument);
}

const TEXTS = [
  ...["", "0", "1", "storage", "cpu", "array", "latin1", "f4", "V8", "O", "a.b", "\n", "\u{1f600}"],
  ...["__class__", "__proto__", "9".repeat(400), "x".repeat(300), "little_endian", "12L", "-1"],
];
const GLOBALS = [
  ...["os system", "builtins eval", "builtins getattr", "torch load", "collections OrderedDict"],
  ...[
    "torch FloatStorage",
    "torch UntypedStorage",
    "torch._utils _rebuild_tensor_v2",
    "torch Size",
  ],
  ...["torch._utils _rebuild_parameter", "torch._utils _rebuild_tensor_v3", "torch float32"],
  ...["torch._utils _rebuild_sparse_tensor", "torch._tensor _rebuild_from_type_v2", "numpy dtype"],
  ...["numpy.core.multiarray _reconstruct", "numpy.core.multiarray scalar", "numpy ndarray"],
  ...["numpy.core.numeric _frombuffer", "_codecs encode", "builtins set", "builtins bytearray"],
  ...["argparse Namespace", "builtins frozenset", "collections Counter", "torch.storage _x"],
];
const encode = (text: string) => new TextEncoder().encode(text);

/** Any operation with an argument that fits it, mostly. */
function anyOperation(random: Random): Operation {
  const code = pick(CODES, random);
  const form = FORMS.get(code) as Form;
  if ("fixed" in form) {
    return operation(
      code,
      Uint8Array.from({ length: form.fixed }, () => random(4) ? random(8) : 255),
    );
  }
  if ("counted" in form) {
    const text = encode(pick(TEXTS, random));
    const size = random(6) ? text.length : pick(EDGES, random);
    return operation(code, joined(number(size, form.counted), text));
  }
  return operation(code, lines(form.lines, random));
}

function lines(count: number, random: Random): Uint8Array {
  const text = count === 2 ? pick(GLOBALS, random).replace(" ", "\n") : pick(TEXTS, random);
  return encode(`${text}\n`);
}

/** The low bytes of a number. */
function number(value: number, bytes: number): Uint8Array {
  const out = new Uint8Array(8);
  viewOf(out).setBigUint64(0, BigInt(value), true);
  return out.slice(0, bytes);
}

/** The operation with another argument. */
function withArgument(old: Operation, all: readonly Operation[], random: Random): Operation {
  const code = old[0];
  const form = FORMS.get(code) as Form;
  if ("lines" in form || ("counted" in form && random(2) === 0)) {
    // The argument of another operation of this kind, such as a global, a key, a type.
    const others = all.filter((each) => each[0] === code);
    const other = pick(others, random);
    if (other !== old && random(4)) return other;
    if ("lines" in form) return operation(code, lines(form.lines, random));
    const text = encode(pick(TEXTS, random));
    return operation(code, joined(number(text.length, form.counted), text));
  }
  if ("counted" in form) {
    const count = countAt(old, 1, form.counted);
    const stated = random(2) ? pick(EDGES, random) : count + random(5) - 2;
    const rest = old.subarray(1 + form.counted);
    return operation(code, joined(number(Math.max(stated, 0), form.counted), rest));
  }
  if (form.fixed === 0) return old;
  if (random(3) === 0) {
    return joined(old.subarray(0, 1), damage(old.subarray(1), random)).slice(0, 1 + form.fixed);
  }
  if (random(2) === 0) return operation(code, number(pick(EDGES, random), form.fixed));
  return operation(code, number(random(12), form.fixed));
}

/** Swaps, drops, repeats, inserts and changes operations. */
function mutateOperations(all: Operation[], random: Random): void {
  for (let edits = 1 + random(3); edits > 0; edits--) {
    const at = random(all.length);
    const other = random(all.length);
    switch (random(8)) {
      case 0:
        [all[at], all[other]] = [all[other], all[at]];
        break;
      case 1:
        all.splice(at, 1 + random(3));
        break;
      case 2:
        all.splice(at, 0, ...all.slice(other, other + 1 + random(12)));
        break;
      case 3:
        all.splice(at, 0, anyOperation(random));
        break;
      case 4:
        all[at] = anyOperation(random);
        break;
      default:
        all[at] = withArgument(all[at], all, random);
    }
    if (all.length === 0) return;
  }
}

function mutated({ operations, rest }: Pickles, random: Random): Uint8Array {
  const copy = [...operations];
  mutateOperations(copy, random);
  return joined(...copy, rest);
}

/** Mutates the pickle of an archive of torch, whose sizes and checksum are made right again. */
function zipMutator(files: readonly Uint8Array[]): Target["mutate"] {
  const archives = new Map(files.map((file) => {
    const parts = takeApart(file);
    const at = parts.findIndex((part) => nameOf(part).endsWith("/data.pkl"));
    return [file, { parts, at, pickles: operationsOf(contents(parts[at]), 1) }];
  }));
  return (file, random) => {
    const { parts, at, pickles } = archives.get(file) as NonNullable<
      ReturnType<typeof archives.get>
    >;
    return putTogether(parts.with(at, refilled(parts[at], mutated(pickles, random))));
  };
}

/** Mutates the five pickles of the older form, or the storages behind them. */
function streamMutator(files: readonly Uint8Array[]): Target["mutate"] {
  const streams = new Map(files.map((file) => [file, operationsOf(file, 5)]));
  return (file, random) =>
    random(16) === 0 ? damage(file, random) : mutated(streams.get(file) as Pickles, random);
}

const read = (names: readonly string[]) => names.map((name) => fixture(`torch/${name}`));
const ARCHIVES = read(["bare.pth", "list.pth", "views_zip.pth", "unread_zip.pth"]);
const STREAMS = read(["views_stream.pth", "dtypes_stream.pth", "checkpoint_stream2.pth.tar"]);

fuzz(
  {
    name: "pickles in torch's zip",
    files: ARCHIVES,
    mutate: zipMutator(ARCHIVES),
    open: openTensorFile,
    ratio: 2,
    refusals: 150,
  },
  23,
  Math.ceil(INPUTS / 2),
);

fuzz(
  {
    name: "pickles in torch's older stream",
    files: STREAMS,
    mutate: streamMutator(STREAMS),
    open: openTensorFile,
    ratio: 2,
    refusals: 150,
  },
  29,
  Math.ceil(INPUTS / 2),
);
