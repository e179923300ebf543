/** Exit codes of every command. */
export const EXIT = {
  ok: 0,
  bug: 1,
  usage: 2,
  input: 3,
  checkpoint: 4,
  storage: 5,
  gpu: 6,
  memory: 7,
  temporary: 75,
  interrupted: 130,
  terminated: 143,
} as const;

/** One of {@linkcode EXIT}. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Meaning of each exit code, for `help`. */
export const EXIT_WORDS: readonly (readonly [ExitCode, string])[] = [
  [EXIT.ok, "done"],
  [EXIT.bug, "a bug in Fiedler; prints a report to send"],
  [EXIT.usage, "wrong command line, config file or run folder"],
  [
    EXIT.input,
    "pictures that cannot be used (with --strict, or all of them); data that is not whole",
  ],
  [EXIT.checkpoint, "a weights file that is broken or not supported"],
  [EXIT.storage, "disk full, read-only, or no permission; earlier results are intact"],
  [EXIT.gpu, "no GPU adapter, or the GPU was lost too often"],
  [EXIT.memory, "more GPU memory needed than there is"],
  [EXIT.temporary, "in use by another process, or the network failed; run the same command later"],
  [EXIT.interrupted, "interrupted (Ctrl-C); state saved, the same command resumes"],
  [EXIT.terminated, "terminated; state saved, the same command resumes"],
];

/** An error for people: one line what, one line where, one line what to do. */
export class CliError extends Error {
  override readonly name = "CliError";

  constructor(
    readonly exit: ExitCode,
    readonly what: string,
    readonly where: string,
    readonly advice: string,
    options?: ErrorOptions,
  ) {
    super(`${what} (${where})`, options);
  }
}
