import { fail, newMachine, spend, take } from "./pickle_machine.ts";
import { OPERATIONS } from "./pickle_ops.ts";
import type { PickleGlobal, PicklePersistent, PickleValue } from "./pickle_value.ts";

/** The most bytes that a pickle may have whose tensors stand outside it. */
export const MAX_PICKLE_BYTES = 64 << 20;

const STOP = ".".charCodeAt(0);

/** A pickle that was read. */
export interface Pickle {
  readonly value: PickleValue;
  /** All that it refers to outside itself, in the order of the file. */
  readonly outside: readonly PicklePersistent[];
  /** The first byte after it. */
  readonly end: number;
}

/**
 * Reads one pickle, protocols 0 to 5, and executes nothing: names outside the allow-list are
 * refused, calls of the others become inert records.
 *
 * @param bytes May go on after the pickle's end. Bytes in the value are views of them.
 * @param globals The allow-list, by module and name joined with a dot.
 * @param mostBytes How many bytes it may have.
 * @throws {FormatError} naming the operation and the byte; {@linkcode PickleEnds} when the bytes
 * end before the pickle does.
 */
export function readPickle(
  bytes: Uint8Array,
  globals: ReadonlyMap<string, PickleGlobal>,
  mostBytes = MAX_PICKLE_BYTES,
): Pickle {
  const machine = newMachine(bytes.subarray(0, mostBytes), globals);
  while (true) {
    spend(machine, 1);
    machine.opAt = machine.at;
    machine.opName = "next operation";
    const code = bytes[take(machine, 1)];
    const operation = OPERATIONS[code];
    if (operation === undefined) {
      return fail(machine, `0x${code.toString(16).padStart(2, "0")} is no operation of a pickle`);
    }
    machine.opName = operation.name;
    if (code === STOP) break;
    if (operation.run === undefined) return fail(machine, "is refused");
    operation.run(machine);
  }
  const { stack, marks } = machine;
  if (stack.length !== 1 || marks.length !== 0) {
    fail(machine, `${stack.length} values and ${marks.length} MARKs are left, not one value`);
  }
  return { value: stack[0], outside: machine.outside, end: machine.at };
}
