import { latin1, viewOf } from "./bytes.ts";
import { FormatError } from "./errors.ts";
import {
  isCompound,
  isKind,
  type PickleGlobal,
  type PicklePersistent,
  type PickleValue,
} from "./pickle_value.ts";

/** The state of reading one pickle. */
export interface Machine {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly globals: ReadonlyMap<string, PickleGlobal>;
  readonly stack: PickleValue[];
  /** Heights of the stack where a MARK stands. */
  readonly marks: number[];
  readonly memo: PickleValue[];
  /** Filled slots of the memo. */
  memoised: number;
  /** References to something outside, in the order of the file. */
  readonly outside: PicklePersistent[];
  /** The next byte. */
  at: number;
  /** The operation that runs, for messages: its byte and its name. */
  opAt: number;
  opName: string;
  /** Operations done, and items copied by them. */
  steps: number;
}

/** A pickle that goes on after the bytes at hand. */
export class PickleEnds extends FormatError {
  /**
   * A pickle that ends early.
   *
   * @param needed How many bytes it has at least.
   */
  constructor(message: string, readonly needed: number) {
    super(message);
  }
}

/** Operations and copied items; so the memo has no more slots either. */
export const MAX_STEPS = 1_000_000;
const MAX_DEPTH = 100;

/** A pickle before its first operation. */
export function newMachine(
  bytes: Uint8Array,
  globals: ReadonlyMap<string, PickleGlobal>,
): Machine {
  return {
    bytes,
    view: viewOf(bytes),
    globals,
    stack: [],
    marks: [],
    memo: [],
    memoised: 0,
    outside: [],
    at: 0,
    opAt: 0,
    opName: "start",
    steps: 0,
  };
}

/** Stops the reading. */
export function fail(machine: Machine, what: string): never {
  throw new FormatError(`pickle: ${machine.opName} at byte ${machine.opAt}: ${what}`);
}

/** Counts work, so that a short pickle cannot ask for much. */
export function spend(machine: Machine, steps: number): void {
  machine.steps += steps;
  if (machine.steps > MAX_STEPS) fail(machine, `more than ${MAX_STEPS} operations`);
}

/** Moves on by `length` bytes and returns where they start. */
export function take(machine: Machine, length: number): number {
  const start = machine.at;
  if (start + length > machine.bytes.length) {
    throw new PickleEnds(
      `pickle: ${machine.opName} at byte ${machine.opAt} needs ${length} bytes but ` +
        `${machine.bytes.length - start} follow; it is cut short or damaged`,
      start + length,
    );
  }
  machine.at = start + length;
  return start;
}

/** The next `length` bytes, a view. */
export function takeBytes(machine: Machine, length: number): Uint8Array {
  const start = take(machine, length);
  return machine.bytes.subarray(start, start + length);
}

/** A length of 8 bytes. */
export function takeLength8(machine: Machine): number {
  // Rounding above 2^53 does not matter: so many bytes never follow.
  return Number(machine.view.getBigUint64(take(machine, 8), true));
}

/** Bytes up to the next newline, one a character. */
export function takeLine(machine: Machine): string {
  const end = machine.bytes.indexOf(10, machine.at);
  const length = (end < 0 ? machine.bytes.length : end) - machine.at;
  const line = latinText(takeBytes(machine, length));
  take(machine, 1);
  return line;
}

/** One byte a character: protocol 0, and what Python 2 calls a string. */
export function latinText(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += latin1(bytes, at, at + 8192);
  return text;
}

/** Puts a value on the stack. */
export function push(machine: Machine, value: PickleValue): void {
  machine.stack.push(value);
}

/** Takes the topmost value above the last MARK. */
export function pop(machine: Machine): PickleValue {
  const value = peek(machine);
  machine.stack.pop();
  return value;
}

/** The topmost value above the last MARK. */
export function peek(machine: Machine): PickleValue {
  const { stack, marks } = machine;
  const ground = marks.length === 0 ? 0 : marks[marks.length - 1];
  if (stack.length <= ground) return fail(machine, "the stack is empty");
  return stack[stack.length - 1];
}

/** Begins a group. */
export function mark(machine: Machine): void {
  if (machine.marks.length >= MAX_DEPTH) fail(machine, `nested deeper than ${MAX_DEPTH}`);
  machine.marks.push(machine.stack.length);
}

/** Takes all values above the last MARK, and the MARK. */
export function popGroup(machine: Machine): PickleValue[] {
  const height = machine.marks.pop();
  return height === undefined
    ? fail(machine, "no MARK on the stack")
    : machine.stack.splice(height);
}

/** Puts pairs of keys and values into a dictionary. */
export function setItems(
  machine: Machine,
  entries: Map<PickleValue, PickleValue>,
  pairs: readonly PickleValue[],
): void {
  if (pairs.length % 2 !== 0) fail(machine, "a key without a value");
  for (let i = 0; i < pairs.length; i += 2) {
    const key = pairs[i];
    const mutable = isKind(key, "dict") ||
      (isKind(key, "sequence") && (key.type === "list" || key.type === "set"));
    if (mutable) fail(machine, "a list, set or dictionary as a key");
    entries.set(key, pairs[i + 1]);
  }
}

/** What a value is, in a word, for messages. */
export function kindOf(value: PickleValue): string {
  if (value === null) return "None";
  if (value instanceof Uint8Array) return "bytes";
  if (!isCompound(value)) return typeof value;
  if (value.kind === "sequence") return value.type;
  return value.kind === "record" || value.kind === "global" ? value.name : value.kind;
}
