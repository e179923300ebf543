/**
 * A value of a pickle. Nothing of it was executed: what Python would have called is a
 * {@linkcode PickleRecord} that says so.
 */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleSequence
  | PickleDict
  | PickleGlobal
  | PickleRecord
  | PicklePersistent;

/** Values in order. A set keeps the order of the file. */
export interface PickleSequence {
  readonly kind: "sequence";
  readonly type: "list" | "tuple" | "set" | "frozenset";
  readonly items: PickleValue[];
}

/** A dictionary; a map, so that no key is special. */
export interface PickleDict {
  readonly kind: "dict";
  readonly entries: Map<PickleValue, PickleValue>;
  /** Attributes of an `OrderedDict`, such as `_metadata` of a state dict. */
  attributes?: PickleDict;
}

/** A Python name of the allow-list. */
export interface PickleGlobal {
  readonly kind: "global";
  /** Module and name, joined by a dot. */
  readonly name: string;
  readonly makes: Makes;
}

/** What calling a name makes: a container, an inert record of the call, or nothing (refused). */
export type Makes = "record" | "dict" | "set" | "frozenset" | "nothing";

/** A call that was not made. */
export interface PickleRecord {
  readonly kind: "record";
  /** What would have been called. */
  readonly name: string;
  readonly args: readonly PickleValue[];
  /** What would have been handed to `__setstate__`. */
  state?: PickleValue;
}

/** A reference to something outside the pickle: to a storage, in torch's files. */
export interface PicklePersistent {
  readonly kind: "persistent";
  readonly id: PickleValue;
}

type Compound = Extract<PickleValue, { readonly kind: string }>;

/** Whether a value is one of the records, not a plain value. */
export function isCompound(value: PickleValue | undefined): value is Compound {
  return typeof value === "object" && value !== null && !(value instanceof Uint8Array);
}

/** Whether a value is a record of this kind. */
export function isKind<Kind extends Compound["kind"]>(
  value: PickleValue | undefined,
  kind: Kind,
): value is Extract<Compound, { readonly kind: Kind }> {
  return isCompound(value) && value.kind === kind;
}

/** The items of a tuple; undefined for everything else. */
export function tupleItems(value: PickleValue | undefined): readonly PickleValue[] | undefined {
  return isKind(value, "sequence") && value.type === "tuple" ? value.items : undefined;
}

/** Dimensions that a tensor may have. */
const MAX_RANK = 64;

/** The items of a tuple or list of sizes; undefined for everything else. */
export function sizeItems(value: PickleValue | undefined): readonly number[] | undefined {
  if (!isKind(value, "sequence") || value.items.length > MAX_RANK) return;
  return value.items.every(isSize) ? value.items : undefined;
}

/** Whether a value is a whole number from 0 on that is exact. */
export function isSize(value: PickleValue | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
