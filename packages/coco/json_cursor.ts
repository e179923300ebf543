/**
 * A JSON reader over a window of bytes, strict, without a tree: callers ask for what they expect.
 *
 * Stricter than `JSON.parse`: a key that comes twice, bytes that are no UTF-8, half a surrogate
 * pair, a number beyond the range of doubles, and nesting beyond 64 are refused. Where the window
 * ends before the value does, {@linkcode Incomplete} is thrown and the caller tries again with
 * more.
 *
 * @module
 */
import { CocoFormatError, type FilePosition } from "./json_error.ts";
import { KeyTexts, textOf, unescape } from "./json_text.ts";

/** Thrown where the window ends inside a value and the file goes on. */
export class Incomplete extends Error {}
const INCOMPLETE = new Incomplete("the window ends inside a value"); // one: a stack is costly

const MAX_DEPTH = 64;
/** Keys of an object that are compared one by one; more are kept in a set. */
const FEW_KEYS = 16;
/** So many digits are a whole number that a double holds exactly. */
const EXACT_DIGITS = 15;
const POWERS = Array.from({ length: EXACT_DIGITS + 1 }, (_, i) => 10 ** i);
const NUMBER = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/;
const [QUOTE, BACKSLASH, NEWLINE, MINUS, POINT, ZERO] = [0x22, 0x5c, 0x0a, 0x2d, 0x2e, 0x30];

const isDigit = (byte: number): boolean => byte >= ZERO && byte <= 0x39;
const isSpace = (byte: number): boolean =>
  byte === 0x20 || byte === NEWLINE || byte === 0x0d || byte === 0x09;

/** Where a cursor stands. */
export interface Bookmark {
  readonly offset: number;
  readonly line: number;
  readonly lineStart: number;
  readonly fields: number;
  readonly depth: number;
}

/** A strict JSON reader over a window of bytes. */
export class JsonCursor {
  /** What the whole file is called in complaints. */
  readonly #root: string;
  #bytes = new Uint8Array(0);
  #at = 0;
  /** Bytes of the file before the window, and before the line that it begins in. */
  #base = 0;
  #baseLineStart = 0;
  #line = 1;
  #lineStart = 0;
  /** Whether the file ends with the window. */
  #final = false;
  #depth = 0;
  /** Keys and indices that lead to the value being read. */
  readonly #fields: (string | number)[] = [];
  readonly #keyTexts = new KeyTexts();

  /** A cursor before the first byte of a file. */
  constructor(root: string) {
    this.#root = root;
  }

  /** Bytes of the file before the place where the cursor stands. */
  get offset(): number {
    return this.#base + this.#at;
  }

  /** What of the window is not read yet. */
  get unread(): Uint8Array {
    return this.#bytes.subarray(this.#at);
  }

  /** Puts another window: bytes that begin with those unread; `final` when the file ends there. */
  show(bytes: Uint8Array<ArrayBuffer>, final: boolean): void {
    this.#base += this.#at;
    this.#baseLineStart = this.#lineStart;
    this.#bytes = bytes;
    this.#at = 0;
    this.#final = final;
  }

  /** The present place, to come back to as long as the window holds it. */
  mark(): Bookmark {
    return {
      offset: this.offset,
      line: this.#line,
      lineStart: this.#lineStart,
      fields: this.#fields.length,
      depth: this.#depth,
    };
  }

  /** Goes back to a place. */
  back({ offset, line, lineStart, fields, depth }: Bookmark): void {
    this.#at = offset - this.#base;
    [this.#line, this.#lineStart, this.#depth] = [line, lineStart, depth];
    this.#fields.length = fields;
  }

  /** The byte that comes next, after white space; it stays unread. */
  peek(): number {
    this.#skipSpace();
    return this.#at < this.#bytes.length ? this.#bytes[this.#at] : this.#needMore();
  }

  /** Whether the file ends here, white space aside. */
  atEnd(): boolean {
    this.#skipSpace();
    return this.#at < this.#bytes.length ? false : this.#final || this.#needMore();
  }

  /** Reads a character if it comes next. */
  take(character: string): boolean {
    if (this.peek() !== character.charCodeAt(0)) return false;
    this.#at++;
    return true;
  }

  /** Reads a character; `needed` is what it stands for. */
  expect(character: string, needed = `"${character}"`): void {
    if (!this.take(character)) this.wrong(needed);
  }

  /** Skips the mark that some editors put before UTF-8. */
  skipByteOrderMark(): void {
    const mark = [0xef, 0xbb, 0xbf];
    for (let i = 0; i < 3; i++) {
      if (i === this.#bytes.length) this.#needMore();
      if (this.#bytes[i] !== mark[i]) return;
    }
    this.#at = 3;
  }

  /** Goes into a field or an element, for complaints; `leave` goes out again. */
  enter(field: string | number): void {
    this.#fields.push(field);
  }

  /** Goes out of a field or an element. */
  leave(): void {
    this.#fields.pop();
  }

  /** Reads an object; `read` is called after each key and has to read its value. */
  object(read: (key: string) => void, needed = "an object"): void {
    this.expect("{", needed);
    this.#descend();
    if (!this.take("}")) {
      const keys = new DistinctKeys();
      do {
        const key = this.key(keys);
        this.enter(key);
        read(key);
        this.leave();
      } while (this.another("}"));
    }
    this.#depth--;
  }

  /** Reads an array; `read` is called at each element with its place and has to read it. */
  array(read: (i: number) => void, needed = "an array"): void {
    this.expect("[", needed);
    this.#descend();
    if (!this.take("]")) {
      let i = 0;
      do {
        this.enter(i);
        read(i++);
        this.leave();
      } while (this.another("]"));
    }
    this.#depth--;
  }

  /** Reads what stands between two elements, or behind the last: false then. */
  another(close: "]" | "}"): boolean {
    if (this.take(",")) return true;
    this.expect(close, `"," or "${close}"`);
    return false;
  }

  /** Reads a key, which has to be another than those before, and its colon. */
  key(keys: DistinctKeys): string {
    this.peek();
    const offset = this.offset;
    const { start, end, plain } = this.#quoted("a key");
    const text = plain ? this.#keyTexts.of(this.#bytes, start, end) : null;
    const key = text ?? this.#textOf(start, end, plain, false);
    this.expect(":");
    // Last: a read that starts again must not meet its own key.
    if (!keys.add(key)) this.fail(`the key ${JSON.stringify(key)} comes twice`, { offset });
    return key;
  }

  /** Reads a string. */
  string(needed = "a string"): string {
    const { start, end, plain, ascii } = this.#quoted(needed);
    return this.#textOf(start, end, plain, ascii);
  }

  /** Reads a number: the double nearest to it. */
  number(needed = "a number"): number {
    const first = this.peek();
    if (first !== MINUS && !isDigit(first)) this.wrong(needed);
    const bytes = this.#bytes;
    const start = first === MINUS ? this.#at + 1 : this.#at;
    let digits = 0; // all of them as one whole number
    let i = start;
    while (isDigit(bytes[i])) digits = 10 * digits + bytes[i++] - ZERO;
    const whole = i - start;
    let decimals = 0;
    if (bytes[i] === POINT) {
      const from = ++i;
      while (isDigit(bytes[i])) digits = 10 * digits + bytes[i++] - ZERO;
      decimals = i - from;
      if (decimals === 0) return this.#anyNumber(needed);
    }
    const plain = whole > 0 && whole + decimals <= EXACT_DIGITS &&
      (whole === 1 || bytes[start] !== ZERO) && (bytes[i] | 0x20) !== 0x65; // no exponent
    if (!plain || i >= bytes.length) return this.#anyNumber(needed);
    this.#at = i;
    // A quotient of two exact doubles is rounded once: it is the nearest double.
    const size = decimals === 0 ? digits : digits / POWERS[decimals];
    return first === MINUS ? -size : size;
  }

  /** Reads `true` or `false`. */
  boolean(needed = "true or false"): boolean {
    const byte = this.peek();
    if (byte !== 0x74 && byte !== 0x66) this.wrong(needed);
    this.#word(byte === 0x74 ? "true" : "false");
    return byte === 0x74;
  }

  /** Reads any value and forgets it. */
  skip(): void {
    const byte = this.peek();
    if (byte === QUOTE) this.string();
    else if (byte === 0x7b) this.object(() => this.skip());
    else if (byte === 0x5b) this.array(() => this.skip());
    else if (byte === 0x74 || byte === 0x66) this.boolean();
    else if (byte === 0x6e) this.#word("null");
    else this.number("a value");
  }

  /** Refuses what comes next. */
  wrong(needed: string): never {
    this.fail(`needed ${needed}, got ${this.#next()}`);
  }

  /** Refuses the file: the value being read, or a field of it, at a place of the window. */
  fail(what: string, { offset = this.offset, field = "" } = {}): never {
    const path = this.#fields.map((part) => typeof part === "number" ? `[${part}]` : `.${part}`);
    const named = path.join("") + field;
    throw new CocoFormatError(
      named.startsWith(".") ? named.slice(1) : this.#root + named,
      what,
      this.#positionOf(offset),
    );
  }

  #positionOf(offset: number): FilePosition {
    let [line, lineStart] = [this.#line, this.#lineStart];
    if (offset < lineStart) { // only an error looks back, so only it searches
      const before = this.#bytes.subarray(0, offset - this.#base);
      line -= this.#bytes.subarray(before.length, lineStart - this.#base)
        .reduce((count, byte) => count + Number(byte === NEWLINE), 0);
      const newline = before.lastIndexOf(NEWLINE);
      lineStart = newline < 0 ? this.#baseLineStart : this.#base + newline + 1;
    }
    return { byte: offset, line, column: offset - lineStart + 1 };
  }

  #skipSpace(): void {
    const bytes = this.#bytes;
    while (this.#at < bytes.length && isSpace(bytes[this.#at])) {
      if (bytes[this.#at++] !== NEWLINE) continue;
      this.#line++;
      this.#lineStart = this.offset;
    }
  }

  #needMore(): never {
    if (!this.#final) throw INCOMPLETE;
    this.#at = this.#bytes.length;
    this.fail("the file ends here, inside a value");
  }

  #descend(): void {
    if (++this.#depth > MAX_DEPTH) this.fail(`nested deeper than ${MAX_DEPTH}`);
  }

  /** Finds the end of a string and what it takes to read it. */
  #quoted(needed: string) {
    this.expect('"', needed);
    const [bytes, start] = [this.#bytes, this.#at];
    let plain = true;
    let ascii = true;
    for (let i = start; i < bytes.length; i++) {
      const byte = bytes[i];
      if (byte === QUOTE) {
        this.#at = i + 1;
        return { start, end: i, plain, ascii };
      }
      if (byte < 0x20) {
        this.#at = i;
        this.fail(`a string must not hold ${hex(byte)} as it is`);
      }
      if (byte === BACKSLASH) {
        plain = false;
        i++;
      } else if (byte >= 0x80) {
        ascii = false;
      }
    }
    return this.#needMore();
  }

  #textOf(start: number, end: number, plain: boolean, ascii: boolean): string {
    const text = plain
      ? textOf(this.#bytes, start, end, ascii) ?? -1
      : unescape(this.#bytes, start, end);
    if (typeof text === "string") return text;
    const [what, at] = text < 0
      ? ["a string that is no UTF-8", start]
      : ["an escape that JSON has not", text];
    this.fail(what, { offset: this.#base + at });
  }

  /** A number that is long, has an exponent, ends with the window, or is none. */
  #anyNumber(needed: string): number {
    let end = this.#at;
    while (end < this.#bytes.length && isOfNumber(this.#bytes[end])) end++;
    if (end === this.#bytes.length && !this.#final) throw INCOMPLETE;
    const text = textOf(this.#bytes, this.#at, end, true)!;
    if (!NUMBER.test(text)) this.wrong(needed);
    const value = Number(text);
    if (!Number.isFinite(value)) this.fail(`a number too large for a double: ${shortened(text)}`);
    this.#at = end;
    return value;
  }

  #word(word: string): void {
    for (let i = 0; i < word.length; i++) {
      if (this.#at + i === this.#bytes.length) this.#needMore();
      if (this.#bytes[this.#at + i] !== word.charCodeAt(i)) this.wrong("a value");
    }
    this.#at += word.length;
  }

  /** What comes next, in words. */
  #next(): string {
    const byte = this.peek();
    if (byte === QUOTE) return "a string";
    if (byte === 0x7b) return "an object";
    if (byte === 0x5b) return "an array";
    if (byte < 0x20 || byte > 0x7e) return hex(byte);
    let end = this.#at;
    while (end < this.#bytes.length && isOfWord(this.#bytes[end])) end++;
    if (end === this.#at) return JSON.stringify(String.fromCharCode(byte));
    return shortened(textOf(this.#bytes, this.#at, Math.min(end, this.#at + 64), true)!);
  }
}

/** The keys of an object so far. */
export class DistinctKeys {
  readonly #few: string[] = [];
  #many: Set<string> | null = null;

  /** Adds a key; false when it is there already. */
  add(key: string): boolean {
    if (this.#many === null) {
      if (this.#few.includes(key)) return false;
      this.#few.push(key);
      if (this.#few.length > FEW_KEYS) this.#many = new Set(this.#few);
      return true;
    }
    if (this.#many.has(key)) return false;
    this.#many.add(key);
    return true;
  }
}

const hex = (byte: number): string => `byte 0x${byte.toString(16).padStart(2, "0")}`;
const shortened = (text: string): string => text.length > 32 ? `${text.slice(0, 32)}…` : text;
/** 0 to 9, + - . e E */
const isOfNumber = (byte: number): boolean =>
  isDigit(byte) || byte === MINUS || byte === POINT || byte === 0x2b || (byte | 0x20) === 0x65;
const isOfWord = (byte: number): boolean =>
  isOfNumber(byte) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a);
