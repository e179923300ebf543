/**
 * Pickles built by hand, for what Python's own pickler would not write. A part is a text of one
 * byte a character.
 */

/** One byte a character. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** The text of these bytes, the reverse of {@linkcode bytesOf}. */
export function textOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** A number of `count` bytes, little-endian. */
export function word(value: number | bigint, count: number): string {
  let text = "";
  for (let rest = BigInt(value), i = 0; i < count; i++, rest >>= 8n) {
    text += String.fromCharCode(Number(rest & 255n));
  }
  return text;
}

/** A whole pickle of protocol 2. */
export function pickle(body: string): Uint8Array<ArrayBuffer> {
  return bytesOf(`\x80\x02${body}.`);
}

export const NONE = "N";
export const MARK = "(";

export function text(value: string): string {
  return `X${word(value.length, 4)}${value}`;
}

export function int(value: number): string {
  return `J${word(value, 4)}`;
}

export function global(path: string): string {
  const dot = path.lastIndexOf(".");
  return `c${path.slice(0, dot)}\n${path.slice(dot + 1)}\n`;
}

export function tuple(...items: string[]): string {
  return `(${items.join("")}t`;
}

export function list(...items: string[]): string {
  return `](${items.join("")}e`;
}

export function dict(entries: Record<string, string>): string {
  return `}(${Object.entries(entries).map(([key, value]) => text(key) + value).join("")}u`;
}

export function call(path: string, ...args: string[]): string {
  return `${global(path)}${tuple(...args)}R`;
}

/** A storage of the zip form. */
export function storage(name: string, key: string, count: number): string {
  return `${tuple(text("storage"), global(`torch.${name}`), text(key), text("cpu"), int(count))}Q`;
}

export interface TensorParts {
  readonly storage?: string;
  readonly offset?: number;
  readonly shape?: readonly number[];
  readonly strides?: readonly number[];
}

/** A tensor, by default two floats that are the whole of storage 0. */
export function tensor({
  storage: source = storage("FloatStorage", "0", 2),
  offset = 0,
  shape = [2],
  strides = [1],
}: TensorParts = {}): string {
  const sizes = (values: readonly number[]) => tuple(...values.map(int));
  const hooks = call("collections.OrderedDict");
  return call(
    "torch._utils._rebuild_tensor_v2",
    source,
    int(offset),
    sizes(shape),
    sizes(strides),
    "\x89",
    hooks,
  );
}
