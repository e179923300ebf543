import { z } from "zod";

/** One flag, which is also a key of config files. */
export interface Flag<T> {
  /** What stands for the value in help: `N`, `FILE`, `on|off`; empty for a switch. */
  readonly placeholder: string;
  /** Default; `undefined` where the preset or the command decides. */
  readonly initial: T;
  /** How help writes the default. */
  readonly shown: string;
  readonly meaning: string;
  /** Section of the paper, or another source; null for what changes no result. */
  readonly source: string | null;
  /** Checks a value, from the command line or a config file. */
  readonly schema: z.ZodType<T>;
  /** Turns the command line's text into what the schema checks. */
  readonly read: (text: string) => unknown;
}

/** Meaning, default and source of a flag. */
interface Words<T> {
  readonly initial: T;
  readonly shown?: string;
  readonly meaning: string;
  readonly source?: string | null;
}

const shownOf = (value: unknown): string =>
  value === undefined || value === null ? "" : Array.isArray(value) ? value.join(",") : `${value}`;

function flag(
  placeholder: string,
  schema: z.ZodType<unknown>,
  read: (text: string) => unknown,
  { initial, shown = shownOf(initial), meaning, source = null }: Words<unknown>,
): Flag<unknown> {
  return { placeholder, initial, shown, meaning, source, schema, read };
}

/** Text that is no number stays text, for the schema to refuse. */
const number = (text: string): unknown =>
  text.trim() === "" || Number.isNaN(Number(text)) ? text : Number(text);

/** A flag without a value: given or not. */
export const switchFlag = (words: Omit<Words<boolean>, "initial">): Flag<boolean> =>
  cast(flag("", z.boolean("must be true or false"), () => true, {
    ...words,
    initial: false,
    shown: "",
  }));

/** `on` or `off`. */
export const onOff = (words: Words<boolean>): Flag<boolean> =>
  cast(flag(
    "on|off",
    z.boolean("must be on or off (in a config file true or false)"),
    (word) => word === "on" ? true : word === "off" ? false : word,
    { ...words, shown: words.initial ? "on" : "off" },
  ));

/** What a flag yields: its value, or undefined where the default is decided later. */
type Given<Initial, Value> = undefined extends Initial ? Value | undefined : Value;

/** One of a few words. */
export function choice<const V extends string, const I extends V | undefined>(
  values: readonly V[],
  words: Words<I>,
): Flag<Given<I, V>> {
  const schema = z.enum(values as readonly [V, ...V[]], `must be one of ${values.join(", ")}`);
  return cast(flag(values.join("|"), schema as z.ZodType<unknown>, (word) => word, words));
}

/** A whole number in a range. */
export function whole<const I extends number | undefined>(
  min: number,
  max: number,
  words: Words<I>,
): Flag<Given<I, number>> {
  const needs = `must be a whole number from ${min} to ${max}`;
  return cast(flag("N", z.int(needs).min(min, needs).max(max, needs), number, words));
}

/** A number in a range. */
export function decimal<const I extends number | undefined>(
  min: number,
  max: number,
  words: Words<I>,
): Flag<Given<I, number>> {
  const needs = `must be a number from ${min} to ${max}`;
  return cast(flag("X", z.number(needs).min(min, needs).max(max, needs), number, words));
}

/** A share from 0 to 1 in steps of 1e-4: what masks are compared with in whole numbers. */
export function share<const I extends number | undefined>(words: Words<I>): Flag<Given<I, number>> {
  const needs = "must be a number from 0 to 1 of at most four decimals";
  const exact = (value: number) => Math.abs(value * 1e4 - Math.round(value * 1e4)) < 1e-6;
  const schema = z.number(needs).min(0, needs).max(1, needs).refine(exact, needs);
  return cast(flag("X", schema, number, words));
}

/** Whole numbers with commas between, ascending, each once. */
export function wholes<const I extends readonly number[] | undefined>(
  min: number,
  max: number,
  words: Words<I>,
): Flag<Given<I, readonly number[]>> {
  const needs = `must be whole numbers from ${min} to ${max}, ascending, such as 2,3,4,5`;
  const schema = z.array(z.int(needs).min(min, needs).max(max, needs), needs).min(1, needs)
    .refine((list) => list.every((value, i) => i === 0 || value > list[i - 1]), needs);
  return cast(flag("N,N,…", schema, (list) => list.split(",").map(number), words));
}

/** Free text, matching a pattern where one is given. */
export function text<const I extends string | undefined>(
  placeholder: string,
  words: Words<I>,
  pattern?: { readonly form: RegExp; readonly needs: string },
): Flag<Given<I, string>> {
  const some = z.string("must be text").min(1, "must not be empty");
  const schema = pattern ? some.regex(pattern.form, pattern.needs) : some;
  return cast(flag(placeholder, schema, (value) => value, words));
}

/** The schema decides at run time what the type says: the value, or the initial one. */
const cast = <T>(flag: Flag<unknown>): Flag<T> => flag as Flag<T>;
