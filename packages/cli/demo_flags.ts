import { text, whole } from "./flag.ts";
import { RUN_FLAGS, type ValuesOf } from "./flags.ts";

/** Flags of `demo`. */
export const DEMO_FLAGS = {
  port: whole(0, 65535, {
    initial: 8080,
    meaning: "on 127.0.0.1, which only this machine reaches; 0: any that is free",
  }),
  out: text("DIR", {
    initial: undefined,
    shown: "the site is served, not written",
    meaning: "write the site into a folder, for any host of files, and end",
  }),
  json: RUN_FLAGS.json,
  quiet: RUN_FLAGS.quiet,
} as const;

/** Values of {@linkcode DEMO_FLAGS}. */
export type DemoValues = ValuesOf<typeof DEMO_FLAGS>;
