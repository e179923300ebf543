/** What {@linkcode createSegmenter} starts for `worker: true`: a segmenter behind messages. */
import { plainError, type Reply, type Request } from "./messages.ts";
import { createSegmenter, type Segmentation, type Segmenter, type Step } from "./segmenter.ts";

const port = globalThis as unknown as {
  onmessage: (event: { readonly data: Request }) => void;
  postMessage(reply: Reply): void;
};

let segmenter: Segmenter | null = null;
const running = new Map<number, AbortController>();

port.onmessage = async ({ data: request }) => {
  const { id } = request;
  if (request.kind === "abort") {
    running.get(id)?.abort();
    return;
  }
  const { signal } = setRunning(id);
  try {
    const onProgress = (step: Step) => port.postMessage({ id, step });
    port.postMessage({ id, result: await answer(request, { signal, onProgress }) });
  } catch (error) {
    port.postMessage({ id, error: plainError(error) });
  } finally {
    running.delete(id);
  }
};

function setRunning(id: number): AbortController {
  const controller = new AbortController();
  running.set(id, controller);
  return controller;
}

async function answer(
  request: Exclude<Request, { readonly kind: "abort" }>,
  told: { readonly signal: AbortSignal; readonly onProgress: (step: Step) => void },
): Promise<Segmentation | null> {
  if (request.kind === "create") {
    segmenter = await createSegmenter({ ...request.options, ...told });
    return null;
  }
  if (request.kind === "segment") {
    return await segmenter!.segment(request.image, { ...request.options, ...told });
  }
  await segmenter!.dispose();
  return null;
}
