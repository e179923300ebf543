/**
 * The command line: commands, run folder, workers. The only code that names Deno or touches files.
 *
 * @module
 */
export { main, type MainOptions } from "./main.ts";
