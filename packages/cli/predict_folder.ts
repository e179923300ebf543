/** Folders of predictions, where those of proposals are asked for as well. */
import { usage } from "./args.ts";
import type { RunFile } from "./run_file.ts";

/** Whether a run folder holds predictions, not proposals. */
export const isPrediction = ({ identity }: RunFile): boolean => identity.command === "predict";

/**
 * Makes sure that a run has proposals.
 *
 * @param what the command does with them, for the message.
 * @throws {CliError} exit 2 when it has predictions.
 */
export function expectProposals(run: RunFile, folder: string, what: string): void {
  if (!isPrediction(run)) return;
  throw usage(
    `the folder holds predictions, and ${what} proposals, of \`pipeline\` and \`propose\``,
    folder,
    "look at overlays/; predictions/*.jsonl says of each object its score, level and cell",
  );
}
