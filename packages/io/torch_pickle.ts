import { viewOf } from "./bytes.ts";
import { nameTensors } from "./checkpoint.ts";
import { FormatError } from "./errors.ts";
import { MAX_PICKLE_BYTES, type Pickle, readPickle } from "./pickle.ts";
import { PickleEnds } from "./pickle_machine.ts";
import {
  isKind,
  isSize,
  type PicklePersistent,
  type PickleValue,
  tupleItems,
} from "./pickle_value.ts";
import { quoteName } from "./quote.ts";
import { readRange } from "./read_range.ts";
import type { ByteSource } from "./source.ts";
import type { TensorFile } from "./tensor_file.ts";
import { TORCH_GLOBALS } from "./torch_globals.ts";
import { readStorageId, type StorageResolver, type TorchStorage } from "./torch_tensor.ts";

const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;
/** The most that a pickle with arrays inside may have: below the longest string of an engine. */
const MAX_ARRAYS_BYTES = 400 << 20;
/** Bytes read ahead for a pickle whose length is not written; then eight times as many. */
const WINDOW_BYTES = 256 << 10;
/** Before each storage: how many elements it has. */
const COUNT_BYTES = 8;

/**
 * Opens a pickle: what `torch.save` wrote before torch 1.6, or a dictionary of numpy's arrays, as
 * detectron2 keeps weights.
 *
 * torch's are five pickles (a magic number, the protocol, facts on the machine, the value, the keys
 * of storages), then the storages themselves; only the pickles are read. Arrays stand inside of
 * theirs, which is read whole.
 *
 * @throws {FormatError} naming the global or the tensor, and what is wrong with it.
 */
export async function openPickle(source: ByteSource): Promise<TensorFile> {
  const next = pickles(source);
  const first = await next(MAX_ARRAYS_BYTES);
  return first.value === MAGIC ? await openTorch(source, next) : openArrays(source, first);
}

/** One pickle that fills the file and holds arrays. */
function openArrays(source: ByteSource, { value, end }: Pickle): TensorFile {
  const found = end === source.size ? nameTensors(value, NO_STORAGES) : undefined;
  if (found && found.tensors.size > 0) {
    return { format: "pickle", metadata: Object.create(null), ...found };
  }
  throw new FormatError(
    "torch: a pickle that torch.save did not write; load it in Python and save its tensors: " +
      'torch.save(state_dict, "tensors.pth")',
  );
}

const NO_STORAGES: StorageResolver = {
  maxTensorBytes: 0,
  storage: () => {
    throw new FormatError("torch: a pickle that refers to storages, but has none");
  },
};

async function openTorch(source: ByteSource, next: NextPickle): Promise<TensorFile> {
  const protocol = (await next()).value;
  if (protocol !== PROTOCOL) {
    throw new FormatError(`torch: protocol ${String(protocol)} of the old form, not ${PROTOCOL}`);
  }
  checkSystem((await next()).value);
  const { value, outside } = await next();
  const keys = await next();
  const places = placesOf(source, readKeys(keys.value), outside, keys.end);
  const { tensors, others } = nameTensors(value, streamStorages(source, places));
  return { format: "torch pickle", metadata: Object.create(null), tensors, others };
}

/** Reads the next pickle, of at most so many bytes. */
type NextPickle = (mostBytes?: number) => Promise<Pickle>;

/** Reads one pickle after the other; each call the next. */
function pickles(source: ByteSource): NextPickle {
  let at = 0;
  return async (mostBytes = MAX_PICKLE_BYTES) => {
    const most = Math.min(source.size - at, mostBytes);
    for (let length = Math.min(WINDOW_BYTES, most);; length = Math.min(8 * length, most)) {
      const bytes = await readRange(source, at, length, "torch: pickle");
      try {
        const pickle = readPickle(bytes, TORCH_GLOBALS, mostBytes);
        at += pickle.end;
        return { ...pickle, end: at };
      } catch (error) {
        const more = error instanceof PickleEnds && length < most && error.needed <= most;
        if (more) continue;
        if (!(error instanceof PickleEnds) || most === source.size - at) throw error;
        throw new FormatError(
          `torch: a pickle of more than ${mostBytes} bytes, which is not read; load it in Python ` +
            'and save its tensors: torch.save(state_dict, "tensors.pth")',
          { cause: error },
        );
      }
    }
  };
}

function checkSystem(system: PickleValue): void {
  const little = isKind(system, "dict") ? system.entries.get("little_endian") : undefined;
  if (little === true) return;
  throw new FormatError(
    little === false
      ? "torch: written on a big-endian machine, which is not read; load the file and save it " +
        "again on a little-endian one"
      : "torch: does not say the byte order of its machine",
  );
}

function readKeys(value: PickleValue): string[] {
  const items = isKind(value, "sequence") && value.type === "list" ? value.items : undefined;
  if (!items?.every((item) => typeof item === "string")) {
    throw new FormatError("torch: the keys of the storages are no list of texts");
  }
  if (new Set(items).size === items.length) return items;
  throw new FormatError("torch: two storages have the same key");
}

/** Where each storage lies. */
type Places = ReadonlyMap<string, { readonly start: number; readonly bytes: number }>;

/** The storages follow the pickles in the order of their keys, to the end of the file. */
function placesOf(
  source: ByteSource,
  keys: readonly string[],
  outside: readonly PicklePersistent[],
  begin: number,
): Places {
  const sizes = new Map<string, number>();
  for (const { id } of outside) {
    const { key, bytes } = readStorageId(id);
    if ((sizes.get(key) ?? bytes) !== bytes) fail(key, "has two sizes");
    sizes.set(key, bytes);
  }
  const places = new Map<string, { start: number; bytes: number }>();
  let end = begin;
  for (const key of keys) {
    const bytes = sizes.get(key);
    if (bytes === undefined) return fail(key, "belongs to no tensor");
    const start = end + COUNT_BYTES;
    places.set(key, { start, bytes });
    end = start + bytes;
  }
  if (end === source.size) return places;
  throw new FormatError(
    `torch: the storages end at byte ${end} but the file has ${source.size} bytes; it is cut ` +
      "short or damaged, fetch it again",
  );
}

function streamStorages(source: ByteSource, places: Places): StorageResolver {
  return {
    maxTensorBytes: 2 * source.size,
    storage(id: PickleValue): TorchStorage {
      const { className, storage, key, rest } = readStorageId(id);
      const place = places.get(key);
      if (!place) return fail(key, "is not in the file");
      const { start, bytes } = viewInto(key, rest[0], place, storage.itemBytes);
      const read = async (offset: number, length: number) => {
        await checkCount(source, key, place, storage.itemBytes);
        return await readRange(source, start + offset, length, `torch: storage ${quoteName(key)}`);
      };
      return { ...storage, className, bytes, read };
    },
  };
}

/** `(key, offset, count)`: a part of a storage that is a storage of its own; None for the whole. */
function viewInto(
  key: string,
  view: PickleValue | undefined,
  { start, bytes }: { readonly start: number; readonly bytes: number },
  itemBytes: number,
): { readonly start: number; readonly bytes: number } {
  if (view === null) return { start, bytes };
  const [, offset, count] = tupleItems(view) ?? [];
  if (!isSize(offset) || !isSize(count) || !((offset + count) * itemBytes <= bytes)) {
    return fail(key, "has a view that does not fit it");
  }
  return { start: start + offset * itemBytes, bytes: count * itemBytes };
}

/** The number before a storage must be the one that the pickle declares. */
async function checkCount(
  source: ByteSource,
  key: string,
  { start, bytes }: { readonly start: number; readonly bytes: number },
  itemBytes: number,
): Promise<void> {
  const word = await readRange(
    source,
    start - COUNT_BYTES,
    COUNT_BYTES,
    `torch: storage ${quoteName(key)}`,
  );
  const count = viewOf(word).getBigInt64(0, true);
  if (count === BigInt(bytes / itemBytes)) return;
  fail(key, `declares ${bytes / itemBytes} elements but ${count} are written; the file is damaged`);
}

function fail(key: string, what: string): never {
  throw new FormatError(`torch: storage ${quoteName(key)} ${what}`);
}
