import { CliError, EXIT } from "./exit.ts";

/** Asked to stop: checked between batches. */
export interface StopSignal {
  /** The signal that came, or null. */
  readonly signal: "SIGINT" | "SIGTERM" | null;
}

/**
 * Listens for Ctrl-C and SIGTERM. The first asks to stop after the current batch, the second
 * stops at once, which is safe too.
 */
export function listenForStop(say: (line: string) => void): StopSignal & Disposable {
  let came: "SIGINT" | "SIGTERM" | null = null;
  const signals = Deno.build.os === "windows"
    ? ["SIGINT"] as const
    : ["SIGINT", "SIGTERM"] as const;
  const handlers = signals.map((signal) => {
    const handler = () => {
      if (came) Deno.exit(signal === "SIGINT" ? EXIT.interrupted : EXIT.terminated);
      came = signal;
      say("stopping after the current step; once more stops at once (nothing is lost either way)");
    };
    Deno.addSignalListener(signal, handler);
    return { signal, handler };
  });
  return {
    get signal() {
      return came;
    },
    [Symbol.dispose]() {
      for (const { signal, handler } of handlers) Deno.removeSignalListener(signal, handler);
    },
  };
}

/** @throws {CliError} exit 130 or 143 when asked to stop. */
export function checkStop(stop: StopSignal, where: string): void {
  if (stop.signal === null) return;
  throw new CliError(
    stop.signal === "SIGINT" ? EXIT.interrupted : EXIT.terminated,
    "stopped, everything so far is saved",
    where,
    "run the same command again to go on",
  );
}
