/** The worker that makes views, so that the GPU does not wait for them. */
import type { StepView } from "@fiedler/train";
import { CliError } from "./exit.ts";
import { type StepTask, ViewMaker, type ViewTaskSettings } from "./training_views.ts";

/** What a worker is told: first how views are made, then steps. */
export type WorkerOrder = { readonly settings: ViewTaskSettings } | StepTask;

/** What a worker says of a step. */
export type WorkerAnswer =
  & { readonly step: number }
  & (
    | { readonly views: StepView[] }
    | { readonly refused: Pick<CliError, "exit" | "what" | "where" | "advice"> }
    | { readonly bug: string }
  );

/** The part of a worker's global scope used here. */
interface Scope {
  onmessage: ((event: MessageEvent<WorkerOrder>) => void) | null;
  postMessage(message: WorkerAnswer, transfer: Transferable[]): void;
}

const scope = self as unknown as Scope;
let maker: ViewMaker;

scope.onmessage = async ({ data }) => {
  if ("settings" in data) {
    maker = new ViewMaker(data.settings);
    return;
  }
  const { step } = data;
  try {
    const views = await maker.make(data);
    scope.postMessage({ step, views }, views.flatMap(buffersOf));
  } catch (error) {
    if (error instanceof CliError) {
      const { exit, what, where, advice } = error;
      return scope.postMessage({ step, refused: { exit, what, where, advice } }, []);
    }
    const { message, stack } = error as Error;
    scope.postMessage({ step, bug: stack ?? message }, []);
  }
};

/** All arrays of a view: handed over, not copied. */
const buffersOf = ({ rgb, targets: { masks, levels } }: StepView): ArrayBuffer[] =>
  [rgb, masks, ...levels.flatMap(({ categories, cells, maskOf }) => [categories, cells, maskOf])]
    .map(({ buffer }) => buffer);
