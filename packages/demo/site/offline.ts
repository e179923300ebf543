import { trustedUrl } from "../trusted_url.ts";

/** As far as it is used here; not all hosts of this module declare it. */
interface Host {
  readonly navigator: {
    readonly serviceWorker?: { register(script: URL): Promise<unknown> };
  };
}

/**
 * Keeps the whole site for when there is no network; once is enough, in the first page.
 *
 * @param script the service worker's, which answers for its folder and those below.
 * @returns whether this browser does so: not in a private window, nor without a secure context.
 */
export async function keepOffline(script: URL): Promise<boolean> {
  const { serviceWorker } = (globalThis as unknown as Host).navigator;
  if (!serviceWorker) return false;
  try {
    await serviceWorker.register(trustedUrl(script));
    return true;
  } catch (error) {
    // What the browser or its settings forbid; a script that is not there is a fault of the site.
    if ((error as Error).name !== "SecurityError") throw error;
    return false;
  }
}
