import { decimal, switchFlag } from "./flag.ts";
import { RUN_FLAGS, type ValuesOf } from "./flags.ts";

/** Flags of `tune`. */
export const TUNE_FLAGS = {
  budget: decimal(0, 600, {
    initial: 2,
    meaning: "seconds to stay within, what the driver takes to compile among them",
  }),
  "dry-run": switchFlag({ meaning: "measure and show, and keep nothing" }),
  show: switchFlag({ meaning: "what is kept for this adapter; measure nothing" }),
  clear: switchFlag({ meaning: "forget what is kept, for all adapters" }),
  json: RUN_FLAGS.json,
  quiet: RUN_FLAGS.quiet,
} as const;
/** Values of {@linkcode TUNE_FLAGS}. */
export type TuneValues = ValuesOf<typeof TUNE_FLAGS>;
