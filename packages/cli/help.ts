import { type Command, COMMANDS } from "./commands.ts";
import { EXIT_WORDS } from "./exit.ts";
import type { Flag } from "./flag.ts";

const WIDTH = 96;

/** The overview: what `fiedler help` prints. */
export function overview(): string {
  const heads = COMMANDS.map(({ name, operands }) => `${name} ${operands.shown}`);
  const width = Math.max(...heads.map((head) => head.length)) + 2;
  const rows = COMMANDS.map(({ summary }, i) => `  ${heads[i].padEnd(width)}${summary}`);
  const codes = EXIT_WORDS.map(([code, words]) => `  ${String(code).padStart(3)}  ${words}`);
  return [
    "Fiedler finds and separates the objects in photos, without a single human label.",
    "",
    "  fiedler pipeline             the pictures that come with it",
    "  fiedler pipeline photos/     your own",
    "",
    "Commands:",
    ...rows,
    "",
    "`fiedler help COMMAND` lists all flags. Exit codes:",
    ...codes,
    "",
  ].join("\n");
}

/** What `fiedler help COMMAND` prints. */
export function commandHelp({ name, operands, summary, details, flags, example }: Command): string {
  const names = Object.keys(flags);
  const heads = names.map((flag) => `--${flag} ${shortPlaceholder(flags[flag])}`.trimEnd());
  const indent = Math.max(0, ...heads.map((head) => head.length)) + 4;
  const lines = names.flatMap((flag, i) => flagLines(heads[i], flags[flag], indent));
  return [
    `fiedler ${name}${operands.shown && ` ${operands.shown}`}${names.length > 0 ? " [flags]" : ""}`,
    `  ${summary}`,
    ...(details ? ["", ...details.split("\n").flatMap((line) => wrap(line, WIDTH))] : []),
    ...(names.length > 0
      ? ["", "config" in flags ? "Flags, also keys of a --config file:" : "Flags:", ...lines]
      : []),
    "",
    `Example: ${example}`,
    "",
  ].join("\n");
}

/** Long lists of words go to the explanation. */
const shortPlaceholder = ({ placeholder }: Flag<unknown>): string =>
  placeholder.length > 13 ? "WORD" : placeholder;

function flagLines(head: string, flag: Flag<unknown>, indent: number): string[] {
  const long = shortPlaceholder(flag) !== flag.placeholder;
  const notes = [
    long ? flag.placeholder.replaceAll("|", ", ") : "",
    flag.shown && `default ${flag.shown}`,
    flag.source ?? "",
  ].filter((note) => note !== "");
  const text = flag.meaning + (notes.length > 0 ? ` [${notes.join("; ")}]` : "");
  const [first, ...rest] = wrap(text, WIDTH - indent);
  const lead = `  ${head}`.padEnd(indent);
  const lines = rest.map((line) => " ".repeat(indent) + line);
  return lead.length > indent
    ? [lead, " ".repeat(indent) + first, ...lines]
    : [lead + first, ...lines];
}

function wrap(text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines[lines.length - 1];
    if (line && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  return lines;
}
