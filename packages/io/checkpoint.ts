import { FormatError } from "./errors.ts";
import { numpyValue } from "./numpy_pickle.ts";
import { isPlain, keyText, pickleText } from "./pickle_text.ts";
import { isKind, type PickleRecord, type PickleValue } from "./pickle_value.ts";
import { quoteName } from "./quote.ts";
import type { TensorEntry } from "./tensor_file.ts";
import { type StorageResolver, tensorAttributes, torchTensor } from "./torch_tensor.ts";

/** What a checkpoint holds, by path. */
export interface CheckpointContents {
  readonly tensors: Map<string, TensorEntry>;
  readonly others: Map<string, string>;
}

const MAX_DEPTH = 100;
const MAX_VALUES = 500_000;
/** What a tensor counts among the values: its description takes so many times as long. */
const TENSOR_COST = 10;
const MAX_TEXT = 32 << 20; // characters of all paths and texts
const MAX_PATH = 4096; // characters of one path
const NAMESPACES = ["argparse.Namespace", "types.SimpleNamespace"];

/** A walk through nested values. */
interface Walk extends CheckpointContents {
  readonly resolver: StorageResolver;
  /** The values that the present one lies in. */
  readonly around: Set<PickleValue>;
  values: number;
  text: number;
}

/**
 * Names what a checkpoint holds: keys of nested dictionaries, positions in lists and attributes of
 * namespaces, joined by dots. A bare tensor is called `tensor`, any other bare value `value`.
 *
 * @throws {FormatError} when two values get the same name, and beyond the limits on depth and
 * number, which a value that is mentioned many times may pass.
 */
export function nameTensors(root: PickleValue, resolver: StorageResolver): CheckpointContents {
  const walk: Walk = {
    tensors: new Map(),
    others: new Map(),
    resolver,
    around: new Set(),
    values: 0,
    text: 0,
  };
  visit(walk, root, undefined);
  return { tensors: walk.tensors, others: walk.others };
}

/** @param path undefined for the value that is the whole file. */
function visit(walk: Walk, value: PickleValue, path: string | undefined): void {
  count(walk, 1);
  if (isKind(value, "record")) return visitRecord(walk, value, path);
  if (isKind(value, "persistent")) {
    const { className, bytes } = walk.resolver.storage(value.id);
    return note(walk, path, `${className} of ${bytes} bytes, no tensor`);
  }
  const nested = isKind(value, "dict") || isKind(value, "sequence");
  if (!nested) return note(walk, path, pickleText(value));
  inside(walk, value, path, () => {
    if (value.kind === "sequence") {
      count(walk, value.items.length);
      if (value.items.every(isPlain)) return note(walk, path, pickleText(value));
      for (const [i, item] of value.items.entries()) visit(walk, item, join(path, String(i)));
      return;
    }
    if (value.entries.size === 0) note(walk, path, "{}");
    for (const [key, item] of value.entries) visit(walk, item, join(path, keyText(key)));
    for (const [key, item] of value.attributes?.entries ?? []) {
      // _metadata repeats every module's name; one line of it is enough.
      note(walk, join(path, keyText(key)), pickleText(item));
    }
  });
}

function visitRecord(walk: Walk, record: PickleRecord, path: string | undefined): void {
  const name = path ?? "tensor";
  const found = torchTensor(record, name, walk.resolver) ?? numpyValue(record, name);
  if (typeof found === "object") {
    count(walk, TENSOR_COST - 1);
    claim(walk, name);
    walk.tensors.set(name, found);
    const attributes = tensorAttributes(record, name);
    if (attributes) note(walk, `${name}.__dict__`, pickleText(attributes));
    return;
  }
  if (found !== undefined) return note(walk, path, found);
  const { state } = record;
  if (!NAMESPACES.includes(record.name) || !isKind(state, "dict")) {
    return note(walk, path, pickleText(record));
  }
  inside(walk, record, path, () => {
    for (const [key, item] of state.entries) visit(walk, item, join(path, keyText(key)));
  });
}

/** Does the work unless a value lies in itself: then says so, once. */
function inside(walk: Walk, value: PickleValue, path: string | undefined, work: () => void): void {
  const { around } = walk;
  if (around.has(value)) return note(walk, path, "a value that this one lies in");
  if (around.size >= MAX_DEPTH) {
    throw new FormatError(
      `torch: ${quoteName(path ?? "value")} lies deeper than ${MAX_DEPTH} levels`,
    );
  }
  around.add(value);
  work();
  around.delete(value);
}

function note(walk: Walk, path: string | undefined, text: string): void {
  const name = path ?? "value";
  claim(walk, name);
  walk.text += text.length;
  walk.others.set(name, text);
}

/** Makes sure that nothing has this name yet. */
function claim(walk: Walk, name: string): void {
  if (walk.tensors.has(name) || walk.others.has(name)) {
    throw new FormatError(
      `torch: two values are called ${
        quoteName(name)
      } once their keys are joined by dots; rename one`,
    );
  }
  walk.text += name.length;
  if (walk.text > MAX_TEXT) {
    throw new FormatError(`torch: names of more than ${MAX_TEXT} characters in all`);
  }
}

function count(walk: Walk, values: number): void {
  walk.values += values;
  if (walk.values > MAX_VALUES) throw new FormatError(`torch: more than ${MAX_VALUES} values`);
}

function join(path: string | undefined, key: string): string {
  const joined = path === undefined ? key : `${path}.${key}`;
  if (joined.length <= MAX_PATH) return joined;
  throw new FormatError(`torch: a name of ${joined.length} characters, at most ${MAX_PATH}`);
}
