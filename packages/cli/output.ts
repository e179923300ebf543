import { printable } from "./printable.ts";

/** Where words go: people read standard error and output, programs JSON lines. */
export interface Output {
  /** A line for people, on standard error. Nothing with `--quiet` or `--json`. */
  note(line: string): void;
  /** A result for people, on standard output. Nothing with `--quiet` or `--json`. */
  print(text: string): void;
  /** An event for programs: a JSON line with `--json`, else nothing. */
  event(event: Readonly<Record<string, unknown>> & { readonly event: string }): void;
  /** Progress on a terminal: one line that is rewritten; `null` ends it. */
  status(line: string | null): void;
  /** Whether {@linkcode status} shows anything. */
  readonly live: boolean;
}

/** Options of {@linkcode openOutput}. */
export interface OutputOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** The process's own streams. */
export function openOutput({ json = false, quiet = false }: OutputOptions): Output {
  const live = !json && !quiet && Deno.stderr.isTerminal();
  const silent = json || quiet;
  const encoder = new TextEncoder();
  const write = (stream: typeof Deno.stderr, text: string) => {
    const bytes = encoder.encode(text);
    try {
      for (let at = 0; at < bytes.length;) at += stream.writeSync(bytes.subarray(at));
    } catch (error) {
      // Whoever read, such as `head`, has enough: the work goes on, and its files are written.
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    }
  };
  let width = 0;
  const status = (line: string | null) => {
    if (!live) return;
    const { columns } = Deno.consoleSize();
    const shown = (line ?? "").slice(0, columns - 1);
    write(Deno.stderr, `\r${shown.padEnd(width)}${line === null ? "\r" : ""}`);
    width = shown.length;
  };
  return {
    live,
    status,
    note(line) {
      if (silent) return;
      if (width > 0) status(null);
      write(Deno.stderr, `${printable(line)}\n`);
    },
    print(text) {
      if (silent) return;
      if (width > 0) status(null);
      write(Deno.stdout, printable(text.endsWith("\n") ? text : `${text}\n`));
    },
    event(event) {
      if (json) write(Deno.stdout, `${JSON.stringify(event)}\n`);
    },
  };
}
