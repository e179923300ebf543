import { GpuLostError } from "@fiedler/gpu";
import type { Output } from "./output.ts";

/** What is to be done when the GPU is lost. */
export interface LossRules {
  /** Of the last checkpoint that is whole. */
  readonly step: () => Promise<number>;
  /** What is thrown when it is lost again before the next checkpoint. */
  readonly lostAgain: (error: GpuLostError) => Error;
  readonly log: (event: { readonly event: string; readonly message: string }) => Promise<void>;
  readonly out: Output;
}

/** Does work that goes on from its last checkpoint, again each time the GPU is lost. */
export async function againWhenLost(
  work: () => Promise<void>,
  { step, lostAgain, log, out }: LossRules,
): Promise<void> {
  for (let lostAt = -1;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof GpuLostError)) throw error;
      await log({ event: "gpu lost", message: error.message });
      const from = await step();
      if (from === lostAt) throw lostAgain(error);
      lostAt = from;
      out.note(`the GPU was lost, opening it again: ${error.message}`);
    }
  }
}
