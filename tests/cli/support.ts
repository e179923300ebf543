import { encodePng } from "@fiedler/io";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { parseCommandLine } from "../../packages/cli/args.ts";
import { Disk } from "../../packages/cli/disk.ts";
import { dispatch } from "../../packages/cli/dispatch.ts";
import type { OpenEngine } from "../../packages/cli/engine.ts";
import type { ExitCode } from "../../packages/cli/exit.ts";
import { readFitted } from "../../packages/cli/fit.ts";
import { drawOverlay, preparePicture } from "../../packages/cli/prepare.ts";
import type { Output } from "../../packages/cli/output.ts";
import { fakeEngine } from "./fake_engine.ts";

/** The command line with the stand-in engine, as a process of its own. */
const FAKE_MAIN = fileURLToPath(new URL("./fake_main.ts", import.meta.url));

/** A small picture with a bright square, different for each seed. */
export function testPicture(seed: number, width = 48, height = 32): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array(3 * width * height).fill(20 + seed);
  for (let y = 8; y < 24; y++) {
    const left = 3 * (y * width + seed % 16);
    data.fill(200, left, left + 3 * 16);
  }
  return encodePng({ width, height, data });
}

/** A folder with pictures of two sizes, one broken picture and one other file. */
export async function photoFolder(root: string, count = 9): Promise<string> {
  const folder = join(root, "photos");
  await Deno.mkdir(join(folder, "more"), { recursive: true });
  for (let i = 0; i < count; i++) {
    const name = i % 3 === 2 ? join("more", `p${i}.png`) : `p${i}.png`;
    await Deno.writeFile(join(folder, name), testPicture(i, i % 2 ? 48 : 64));
  }
  const whole = testPicture(99);
  await Deno.writeFile(join(folder, "broken.png"), whole.subarray(0, whole.length / 2));
  await Deno.writeTextFile(join(folder, "notes.txt.bak"), "not a picture");
  return folder;
}

/** What a command said. */
export interface Said {
  readonly notes: string[];
  readonly prints: string[];
  readonly events: Record<string, unknown>[];
}

/** Reads and draws without workers; the tests that start processes cover those. */
const inProcess = () => ({
  prepare: preparePicture,
  fit: readFitted,
  draw: drawOverlay,
  [Symbol.dispose]: () => {},
});

/** Options of {@linkcode call}. */
export interface CallOptions {
  readonly openEngine?: OpenEngine;
  readonly disk?: Disk;
  readonly stop?: { signal: "SIGINT" | "SIGTERM" | null };
}

/** Runs a command line in this process. Errors are thrown, not printed. */
export async function call(
  args: readonly string[],
  { openEngine = fakeEngine(), disk = new Disk(), stop = { signal: null } }: CallOptions = {},
): Promise<{ exit: ExitCode; said: Said }> {
  const said: Said = { notes: [], prints: [], events: [] };
  const out: Output = {
    live: false,
    status: () => {},
    note: (line) => said.notes.push(line),
    print: (text) => said.prints.push(text),
    event: (event) => said.events.push(event),
  };
  const exit = await dispatch(parseCommandLine(args), args, {
    out,
    disk,
    openEngine,
    openDesk: inProcess,
    stop,
  });
  return { exit, said };
}

/** Starts the command line as a process, with the permissions of the launcher. */
export function spawn(args: readonly string[], cwd: string): Deno.ChildProcess {
  const permissions = ["--deny-net", "--deny-run", "--deny-ffi", "--deny-env"];
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      ...permissions,
      "--allow-read",
      "--allow-write",
      FAKE_MAIN,
      ...args,
    ],
    cwd,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Every result file of a run folder, as name → bytes in hexadecimal. */
export async function results(folder: string): Promise<Map<string, string>> {
  const times = new Set(["run.json", "log.jsonl", "report.html", "lock"]);
  const out = new Map<string, string>();
  const walk = async (path: string, prefix: string): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(path)) {
      if (isDirectory) await walk(join(path, name), `${prefix}${name}/`);
      else if (!times.has(name)) {
        out.set(prefix + name, (await Deno.readFile(join(path, name))).toHex());
      }
    }
  };
  await walk(folder, "");
  return new Map([...out].sort(([a], [b]) => a < b ? -1 : 1));
}

/** Runs a body in a new folder, which is removed afterwards. */
export async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "fiedler test " });
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
