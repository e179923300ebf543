/** An HTTP server that misbehaves on demand: answers are written to the socket as they stand. */

/** A request as it came: method line aside, headers by lower-case name. */
export interface Asked {
  readonly path: string;
  readonly headers: ReadonlyMap<string, string>;
}

/** What is written back before the connection is closed. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Bytes of the body after which the connection is closed. Default: all. */
  readonly cutAfter?: number;
  /** Pause between blocks of 64 KiB, in milliseconds. Default: none. */
  readonly dripMs?: number;
  /** Bytes of the body after which nothing more is said, and the connection stays open. */
  readonly stallAfter?: number;
}

/** A running server. */
export interface RawServer extends AsyncDisposable {
  readonly origin: string;
  readonly asked: Asked[];
}

const BLOCK = 1 << 16;

/** Serves on a free port of 127.0.0.1, one request a connection. */
export function serveRaw(answer: (asked: Asked) => Answer): RawServer {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const asked: Asked[] = [];
  const open = new Set<Deno.Conn>();
  const serving = (async () => {
    for await (const connection of listener) {
      open.add(connection);
      respond(connection, asked, answer)
        .catch(() => {}) // the client went away: what it made of it is the test's matter
        .finally(() => open.delete(connection));
    }
  })();
  return {
    origin: `http://127.0.0.1:${listener.addr.port}`,
    asked,
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const connection of open) connection.close();
      await serving;
    },
  };
}

async function respond(
  connection: Deno.Conn,
  asked: Asked[],
  answer: (asked: Asked) => Answer,
): Promise<void> {
  const request = await readHead(connection);
  asked.push(request);
  const { status, headers = {}, body = new Uint8Array(), ...manner } = answer(request);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `HTTP/1.1 ${status} Said\r\n${lines.join("")}connection: close\r\n\r\n`;
  await writeAll(connection, new TextEncoder().encode(head));
  const end = manner.stallAfter ?? manner.cutAfter ?? body.length;
  for (let at = 0; at < end; at += BLOCK) {
    await writeAll(connection, body.subarray(at, Math.min(at + BLOCK, end)));
    if (manner.dripMs) await new Promise((resolve) => setTimeout(resolve, manner.dripMs));
  }
  if (manner.stallAfter === undefined) connection.close();
}

async function readHead(connection: Deno.Conn): Promise<Asked> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(4096);
  let text = "";
  while (!text.includes("\r\n\r\n")) {
    const count = await connection.read(buffer);
    if (count === null) throw new Error("closed before the request ended");
    text += decoder.decode(buffer.subarray(0, count));
  }
  const [line, ...rest] = text.trimEnd().split("\r\n");
  const headers = rest.map((header) => {
    const colon = header.indexOf(":");
    return [header.slice(0, colon).toLowerCase(), header.slice(colon + 1).trim()] as const;
  });
  return { path: line.split(" ")[1], headers: new Map(headers) };
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

/** A file server's answer that honours Range and If-Range, as RFC 9110 has it. */
export function fileAnswer(body: Uint8Array, etag: string, { headers }: Asked): Answer {
  const type = { "content-type": "application/octet-stream", etag };
  const from = /^bytes=(\d+)-$/.exec(headers.get("range") ?? "")?.[1];
  const same = (headers.get("if-range") ?? etag) === etag;
  if (from === undefined || !same) {
    return { status: 200, headers: { ...type, "content-length": `${body.length}` }, body };
  }
  const rest = body.subarray(Number(from));
  const range = `bytes ${from}-${body.length - 1}/${body.length}`;
  return {
    status: 206,
    headers: { ...type, "content-range": range, "content-length": `${rest.length}` },
    body: rest,
  };
}
