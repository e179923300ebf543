/** The worker of the demo's page: a session behind messages. See `studio.ts` for what it does. */
import { plainError } from "@fiedler/web";
import type { Request, Said } from "./messages.ts";
import { Session } from "./session.ts";

const port = globalThis as unknown as {
  onmessage: (event: { readonly data: Request }) => void;
  postMessage(said: Said): void;
};

const session = new Session((news) => port.postMessage({ news }));

/** Of requests that are being answered. */
const running = new Map<number, AbortController>();

port.onmessage = async ({ data: request }) => {
  const { id } = request;
  if (request.kind === "abort") return running.get(id)?.abort();
  const controller = new AbortController();
  running.set(id, controller);
  try {
    const result = await session.answer(request, {
      signal: controller.signal,
      onStep: (step) => port.postMessage({ id, step }),
      onPhase: (phase) => port.postMessage({ id, phase }),
      onProgress: (progress) => port.postMessage({ id, progress }),
    });
    port.postMessage({ id, result });
  } catch (error) {
    port.postMessage({ id, error: plainError(error) });
  } finally {
    running.delete(id);
  }
};
