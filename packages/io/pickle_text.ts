import { isCompound, isKind, type PickleValue } from "./pickle_value.ts";

const MAX_TEXT = 160; // characters of a value
const MAX_BITS = 512; // of an integer; writing out longer ones takes time
const MAX_DEPTH = 6;

/** A value as short text for people: strings quoted, what is long cut and its length told. */
export function pickleText(value: PickleValue): string {
  const parts: string[] = [];
  write(value, parts, { left: MAX_TEXT }, 0);
  return parts.join("");
}

/** Characters that may still be written. */
interface Room {
  left: number;
}

function write(value: PickleValue, parts: string[], room: Room, depth: number): void {
  const put = (text: string) => {
    parts.push(text);
    room.left -= text.length;
  };
  if (!isCompound(value)) return put(plainText(value));
  if (depth > MAX_DEPTH) return put("…");
  const inner = (item: PickleValue) => write(item, parts, room, depth + 1);
  if (value.kind === "global") return put(value.name);
  if (value.kind === "persistent") return put("a storage");
  if (value.kind === "sequence") {
    const [open, close] = BRACKETS[value.type];
    put(open);
    writeItems(value.items, value.items.length, put, room, inner);
    put(close);
  } else if (value.kind === "dict") {
    put("{");
    writeItems(value.entries, value.entries.size, put, room, ([key, item]) => {
      inner(key);
      put(": ");
      inner(item);
    });
    put("}");
  } else if (value.name === "_codecs.encode" && typeof value.args[0] === "string") {
    put(`${value.args[0].length} bytes`); // how Python 3 writes bytes below protocol 3
  } else {
    put(`${value.name}(`);
    writeItems(value.args, value.args.length, put, room, inner);
    put(")");
    if (value.state !== undefined) inner(value.state);
  }
}

const BRACKETS = {
  list: ["[", "]"],
  tuple: ["(", ")"],
  set: ["{", "}"],
  frozenset: ["frozenset {", "}"],
} as const;

function writeItems<Item>(
  items: Iterable<Item>,
  count: number,
  put: (text: string) => void,
  room: Room,
  writeItem: (item: Item) => void,
): void {
  let written = 0;
  for (const item of items) {
    if (room.left <= 0) return put(`… ${count} items`);
    if (written++ > 0) put(", ");
    writeItem(item);
  }
}

function plainText(value: Exclude<PickleValue, { kind: string }>): string {
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (typeof value === "string") return quote(value);
  const long = typeof value === "bigint" && BigInt.asIntN(MAX_BITS, value) !== value;
  return long ? `an integer of more than ${MAX_BITS} bits` : String(value);
}

/** JSON's quotes, so that control characters show and do nothing. */
function quote(text: string): string {
  if (text.length <= MAX_TEXT) return JSON.stringify(text);
  return `${JSON.stringify(text.slice(0, MAX_TEXT))}… (${text.length} characters)`;
}

/** A key of a dictionary as part of a tensor's name: texts as they are. */
export function keyText(key: PickleValue): string {
  return typeof key === "string" ? key : pickleText(key);
}

/** Whether a value holds no other value that could hold a tensor. */
export function isPlain(value: PickleValue): boolean {
  return !isCompound(value) || isKind(value, "global");
}
