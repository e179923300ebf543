/** The worker of the demo's page: a session behind messages. See `studio.ts` for what it does. */
import { plainError } from "@fiedler/web";
import type { Request, Said } from "./messages.ts";
import { Session } from "./session.ts";

const port = globalThis as unknown as {
  onmessage: (event: { readonly data: Request }) => void;
  postMessage(said: Said): void;
};

const session = new Session((news) => port.postMessage({ news }));

port.onmessage = async ({ data: request }) => {
  const { id } = request;
  try {
    port.postMessage({ id, result: await session.answer(request) });
  } catch (error) {
    port.postMessage({ id, error: plainError(error) });
  }
};
