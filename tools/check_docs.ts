/**
 * Holds the documents against the checkout: every relative link leads somewhere, and every
 * `./fiedler` command line in a code block parses. Prints each offence; exits 1 if there is one.
 */
import { fileURLToPath } from "node:url";
import { dirname, join, relative } from "node:path";
import { parseCommandLine } from "../packages/cli/args.ts";
import { CliError } from "../packages/cli/exit.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const SKIPPED = new Set(["node_modules", ".git", "runs"]);
/** Tasks of the launcher, which are no commands of the CLI. */
const TASKS = new Set(["test", "check", "ok", "bench", "gen"]);

async function* documents(folder: string): AsyncIterable<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (SKIPPED.has(name)) continue;
    if (isDirectory) yield* documents(join(folder, name));
    else if (name.endsWith(".md")) yield join(folder, name);
  }
}

async function brokenLinks(path: string, text: string): Promise<string[]> {
  const out: string[] = [];
  for (const [, target] of text.matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)) {
    if (/^[a-z]+:/.test(target)) continue;
    const there = await Deno.stat(join(dirname(path), decodeURI(target))).catch(() => null);
    if (there === null) out.push(`no such file: ${target}`);
  }
  return out;
}

function wrongCommands(text: string): string[] {
  const blocks = [...text.matchAll(/```(?:sh|bash|console)?\n([\s\S]*?)```/g)];
  const lines = blocks.flatMap(([, block]) => block.split("\n"));
  return lines.flatMap((line) => {
    const [, rest] = /^(?:\$ )?\.\/fiedler\b([^#|>&;]*)/.exec(line.trim()) ?? [];
    const args = rest?.trim().split(/\s+/).filter((arg) => arg !== "") ?? [];
    if (rest === undefined || TASKS.has(args[0])) return [];
    try {
      parseCommandLine(args);
      return [];
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      return [`${line.trim()}: ${error.what}`];
    }
  });
}

let count = 0;
let files = 0;
for await (const path of documents(ROOT)) {
  const text = await Deno.readTextFile(path);
  files++;
  for (const offence of [...await brokenLinks(path, text), ...wrongCommands(text)]) {
    console.error(`${relative(ROOT, path)}: ${offence}`);
    count++;
  }
}
console.log(`check_docs: ${files} documents, ${count} offences`);
Deno.exit(count === 0 ? 0 : 1);
