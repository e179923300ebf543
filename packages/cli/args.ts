import { parseArgs } from "node:util";
import { type Command, COMMANDS } from "./commands.ts";
import { CliError, EXIT } from "./exit.ts";
import type { FlagSet } from "./flags.ts";
import { suggest } from "./suggest.ts";

/** A command line, checked against the table. */
export interface Invocation {
  readonly command: Command;
  readonly operands: readonly string[];
  /** The flags that were given; defaults are not filled in. */
  readonly given: Readonly<Record<string, unknown>>;
}

/** A wrong command line: exit 2. */
export const usage = (what: string, where: string, advice: string) =>
  new CliError(EXIT.usage, what, where, advice);

/**
 * Reads a command line strictly.
 *
 * @throws {CliError} exit 2: unknown command or flag, missing or wrong value, wrong operands.
 */
export function parseCommandLine(args: readonly string[]): Invocation {
  if (args.length === 0 || ["-h", "--help"].includes(args[0])) return helpOn(null);
  if (["-V", "--version"].includes(args[0])) return invocation("version");
  const [name, ...rest] = args;
  const command = COMMANDS.find((row) => row.name === name);
  if (!command) {
    const near = suggest(name, COMMANDS.map((row) => row.name));
    throw usage(
      `unknown command "${name}"` + (near ? `, did you mean "${near}"?` : ""),
      `fiedler ${name}`,
      "see `fiedler help`",
    );
  }
  if (rest.some((arg) => arg === "-h" || arg === "--help")) return helpOn(command.name);
  return readFlags(command, rest);
}

const invocation = (name: string, operands: readonly string[] = []): Invocation => ({
  command: COMMANDS.find((row) => row.name === name)!,
  operands,
  given: {},
});

const helpOn = (name: string | null) => invocation("help", name === null ? [] : [name]);

function readFlags(command: Command, args: readonly string[]): Invocation {
  const where = `fiedler ${command.name}`;
  const { tokens } = parseArgs({
    args: joinNegatives(args),
    options: optionTypes(command.flags),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const operands: string[] = [];
  const given: Record<string, unknown> = {};
  for (const token of tokens) {
    if (token.kind === "positional") operands.push(token.value);
    if (token.kind !== "option") continue;
    const { name, rawName, value, inlineValue } = token;
    const flag = Object.hasOwn(command.flags, name) ? command.flags[name] : null;
    if (!flag || rawName !== `--${name}`) throw unknownFlag(rawName, command);
    if (name in given) throw usage(`--${name} is given twice`, where, "give it once");
    const missing = value === undefined || (!inlineValue && value.startsWith("--"));
    if (flag.placeholder === "") {
      if (value !== undefined) throw usage(`--${name} takes no value`, where, `write --${name}`);
    } else if (missing) {
      throw usage(`--${name} needs a value`, where, `write --${name} ${flag.placeholder}`);
    }
    given[name] = checkFlag(name, flag.read(value ?? ""), command.flags, `--${name} ${value}`);
  }
  const { min, max, shown } = command.operands;
  if (operands.length < min || operands.length > max) {
    const needs = min === 0 && max === 0 ? "takes no arguments" : `needs ${shown}`;
    throw usage(`${command.name} ${needs}`, where, `try \`${command.example}\``);
  }
  return { command, operands, given };
}

/** `--affinity-threshold -0.5`: parseArgs would read the value as a flag. */
const joinNegatives = (args: readonly string[]): string[] =>
  args.reduce<string[]>((out, arg) => {
    const last = out.at(-1);
    if (/^-\.?\d/.test(arg) && last?.startsWith("--") && !last.includes("=")) {
      out[out.length - 1] = `${last}=${arg}`;
    } else out.push(arg);
    return out;
  }, []);

const optionTypes = (flags: FlagSet) =>
  Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [
      name,
      { type: flag.placeholder === "" ? "boolean" as const : "string" as const },
    ]),
  );

function unknownFlag(raw: string, { name, flags }: Command): CliError {
  const near = suggest(raw.replace(/^-+/, ""), Object.keys(flags));
  return usage(
    `unknown flag ${raw}` + (near ? `, did you mean --${near}?` : ""),
    `fiedler ${name}`,
    `see \`fiedler help ${name}\``,
  );
}

/**
 * A value that passed its flag's schema.
 *
 * @throws {CliError} exit 2, naming what was needed and what came.
 */
export function checkFlag(name: string, value: unknown, flags: FlagSet, where: string): unknown {
  const result = flags[name].schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0].message;
  throw usage(`${name} ${issue}, got ${JSON.stringify(value)}`, where, "correct the value");
}
