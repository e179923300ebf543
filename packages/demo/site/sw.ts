/**
 * The service worker of the site: what the network does not answer comes from a copy that was made
 * on the first visit. The build puts `SITE` in front of it, so that it changes with any file.
 */
declare const SITE: {
  /** Hash of all files. */
  readonly version: string;
  /** Subresource integrity of each file, by its address under the site's folder. */
  readonly files: Readonly<Record<string, string>>;
};

/** As far as it is used here; not all hosts of this module declare it. */
interface Lasting {
  waitUntil(work: Promise<unknown>): void;
}
interface Asked extends Lasting {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
const worker = globalThis as unknown as {
  readonly registration: { readonly scope: string };
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate", take: (event: Lasting) => void): void;
  addEventListener(type: "fetch", take: (event: Asked) => void): void;
};

/** Copies of this site; an origin may hold others in other folders. */
const { scope } = worker.registration;
const COPIES = `fiedler ${scope} `;
const COPY = COPIES + SITE.version;

/** Every file, or nothing: a site that changes while it is read is not kept. */
async function copySite(): Promise<void> {
  const files = await Promise.all(Object.entries(SITE.files).map(fetchFile));
  const copy = await caches.open(COPY);
  for (const response of files) await copy.put(response.url, response);
  await worker.skipWaiting();
}

async function fetchFile([path, integrity]: [string, string]): Promise<Response> {
  const url = new URL(path, scope);
  const response = await fetch(url, { integrity, cache: "no-cache" });
  // What was redirected may not answer for a page.
  if (response.ok && !response.redirected) return response;
  throw new TypeError(`offline copy: ${url} answered ${response.status}, ${response.url}`);
}

async function dropOthers(): Promise<void> {
  for (const name of await caches.keys()) {
    if (name.startsWith(COPIES) && name !== COPY) await caches.delete(name);
  }
  await worker.clients.claim();
}

/** The network's answer, whatever it says; the copy's where there is none. */
async function answer(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    const copy = await caches.open(COPY);
    const kept = await copy.match(request.url.replace(/index\.html$/, ""), { ignoreSearch: true });
    if (kept) return kept;
    throw error;
  }
}

worker.addEventListener("install", (event) => event.waitUntil(copySite()));
worker.addEventListener("activate", (event) => event.waitUntil(dropOthers()));
worker.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  if (method === "GET" && url.startsWith(scope)) event.respondWith(answer(event.request));
});
