/** The worker that decodes and draws, so that the GPU does not wait for it. */
import { type FitTask, readFitted } from "./fit.ts";
import { drawOverlay, type DrawTask, preparePicture, type PrepareTask } from "./prepare.ts";

type Task = PrepareTask | FitTask | DrawTask;

/** The part of a worker's global scope used here. */
interface Scope {
  onmessage: ((event: MessageEvent<{ id: number; task: Task }>) => void) | null;
  postMessage(message: unknown, transfer: Transferable[]): void;
}

const scope = self as unknown as Scope;

scope.onmessage = async ({ data: { id, task } }) => {
  try {
    const value = await run(task);
    scope.postMessage({ id, value }, buffersOf(value));
  } catch (error) {
    const { message, stack } = error as Error;
    scope.postMessage({ id, error: stack ?? message }, []);
  }
};

function run(task: Task) {
  if (task.kind === "prepare") return preparePicture(task);
  return task.kind === "fit" ? readFitted(task) : drawOverlay(task);
}

/** Pixels are handed over, not copied. */
function buffersOf(value: Awaited<ReturnType<typeof run>>): ArrayBuffer[] {
  if (value instanceof Uint8Array) return [value.buffer];
  if (!value.ok) return [];
  const { picture, original } = value;
  const pixels = "rgb" in picture ? picture.rgb : picture.pixels.data;
  const arrays = original ? [pixels, original.data] : [pixels];
  return [...new Set(arrays.map(({ buffer }) => buffer as ArrayBuffer))];
}
