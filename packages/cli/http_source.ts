/** Asking a source for a file over HTTP, or for the rest of one. */

/** What is here of a file, and what says that a source's rest belongs to it. */
export interface Kept {
  /** Bytes that are here. */
  readonly have: number;
  /** Strong ETag or Last-Modified of the answer that they came with. */
  readonly validator: string;
  /** Length of the whole file; null when unknown. */
  readonly total: number | null;
}

const MAX_REDIRECTS = 5;

/** A source that has no usable file; another may have one. */
export class SourceError extends Error {}

/** A request that is given up when nothing comes for a while. */
export class Connection {
  #controller = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly idleMs: number) {
    this.alive();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Something came. */
  alive(): void {
    clearTimeout(this.#timer);
    const reason = new Error(`nothing came for ${this.idleMs / 1000} s`);
    this.#timer = setTimeout(() => this.#controller.abort(reason), this.idleMs);
  }

  /** Ends the request, if it has not ended. */
  close(): void {
    clearTimeout(this.#timer);
    this.#controller.abort();
  }
}

/**
 * The answer of a source: the whole file (status 200), or the rest of what is here (206).
 *
 * @param allowed Whether a URL may be asked, at first or after a redirect.
 * @throws {SourceError} when there is neither.
 */
export async function ask(
  source: string,
  kept: Kept | null,
  allowed: (url: URL) => boolean,
  connection: Connection,
): Promise<Response> {
  const headers = { "accept-encoding": "identity" };
  const range = kept && { "range": `bytes=${kept.have}-`, "if-range": kept.validator };
  const response = await follow(source, { ...headers, ...range }, allowed, connection);
  const { status } = response;
  const rest = kept !== null && status === 206 && continues(response.headers, kept);
  if (status === 200 || rest) {
    if (!response.headers.get("content-type")?.startsWith("text/html")) return response;
    throw new SourceError("a web page came in place of the file");
  }
  await response.body?.cancel();
  // The rest of another file, or a range beyond its end: from the start, then.
  if (kept !== null && [206, 416].includes(status)) {
    return await ask(source, null, allowed, connection);
  }
  throw new SourceError(`HTTP ${status}${response.statusText && ` ${response.statusText}`}`);
}

/** Whether a partial answer is the rest of what is here. */
function continues(headers: Headers, { have, total, validator }: Kept) {
  const match = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(headers.get("content-range") ?? "");
  if (match === null || Number(match[1]) !== have) return false;
  if (Number(match[2]) + 1 !== Number(match[3])) return false;
  if (total !== null && Number(match[3]) !== total) return false;
  return (validatorOf(headers) ?? validator) === validator;
}

async function follow(
  source: string,
  headers: HeadersInit,
  allowed: (url: URL) => boolean,
  { signal }: Connection,
): Promise<Response> {
  let url = new URL(source);
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    if (!allowed(url)) throw new SourceError(`leads to ${url.origin}, which is not asked`);
    const response = await reach(url, { headers, redirect: "manual", signal });
    const location = response.headers.get("location");
    if (response.status < 300 || response.status > 399 || location === null) return response;
    await response.body?.cancel();
    url = new URL(location, url);
  }
  throw new SourceError(`more than ${MAX_REDIRECTS} redirects`);
}

async function reach(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw new SourceError("no permission to ask it");
    throw new SourceError(messageOf(error));
  }
}

/** The innermost reason of a failed request, without the URL, which the reader knows. */
export function messageOf(error: unknown): string {
  const { message, cause } = error as Error;
  if (cause instanceof Error) return messageOf(cause);
  return message.replace(/^error sending request for url \(.*?\): (?:client error \(\w+\): )?/, "");
}

/** What says that a later answer is of the same file: RFC 9110 allows no weak ETag here. */
export function validatorOf(headers: Headers): string | null {
  const tag = headers.get("etag");
  return tag?.startsWith('"') ? tag : headers.get("last-modified");
}

/** Length of the whole file that an answer from byte `start` on is part of. */
export function totalOf({ headers }: Response, start: number): number | null {
  const length = headers.get("content-length");
  return length === null ? null : start + Number(length);
}
