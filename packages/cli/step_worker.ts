import { CliError } from "./exit.ts";

/** What a worker is told: first how all steps are made, then steps. */
export type StepOrder = { readonly settings: unknown } | {
  readonly step: number;
  readonly task: unknown;
};

/** What a worker says of a step. */
export type StepAnswer =
  & { readonly step: number }
  & (
    | { readonly made: object }
    | { readonly refused: Pick<CliError, "exit" | "what" | "where" | "advice"> }
    | { readonly bug: string }
  );

/** What is made of a task, and its buffers: handed over, not copied. */
export interface MadeStep<Made> {
  readonly made: Made;
  readonly buffers: readonly ArrayBuffer[];
}

/** The part of a worker's global scope used here. */
interface Scope {
  onmessage: ((event: MessageEvent<StepOrder>) => void) | null;
  postMessage(message: StepAnswer, transfer: Transferable[]): void;
}

/** Makes this module the other end of a `StepStream`. */
export function serveSteps<Settings, Task, Made extends object>(
  open: (settings: Settings) => (task: Task) => Promise<MadeStep<Made>>,
): void {
  const scope = self as unknown as Scope;
  let make: (task: Task) => Promise<MadeStep<Made>>;
  scope.onmessage = async ({ data }) => {
    if ("settings" in data) {
      make = open(data.settings as Settings);
      return;
    }
    const { step } = data;
    try {
      const { made, buffers } = await make(data.task as Task);
      scope.postMessage({ step, made }, [...buffers]);
    } catch (error) {
      if (error instanceof CliError) {
        const { exit, what, where, advice } = error;
        return scope.postMessage({ step, refused: { exit, what, where, advice } }, []);
      }
      const { message, stack } = error as Error;
      scope.postMessage({ step, bug: stack ?? message }, []);
    }
  };
}
