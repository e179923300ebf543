import { byteSize, ITEM_BYTES } from "./elements.ts";
import { FormatError } from "./errors.ts";
import {
  isKind,
  isSize,
  type PickleRecord,
  type PickleValue,
  sizeItems,
  tupleItems,
} from "./pickle_value.ts";
import { quoteName } from "./quote.ts";
import { gatherStrided } from "./strided.ts";
import type { TensorDtype, TensorEntry } from "./tensor_file.ts";
import { DTYPES, type StorageClass, STORAGES } from "./torch_globals.ts";

/** Elements in a row, on which tensors are views. */
export interface TorchStorage extends StorageClass {
  /** Full name of its class. */
  readonly className: string;
  /** Bytes in all. */
  readonly bytes: number;
  /** Bytes `[offset, offset + length)`, inside the storage. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** What a file's persistent ids stand for, and the bound on what its tensors may ask for. */
export interface StorageResolver {
  /** @throws {FormatError} when the file does not hold it. */
  storage(id: PickleValue): TorchStorage;
  /** No tensor may have more bytes: twice the file. */
  readonly maxTensorBytes: number;
}

/** A view of a storage, as the arguments of `_rebuild_tensor*` describe it. */
interface View {
  readonly storage: TorchStorage;
  readonly dtype: TensorDtype | undefined;
  /** Elements before the first. */
  readonly offset: number;
  readonly shape: readonly number[];
  /** Elements from one index to the next, a dimension each. */
  readonly strides: readonly number[];
}

const REBUILD = "torch._utils._rebuild_";
const DENSE = [`${REBUILD}tensor`, `${REBUILD}tensor_v2`, `${REBUILD}tensor_v3`];
const PARAMETERS = [`${REBUILD}parameter`, `${REBUILD}parameter_with_state`];
/** `(rebuild, class, args, attributes)`: a tensor with attributes of its own. */
const SUBCLASS = "torch._tensor._rebuild_from_type_v2";
const MAX_WRAPS = 3; // a parameter with attributes takes two
/** Tensors that are not read, with the reason. */
const UNREAD: ReadonlyMap<string, string> = new Map([
  [`${REBUILD}qtensor`, "quantised tensor, not read; save tensor.dequantize()"],
  [`${REBUILD}sparse_tensor`, "sparse tensor, not read; save tensor.to_dense()"],
  [`${REBUILD}sparse_csr_tensor`, "sparse tensor, not read; save tensor.to_dense()"],
]);

/**
 * The tensor that a record of a call would have made.
 *
 * @param name What the tensor is called, for messages and the entry.
 * @returns The entry; a text when it is a tensor of a kind that is not read; undefined when the
 * record makes no tensor.
 * @throws {FormatError} when it does not fit its storage.
 */
export function torchTensor(
  record: PickleRecord,
  name: string,
  resolver: StorageResolver,
): TensorEntry | string | undefined {
  const { call } = unwrap(record, name);
  if (!DENSE.includes(call.name)) return UNREAD.get(call.name);
  const view = readView(call, name, resolver);
  if (view.dtype === undefined) {
    return `tensor [${view.shape}] of ${view.storage.className}, not read; save it as real numbers`;
  }
  return entryOf(name, { ...view, dtype: view.dtype }, resolver);
}

/** Attributes that a tensor carries, such as `{"tag": 1}`; undefined without any. */
export function tensorAttributes(record: PickleRecord, name: string): PickleValue | undefined {
  const { attributes } = unwrap(record, name);
  return isKind(attributes, "dict") && attributes.entries.size === 0 ? undefined : attributes;
}

/** Takes off what says that a tensor is a parameter, or has attributes. */
function unwrap(
  record: PickleRecord,
  name: string,
): { readonly call: PickleRecord; readonly attributes: PickleValue | undefined } {
  let call: PickleRecord = record;
  let attributes: PickleValue | undefined;
  for (let wraps = 0; wraps <= MAX_WRAPS; wraps++) {
    const [first, , third, fourth] = call.args;
    if (PARAMETERS.includes(call.name)) {
      if (!isKind(first, "record")) return fail(name, "is a parameter without a tensor");
      attributes ??= fourth;
      call = first;
    } else if (call.name === SUBCLASS) {
      const args = tupleItems(third);
      if (!isKind(first, "global") || !args) return fail(name, "is rebuilt by no function");
      attributes ??= fourth;
      call = { kind: "record", name: first.name, args };
    } else return { call, attributes };
  }
  return fail(name, `is wrapped more than ${MAX_WRAPS} times`);
}

function readView({ name: call, args }: PickleRecord, name: string, resolver: StorageResolver) {
  const [source, offset, size, stride] = args;
  if (!isKind(source, "persistent")) return fail(name, "has no storage");
  const storage = resolver.storage(source.id);
  const shape = sizesOf(size);
  const strides = sizesOf(stride);
  if (!isSize(offset) || !shape || !strides || shape.length !== strides.length) {
    return fail(name, "has an offset, shape or strides that are not whole numbers of one rank");
  }
  const dtype = call.endsWith("v3") ? dtypeArgument(args[6], name) : storage.dtype;
  return { storage, dtype, offset, shape, strides } satisfies View;
}

function dtypeArgument(value: PickleValue | undefined, name: string): TensorDtype | undefined {
  const dtype = isKind(value, "global") ? DTYPES.get(value.name) : undefined;
  return dtype === undefined ? fail(name, "has no element type") : dtype ?? undefined;
}

/** A tuple of sizes, or torch.Size of one. */
function sizesOf(value: PickleValue | undefined): readonly number[] | undefined {
  return sizeItems(isKind(value, "record") && value.name === "torch.Size" ? value.args[0] : value);
}

function entryOf(
  name: string,
  view: View & { readonly dtype: TensorDtype },
  { maxTensorBytes }: StorageResolver,
): TensorEntry {
  const { storage, dtype, offset, shape, strides } = view;
  const itemBytes = ITEM_BYTES[dtype];
  const size = byteSize(dtype, shape);
  if (Number.isNaN(size)) fail(name, `has shape [${shape}], too large to count`);
  if (size > maxTensorBytes) {
    fail(name, `is ${dtype} [${shape}], ${size} bytes, more than twice the whole file`);
  }
  const span = size === 0 ? 0 : spanOf(shape, strides);
  const held = Math.floor(storage.bytes / itemBytes);
  if (!(offset + span <= held)) {
    fail(
      name,
      `[${shape}] with strides [${strides}] at ${offset} reaches element ${offset + span} of a ` +
        `storage of ${held}`,
    );
  }
  const read = async () => {
    const bytes = await storage.read(offset * itemBytes, span * itemBytes);
    if (size === 0 || isRowMajor(shape, strides)) return bytes;
    return gatherStrided(bytes, itemBytes, shape, strides);
  };
  return { name, dtype, shape, read };
}

/** Elements from the first to the last that a tensor reaches; not a safe integer when too many. */
function spanOf(shape: readonly number[], strides: readonly number[]): number {
  return shape.reduce((span, length, axis) => span + (length - 1) * strides[axis], 1);
}

/** Sizes of 1 never advance, so their strides do not matter. */
function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== stride) return false;
    stride *= shape[axis];
  }
  return true;
}

/** `("storage", class, key, location, count, …)`: the persistent id of a storage, taken apart. */
export function readStorageId(id: PickleValue): {
  readonly className: string;
  readonly storage: StorageClass;
  readonly key: string;
  readonly bytes: number;
  readonly rest: readonly PickleValue[];
} {
  const [kind, storageClass, key, , count, ...rest] = tupleItems(id) ?? [];
  const className = isKind(storageClass, "global") ? storageClass.name : "";
  const storage = STORAGES.get(className);
  if (kind !== "storage" || !storage || typeof key !== "string" || !isSize(count)) {
    throw new FormatError("torch: a persistent id that names no storage");
  }
  const bytes = count * storage.itemBytes;
  if (!Number.isSafeInteger(bytes)) {
    throw new FormatError(`torch: storage ${quoteName(key)} of ${count} elements`);
  }
  return { className, storage, key, bytes, rest };
}

function fail(name: string, what: string): never {
  throw new FormatError(`torch: tensor ${quoteName(name)} ${what}`);
}
