import { HEADERS, mediaType } from "./demo_headers.ts";
import type { Site } from "./demo_site.ts";
import { CliError, EXIT } from "./exit.ts";

/** For this machine alone: what is on it may be private, and browsers trust it like HTTPS. */
const HOST = "127.0.0.1";

/** A site while it is served. */
export interface SiteServer extends AsyncDisposable {
  /** Of its first page. */
  readonly url: string;
}

/**
 * Serves a site on the loopback interface.
 *
 * @param port 0 for any that is free.
 * @throws {CliError} exit 75 when the port is taken, exit 2 when the system keeps it.
 */
export function serveSite(site: Site, port: number): SiteServer {
  const end = new AbortController();
  const server = listen(port, end.signal, (request) => answer(site, request));
  return {
    url: `http://${HOST}:${server.addr.port}/`,
    [Symbol.asyncDispose]() {
      end.abort(); // browsers keep connections open that a gentler end would wait for
      return server.finished;
    },
  };
}

function listen(
  port: number,
  signal: AbortSignal,
  take: (request: Request) => Response,
): Deno.HttpServer<Deno.NetAddr> {
  try {
    return Deno.serve({ port, signal, hostname: HOST, onListen: () => {} }, take);
  } catch (error) {
    const where = `${HOST}:${port}`;
    const advice = "choose another: fiedler demo --port 0 takes any that is free";
    if (error instanceof Deno.errors.AddrInUse) {
      throw new CliError(EXIT.temporary, `port ${port} is taken by another program`, where, advice);
    }
    if (error instanceof Deno.errors.PermissionDenied) {
      throw new CliError(EXIT.usage, `port ${port} is kept for the system`, where, advice);
    }
    throw error;
  }
}

/** What a request is answered. Addresses are looked up, never opened: there is no way out. */
export function answer(site: Site, { method, url }: Request): Response {
  if (method !== "GET" && method !== "HEAD") {
    return plain(405, "only GET and HEAD", { Allow: "GET, HEAD" });
  }
  const { pathname, search } = new URL(url);
  const path = pathname.slice(1);
  const name = path === "" || path.endsWith("/") ? `${path}index.html` : path;
  const bytes = site.get(name);
  if (bytes) {
    const headers = { ...HEADERS, "Content-Type": mediaType(name) };
    return new Response(bytes, { headers });
  }
  if (site.has(`${path}/index.html`)) return plain(301, "", { Location: `/${path}/${search}` });
  return plain(404, "not found");
}

const plain = (status: number, text: string, more: Readonly<Record<string, string>> = {}) =>
  new Response(text, { status, headers: { ...HEADERS, ...more, "Content-Type": "text/plain" } });
