/** The worker that decodes and draws, so that the GPU does not wait for it. */
import { drawOverlay, type DrawTask, preparePicture, type PrepareTask } from "./prepare.ts";

/** The part of a worker's global scope used here. */
interface Scope {
  onmessage: ((event: MessageEvent<{ id: number; task: PrepareTask | DrawTask }>) => void) | null;
  postMessage(message: unknown, transfer: Transferable[]): void;
}

const scope = self as unknown as Scope;

scope.onmessage = async ({ data: { id, task } }) => {
  try {
    const value = task.kind === "prepare" ? await preparePicture(task) : await drawOverlay(task);
    scope.postMessage({ id, value }, buffersOf(value));
  } catch (error) {
    const { message, stack } = error as Error;
    scope.postMessage({ id, error: stack ?? message }, []);
  }
};

/** Pixels are handed over, not copied. */
function buffersOf(value: Awaited<ReturnType<typeof preparePicture | typeof drawOverlay>>) {
  if (value instanceof Uint8Array) return [value.buffer];
  if (!value.ok) return [];
  const images = [value.picture.pixels, value.original].filter((image) => image !== null);
  return [...new Set(images.map((image) => image.data.buffer as ArrayBuffer))];
}
