/** `weights` against a server on this machine that fails in every way a network can. */
import { type CatalogueEntry, findWeights } from "@fiedler/models";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { Disk, exists } from "../../packages/cli/disk.ts";
import { CliError } from "../../packages/cli/exit.ts";
import { type FetchOptions, fetchWeights } from "../../packages/cli/weights_fetch.ts";
import type { Output } from "../../packages/cli/output.ts";
import { type Answer, type Asked, fileAnswer, serveRaw } from "./raw_server.ts";
import { inFolder } from "./support.ts";

const FETCH_MAIN = fileURLToPath(new URL("./fetch_main.ts", import.meta.url));

/** A file that is no multiple of any block, different for each seed. */
const file = (seed: number) =>
  Uint8Array.from({ length: 300_007 }, (_, i) => (i * i * 31 + i * seed) >>> 3);
const CONTENT = file(7);
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** An entry of known length and hash, unless told otherwise. */
const entryAt = (sources: readonly string[], other: Partial<CatalogueEntry> = {}) => ({
  ...findWeights("dino-vitb16")!,
  bytes: CONTENT.length,
  digests: [{ algorithm: "sha256" as const, hex: sha256(CONTENT), from: "the test" }],
  ...other,
  sources,
});

interface Fetching extends Partial<FetchOptions> {
  readonly disk?: Disk;
  readonly stop?: { signal: "SIGINT" | null };
}

/** Fetches into a folder; returns what was said. */
async function fetchInto(
  folder: string,
  entry: CatalogueEntry,
  { disk = new Disk(), stop = { signal: null }, ...options }: Fetching = {},
) {
  const said: string[] = [];
  const events: Record<string, unknown>[] = [];
  const say = (line: string) => void said.push(line);
  const out: Output = {
    live: false,
    status: () => {},
    note: say,
    print: say,
    event: (event) => events.push(event),
  };
  const usual = { acceptTerms: false, question: null, allowed: () => true };
  const exit = await fetchWeights(entry, { ...usual, ...options, folder }, { out, disk, stop });
  return { exit, said: said.join("\n"), events };
}

/** The error of a fetch that must fail with an exit code. */
async function failure(promise: Promise<unknown>, exit: number): Promise<CliError> {
  const error = await promise.then(() => null, (error) => error);
  assert.ok(error instanceof CliError, `expected a CliError, got ${error?.stack ?? error}`);
  assert.equal(error.exit, exit, error.message);
  return error;
}

/** Asserts that the file is in the folder, whole, with its origin, and nothing half done. */
async function assertFetched(folder: string, content = CONTENT): Promise<void> {
  const { fileName } = findWeights("dino-vitb16")!;
  assert.equal(sha256(await Deno.readFile(join(folder, fileName))), sha256(content));
  const origin = JSON.parse(await Deno.readTextFile(join(folder, `${fileName}.json`)));
  assert.equal(origin.sha256, sha256(content));
  assert.equal(origin.bytes, content.length);
  const names = (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).sort();
  assert.deepEqual(names, [`.${fileName}.lock`, fileName, `${fileName}.json`]);
}

/** Runs a body with a server and an empty folder. */
const withServer = (
  answer: (asked: Asked, count: number) => Answer,
  body: (server: { origin: string; asked: Asked[] }, folder: string) => Promise<void>,
) =>
  inFolder(async (folder) => {
    let count = 0;
    await using server = serveRaw((asked) => answer(asked, ++count));
    await body(server, folder);
  });

const partOf = (folder: string) => join(folder, `${findWeights("dino-vitb16")!.fileName}.part`);

Deno.test("a fetch yields the file and its origin, and a second one asks nobody", () =>
  withServer((asked) => fileAnswer(CONTENT, '"a"', asked), async ({ origin, asked }, folder) => {
    const entry = entryAt([`${origin}/file`]);
    const { exit, said } = await fetchInto(folder, entry);
    assert.equal(exit, 0);
    assert.match(said, /DINO, ViT-B\/16.*\n.*from .*\n.*terms {2}Apache-2.0/);
    await assertFetched(folder);
    assert.equal(asked[0].headers.has("range"), false);
    assert.match((await fetchInto(folder, entry)).said, /there already/);
    assert.equal(asked.length, 1);
  }));

Deno.test("a transfer that breaks off is exit 75, and the next one asks for the rest", () =>
  withServer((asked, count) => ({
    ...fileAnswer(CONTENT, '"a"', asked),
    ...(count < 3 ? { cutAfter: 70_000 } : {}),
  }), async ({ origin, asked }, folder) => {
    const entry = entryAt([`${origin}/file`]);
    for (const have of [70_000, 140_000]) {
      const { what, advice } = await failure(fetchInto(folder, entry), 75);
      assert.match(what, /broke off/);
      assert.match(advice, /goes on where it broke off/);
      assert.equal((await Deno.stat(partOf(folder))).size, have);
    }
    const { said } = await fetchInto(folder, entry);
    assert.match(said, /going on after 0.1 MB/);
    assert.deepEqual(asked.map(({ headers }) => headers.get("range")), [
      undefined,
      "bytes=70000-",
      "bytes=140000-",
    ]);
    assert.equal(asked[2].headers.get("if-range"), '"a"');
    await assertFetched(folder);
  }));

/** Breaks a first transfer off, then goes on with another answer. */
async function resumeWith(second: (asked: Asked) => Answer, content = CONTENT, requests = 2) {
  await withServer(
    (asked, count) =>
      count === 1 ? { ...fileAnswer(CONTENT, '"a"', asked), cutAfter: 70_000 } : second(asked),
    async ({ origin, asked }, folder) => {
      const entry = entryAt([`${origin}/file`], { bytes: null, digests: [] });
      await failure(fetchInto(folder, entry), 75);
      await fetchInto(folder, entry);
      await assertFetched(folder, content);
      assert.equal(asked.length, requests);
    },
  );
}

const without = (name: string, { headers, ...asked }: Asked): Asked => ({
  ...asked,
  headers: new Map([...headers].filter(([key]) => key !== name)),
});

Deno.test("a server without ranges sends all, and all of it counts", () =>
  resumeWith((asked) => fileAnswer(CONTENT, '"a"', without("range", asked))));

Deno.test("a file that changed meanwhile is fetched anew, never patched together", async () => {
  await resumeWith((asked) => fileAnswer(file(8), '"b"', asked), file(8));
  // Servers that ignore If-Range are found out by the ETag of the part, or by its length.
  const blind = (content: Uint8Array, etag: string) => (asked: Asked) =>
    fileAnswer(content, etag, without("if-range", asked));
  await resumeWith(blind(file(8), '"b"'), file(8), 3);
  await resumeWith(blind(file(8).subarray(0, 200_000), '"a"'), file(8).subarray(0, 200_000), 3);
});

Deno.test("a range that the server cannot serve is asked for no more", () =>
  resumeWith(
    (asked) => asked.headers.has("range") ? { status: 416 } : fileAnswer(CONTENT, '"a"', asked),
    CONTENT,
    3,
  ));

Deno.test("without a strong ETag or a date, a part is not gone on with", async () => {
  const weak: Record<string, string>[] = [{}, { etag: 'W/"a"' }];
  for (const headers of weak) {
    const answer = { status: 200, headers: { "content-length": "300007", ...headers } };
    await withServer((_, count) => ({
      ...answer,
      body: CONTENT,
      ...(count === 1 ? { cutAfter: 70_000 } : {}),
    }), async ({ origin, asked }, folder) => {
      const entry = entryAt([`${origin}/file`]);
      await failure(fetchInto(folder, entry), 75);
      await fetchInto(folder, entry);
      assert.equal(asked[1].headers.has("range"), false);
      await assertFetched(folder);
    });
  }
});

Deno.test("a file of another length is not even begun, or not kept", async () => {
  const long = file(9);
  await withServer((asked) => fileAnswer(long, '"a"', asked), async ({ origin }, folder) => {
    const entry = entryAt([`${origin}/file`], { bytes: 12 });
    assert.match((await failure(fetchInto(folder, entry), 75)).where, /must have 12 bytes/);
    assert.equal(await exists(partOf(folder)), false);
  });
  // Without Content-Length the end of the connection is the end of the file.
  await withServer(() => ({ status: 200, body: long }), async ({ origin }, folder) => {
    const entry = entryAt([`${origin}/file`], { bytes: 12, digests: [] });
    assert.match((await failure(fetchInto(folder, entry), 4)).where, /bytes 12 needed, got 300007/);
    assert.equal(await exists(partOf(folder)), false);
  });
});

Deno.test("a file of another hash is exit 4 and leaves nothing to mistake for it", () =>
  withServer((asked) => fileAnswer(file(8), '"a"', asked), async ({ origin }, folder) => {
    const { where } = await failure(fetchInto(folder, entryAt([`${origin}/file`])), 4);
    assert.ok(where.includes(sha256(CONTENT)) && where.includes(sha256(file(8))), where);
    const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
    assert.deepEqual(names, [`.${findWeights("dino")!.fileName}.lock`]);
  }));

Deno.test("digests of which the first digits are known are compared as far", () =>
  withServer((asked) => fileAnswer(CONTENT, '"a"', asked), async ({ origin }, folder) => {
    const md5 = createHash("md5").update(CONTENT).digest("hex").slice(0, 6);
    const digest = (hex: string) => [{ algorithm: "md5" as const, hex, from: "its page" }];
    const wrong = entryAt([`${origin}/file`], { digests: digest("000000") });
    assert.match((await failure(fetchInto(folder, wrong), 4)).where, /MD5 \(its page\) 000000…/);
    await fetchInto(folder, entryAt([`${origin}/file`], { digests: digest(md5) }));
    await assertFetched(folder);
  }));

Deno.test("a source that fails gives way to the next; when all fail, each is named", () =>
  withServer(
    ({ path, ...asked }) =>
      path === "/mirror"
        ? fileAnswer(CONTENT, '"a"', { path, ...asked })
        : { status: path === "/gone" ? 404 : 403 },
    async ({ origin }, folder) => {
      const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const { port } = closed.addr;
      closed.close();
      const bad = [`${origin}/gone`, `${origin}/forbidden`, `http://127.0.0.1:${port}/closed`];
      const { where, advice } = await failure(fetchInto(folder, entryAt(bad)), 75);
      assert.match(where, /gone: HTTP 404.*\n.*forbidden: HTTP 403.*\n.*closed: .*refused/);
      assert.match(advice, /by hand from https:.*put it at .*dino_vitbase16_pretrain.pth/);
      const { said } = await fetchInto(folder, entryAt([...bad, `${origin}/mirror`]));
      assert.match(said, /HTTP 403 Forbidden; trying another source/);
      await assertFetched(folder);
    },
  ));

Deno.test("redirects are followed to allowed places only, and not for ever", () =>
  withServer(
    ({ path, ...asked }) =>
      path === "/moved"
        ? { status: 302, headers: { location: "/file" } }
        : path === "/round"
        ? { status: 302, headers: { location: "/round" } }
        : fileAnswer(CONTENT, '"a"', { path, ...asked }),
    async ({ origin, asked }, folder) => {
      const allowed = ({ pathname }: URL) => pathname !== "/file";
      const away = fetchInto(folder, entryAt([`${origin}/moved`]), { allowed });
      assert.match((await failure(away, 75)).where, /leads to http:.*, which is not asked/);
      const round = fetchInto(folder, entryAt([`${origin}/round`]));
      assert.match((await failure(round, 75)).where, /more than 5 redirects/);
      // The rule of the command itself: https, hosts of the catalogue.
      const before = asked.length;
      const plain = fetchInto(folder, entryAt([`${origin}/file`]), { allowed: undefined });
      assert.match((await failure(plain, 75)).where, /which is not asked/);
      assert.equal(asked.length, before);
      await fetchInto(folder, entryAt([`${origin}/moved`]));
      await assertFetched(folder);
    },
  ));

Deno.test("a web page is no weights file", () =>
  withServer(
    () => ({ status: 200, headers: { "content-type": "text/html; charset=utf-8" }, body: CONTENT }),
    async ({ origin }, folder) => {
      const { where } = await failure(fetchInto(folder, entryAt([`${origin}/file`])), 75);
      assert.match(where, /a web page came/);
    },
  ));

Deno.test("a transfer that falls silent is given up, and its part kept", () =>
  withServer(
    (asked) => ({ ...fileAnswer(CONTENT, '"a"', asked), stallAfter: 70_000 }),
    async ({ origin }, folder) => {
      const fetching = fetchInto(folder, entryAt([`${origin}/file`]), { idleMs: 200 });
      assert.match((await failure(fetching, 75)).where, /nothing came for 0.2 s/);
      assert.equal((await Deno.stat(partOf(folder))).size, 70_000);
    },
  ));

Deno.test("Ctrl-C keeps the part and exits 130", () =>
  withServer((asked) => fileAnswer(CONTENT, '"a"', asked), async ({ origin }, folder) => {
    const entry = entryAt([`${origin}/file`]);
    await failure(fetchInto(folder, entry, { stop: { signal: "SIGINT" } }), 130);
    assert.ok((await Deno.stat(partOf(folder))).size > 0);
    await fetchInto(folder, entry);
    await assertFetched(folder);
  }));

Deno.test("a full disk at any step is exit 5, and the fetch goes on when there is space", () =>
  withServer((asked) => fileAnswer(CONTENT, '"a"', asked), async ({ origin }, root) => {
    const entry = entryAt([`${origin}/file`]);
    let steps = 0;
    await fetchInto(join(root, "whole"), entry, { disk: new Disk(() => void steps++) });
    assert.ok(steps > 15, `${steps} steps`);
    for (let n = 1; n <= steps; n++) {
      const folder = join(root, `full at ${n}`);
      let left = n;
      const disk = new Disk(() => {
        if (--left === 0) throw Object.assign(new Error("no space"), { code: "ENOSPC" });
      });
      const { where } = await failure(fetchInto(folder, entry, { disk }), 5);
      assert.ok(where.includes(folder), `step ${n}: ${where}`);
      await fetchInto(folder, entry);
      await assertFetched(folder);
    }
  }));

Deno.test("kill -9 in the middle loses nothing that came", () =>
  withServer(
    (asked, count) => ({ ...fileAnswer(CONTENT, '"a"', asked), dripMs: count === 1 ? 200 : 0 }),
    async ({ origin, asked }, folder) => {
      const entry = entryAt([`${origin}/file`]);
      const start = () =>
        new Deno.Command(Deno.execPath(), {
          args: [
            "run",
            "--quiet",
            "--no-prompt",
            "--allow-net=127.0.0.1",
            "--allow-read",
            "--allow-write",
            FETCH_MAIN,
            folder,
            JSON.stringify(entry),
          ],
        }).spawn();
      const child = start();
      const size = () => Deno.stat(partOf(folder)).then(({ size }) => size, () => 0);
      while (await size() === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      child.kill("SIGKILL");
      assert.equal((await child.status).signal, "SIGKILL");
      const have = await size();
      assert.ok(have < CONTENT.length, "killed before the end");
      assert.equal((await start().status).code, 0);
      assert.equal(asked[1].headers.get("range"), `bytes=${have}-`);
      await assertFetched(folder);
    },
  ));

Deno.test("of two fetches at once one exits 75, and the file is right", () =>
  withServer(
    (asked) => ({ ...fileAnswer(CONTENT, '"a"', asked), dripMs: 10 }),
    async ({ origin, asked }, folder) => {
      const entry = entryAt([`${origin}/file`]);
      const both = await Promise.allSettled([fetchInto(folder, entry), fetchInto(folder, entry)]);
      const exits = both.map((one) =>
        one.status === "fulfilled" ? one.value.exit : one.reason.exit
      );
      assert.deepEqual(exits.sort(), [0, 75]);
      assert.equal(asked.length, 1);
      await assertFetched(folder);
    },
  ));

Deno.test("non-commercial terms are shown, and must be accepted before anybody is asked", () =>
  withServer((asked) => fileAnswer(CONTENT, '"a"', asked), async ({ origin, asked }, root) => {
    const entry = entryAt([`${origin}/file`], { nonCommercial: true, licence: "CC-BY-NC-4.0" });
    const { advice } = await failure(fetchInto(root, entry), 2);
    assert.match(advice, /fetch dino-vitb16 --accept-terms/);
    for (const answer of ["no", "", null]) {
      await failure(fetchInto(root, entry, { question: () => answer }), 2);
    }
    assert.equal(asked.length, 0);
    for (const options of [{ acceptTerms: true }, { question: () => " Yes" }]) {
      const folder = join(root, Object.keys(options)[0]);
      const { events, said } = await fetchInto(folder, entry, options);
      assert.match(said, /terms {2}CC-BY-NC-4.0, non-commercial use only/);
      const fetched = events.find(({ event }) => event === "fetched");
      assert.equal(fetched?.accepted, true);
      await assertFetched(folder);
    }
  }));
