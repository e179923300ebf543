import { build, call, pushGlobal, stackGlobal } from "./pickle_call.ts";
import {
  fail,
  kindOf,
  latinText,
  type Machine,
  mark,
  MAX_STEPS,
  peek,
  pop,
  popGroup,
  push,
  setItems,
  take,
  takeBytes,
  takeLength8,
  takeLine,
} from "./pickle_machine.ts";
import { isKind, type PickleSequence, type PickleValue } from "./pickle_value.ts";

/** An operation of the pickle language; one without `run` is refused. */
interface Operation {
  readonly name: string;
  readonly run?: Run;
}

type Run = (machine: Machine) => void;

const MAX_PROTOCOL = 5;
const MAX_INTEGER_BYTES = 1024;
/** The longest decimal integer that Python itself reads. */
const MAX_DIGITS = 4300;
const UTF_8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const FLOAT = /^[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|inf|nan)$/;

/**
 * Every operation by its byte. Those that run are what torch 0.4 to 2.x, numpy and Python's own
 * values need; the others are named only, for the message.
 *
 * Source: CPython's Lib/pickletools.py.
 */
export const OPERATIONS: readonly (Operation | undefined)[] = byCode([
  ["\x80", "PROTO", proto],
  ["\x95", "FRAME", (m) => void takeLength8(m)],
  [".", "STOP"], // ends the loop that runs the others
  ["N", "NONE", (m) => push(m, null)],
  ["\x88", "NEWTRUE", (m) => push(m, true)],
  ["\x89", "NEWFALSE", (m) => push(m, false)],
  ["I", "INT", decimal],
  ["L", "LONG", decimal],
  ["J", "BININT", (m) => push(m, m.view.getInt32(take(m, 4), true))],
  ["K", "BININT1", (m) => push(m, length1(m))],
  ["M", "BININT2", (m) => push(m, m.view.getUint16(take(m, 2), true))],
  ["\x8a", "LONG1", (m) => push(m, integer(m, length1(m)))],
  ["\x8b", "LONG4", (m) => push(m, integer(m, m.view.getInt32(take(m, 4), true)))],
  ["F", "FLOAT", float],
  ["G", "BINFLOAT", (m) => push(m, m.view.getFloat64(take(m, 8)))],
  ["U", "SHORT_BINSTRING", (m) => push(m, latinText(takeBytes(m, length1(m))))],
  ["T", "BINSTRING", (m) => push(m, latinText(takeBytes(m, length4(m))))],
  ["V", "UNICODE", (m) => push(m, unescape(m, takeLine(m)))],
  ["\x8c", "SHORT_BINUNICODE", (m) => push(m, utf8(m, length1(m)))],
  ["X", "BINUNICODE", (m) => push(m, utf8(m, length4(m)))],
  ["\x8d", "BINUNICODE8", (m) => push(m, utf8(m, takeLength8(m)))],
  ["C", "SHORT_BINBYTES", (m) => push(m, takeBytes(m, length1(m)))],
  ["B", "BINBYTES", (m) => push(m, takeBytes(m, length4(m)))],
  ["\x8e", "BINBYTES8", (m) => push(m, takeBytes(m, takeLength8(m)))],
  ["\x96", "BYTEARRAY8", (m) => push(m, takeBytes(m, takeLength8(m)))],
  ["]", "EMPTY_LIST", (m) => push(m, sequence("list", []))],
  ["l", "LIST", (m) => push(m, sequence("list", popGroup(m)))],
  ["a", "APPEND", (m) => append(m, ["list"], [pop(m)])],
  ["e", "APPENDS", (m) => append(m, ["list"], popGroup(m))],
  [")", "EMPTY_TUPLE", (m) => push(m, sequence("tuple", []))],
  ["\x85", "TUPLE1", (m) => tuple(m, 1)],
  ["\x86", "TUPLE2", (m) => tuple(m, 2)],
  ["\x87", "TUPLE3", (m) => tuple(m, 3)],
  ["t", "TUPLE", (m) => push(m, sequence("tuple", popGroup(m)))],
  ["}", "EMPTY_DICT", (m) => push(m, { kind: "dict", entries: new Map() })],
  ["d", "DICT", dict],
  ["s", "SETITEM", (m) => update(m, [pop(m), pop(m)].reverse())],
  ["u", "SETITEMS", (m) => update(m, popGroup(m))],
  ["\x8f", "EMPTY_SET", (m) => push(m, sequence("set", []))],
  ["\x90", "ADDITEMS", (m) => append(m, ["set"], popGroup(m))],
  ["\x91", "FROZENSET", (m) => push(m, sequence("frozenset", popGroup(m)))],
  ["(", "MARK", mark],
  ["0", "POP", (m) => void pop(m)],
  ["1", "POP_MARK", (m) => void popGroup(m)],
  ["p", "PUT", (m) => memoise(m, slot(m))],
  ["q", "BINPUT", (m) => memoise(m, length1(m))],
  ["r", "LONG_BINPUT", (m) => memoise(m, length4(m))],
  ["\x94", "MEMOIZE", (m) => memoise(m, m.memoised)],
  ["g", "GET", (m) => recall(m, slot(m))],
  ["h", "BINGET", (m) => recall(m, length1(m))],
  ["j", "LONG_BINGET", (m) => recall(m, length4(m))],
  ["c", "GLOBAL", (m) => pushGlobal(m, takeLine(m), takeLine(m))],
  ["\x93", "STACK_GLOBAL", stackGlobal],
  ["R", "REDUCE", call],
  ["\x81", "NEWOBJ", call],
  ["b", "BUILD", build],
  ["Q", "BINPERSID", outside],
  ["P", "PERSID"],
  ["S", "STRING"],
  ["2", "DUP"],
  ["i", "INST"],
  ["o", "OBJ"],
  ["\x92", "NEWOBJ_EX"],
  ["\x82", "EXT1"],
  ["\x83", "EXT2"],
  ["\x84", "EXT4"],
  ["\x97", "NEXT_BUFFER"],
  ["\x98", "READONLY_BUFFER"],
]);

function byCode(list: readonly (readonly [string, string, Run?])[]): (Operation | undefined)[] {
  const table = Array<Operation | undefined>(256).fill(undefined);
  for (const [code, name, run] of list) table[code.charCodeAt(0)] = { name, run };
  return table;
}

function proto(machine: Machine): void {
  const protocol = length1(machine);
  if (machine.opAt !== 0) fail(machine, "not at the start of the pickle");
  if (protocol > MAX_PROTOCOL) fail(machine, `protocol ${protocol}, at most ${MAX_PROTOCOL}`);
}

function length1(machine: Machine): number {
  return machine.view.getUint8(take(machine, 1));
}

function length4(machine: Machine): number {
  return machine.view.getUint32(take(machine, 4), true);
}

/** Little-endian two's complement. */
function integer(machine: Machine, length: number): PickleValue {
  if (length < 0 || length > MAX_INTEGER_BYTES) {
    fail(machine, `an integer of ${length} bytes, at most ${MAX_INTEGER_BYTES}`);
  }
  const bytes = takeBytes(machine, length);
  if (length === 0) return 0;
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).reverse();
  return plainInteger(BigInt.asIntN(8 * length, BigInt(`0x${digits.join("")}`)));
}

/** A number where a double holds it exactly. */
function plainInteger(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** `12`, `12L`; `00` and `01` are the truth values of protocols before 2. */
function decimal(machine: Machine): void {
  const line = takeLine(machine);
  if (line === "00" || line === "01") return push(machine, line === "01");
  const digits = line.replace(/L$/, "");
  if (!/^-?\d+$/.test(digits) || digits.length > MAX_DIGITS) fail(machine, "no decimal integer");
  push(machine, plainInteger(BigInt(digits)));
}

function float(machine: Machine): void {
  const line = takeLine(machine);
  if (!FLOAT.test(line) || line.length > MAX_DIGITS) fail(machine, "no decimal number");
  push(machine, Number(line.replace("inf", "Infinity").replace("nan", "NaN")));
}

function utf8(machine: Machine, length: number): string {
  const bytes = takeBytes(machine, length);
  try {
    return UTF_8.decode(bytes);
  } catch {
    return fail(machine, "a text that is not UTF-8");
  }
}

/** Python's raw-unicode-escape, the texts of protocol 0. */
function unescape(machine: Machine, line: string): string {
  return line.replace(/\\u([\da-fA-F]{4})|\\U([\da-fA-F]{8})/g, (_, short, long) => {
    const code = parseInt(short ?? long, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : fail(machine, "no Unicode character");
  });
}

function sequence(type: PickleSequence["type"], items: PickleValue[]): PickleSequence {
  return { kind: "sequence", type, items };
}

function tuple(machine: Machine, length: number): void {
  const items = Array.from({ length }, () => pop(machine)).reverse();
  push(machine, sequence("tuple", items));
}

function append(
  machine: Machine,
  types: readonly PickleSequence["type"][],
  items: readonly PickleValue[],
): void {
  const target = peek(machine);
  if (!isKind(target, "sequence") || !types.includes(target.type)) {
    return fail(machine, `cannot add to ${kindOf(target)}`);
  }
  for (const item of items) target.items.push(item);
}

function dict(machine: Machine): void {
  const entries = new Map<PickleValue, PickleValue>();
  setItems(machine, entries, popGroup(machine));
  push(machine, { kind: "dict", entries });
}

function update(machine: Machine, pairs: readonly PickleValue[]): void {
  const target = peek(machine);
  if (!isKind(target, "dict")) return fail(machine, `cannot set items of ${kindOf(target)}`);
  setItems(machine, target.entries, pairs);
}

/** BINPERSID: torch's storages stand outside the pickle. */
function outside(machine: Machine): void {
  const reference = { kind: "persistent", id: pop(machine) } as const;
  machine.outside.push(reference);
  push(machine, reference);
}

/** A slot of the memo, written as a line. */
function slot(machine: Machine): number {
  const line = takeLine(machine);
  return /^\d{1,9}$/.test(line) ? Number(line) : fail(machine, "no slot of the memo");
}

function memoise(machine: Machine, index: number): void {
  // A pickler counts its slots, so no more than the operations are ever filled.
  if (index >= MAX_STEPS) fail(machine, `slot ${index} of the memo, at most ${MAX_STEPS}`);
  const { memo } = machine;
  if (memo[index] === undefined) machine.memoised++;
  memo[index] = peek(machine);
}

function recall(machine: Machine, index: number): void {
  const value = machine.memo[index];
  if (value === undefined) fail(machine, `slot ${index} of the memo is empty`);
  else push(machine, value);
}
