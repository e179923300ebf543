/** The entry point: one command line in, one exit code out. */
import { parseCommandLine } from "./args.ts";
import { Disk } from "./disk.ts";
import { dispatch } from "./dispatch.ts";
import { openEngine } from "./open_engine.ts";
import { printable } from "./printable.ts";
import { bugText, errorText, explain } from "./errors.ts";
import type { OpenEngine } from "./engine.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { openOutput } from "./output.ts";
import { PicturePool } from "./pool.ts";
import { listenForStop } from "./stop.ts";

/** Parts of the world that tests replace. */
export interface MainOptions {
  readonly openEngine?: OpenEngine;
  readonly disk?: Disk;
}

/** Runs one command line. */
export async function main(args: readonly string[], options: MainOptions = {}): Promise<ExitCode> {
  try {
    const invocation = parseCommandLine(args);
    const { json, quiet } = invocation.given;
    const out = openOutput({ json: json === true, quiet: quiet === true });
    using stop = listenForStop((line) => out.note(line));
    const disk = options.disk ?? new Disk();
    return await dispatch(invocation, args, {
      out,
      disk,
      stop,
      openEngine: options.openEngine ?? openEngine,
      openDesk: () => new PicturePool(),
    });
  } catch (error) {
    const known = explain(error);
    await Deno.stderr.write(
      new TextEncoder().encode(printable(known ? errorText(known) : bugText(error, args))),
    );
    return known?.exit ?? EXIT.bug;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
