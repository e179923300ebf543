import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { writeSite } from "../../packages/cli/demo_folder.ts";
import { HEADERS } from "../../packages/cli/demo_headers.ts";
import { samplesOf } from "../../packages/cli/demo_samples.ts";
import { answer, serveSite } from "../../packages/cli/demo_server.ts";
import { buildSite, type Site } from "../../packages/cli/demo_site.ts";
import { Disk } from "../../packages/cli/disk.ts";
import { CliError } from "../../packages/cli/exit.ts";
import { inFolder } from "./support.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const decoder = new TextDecoder();
const bytes = (text: string) => new TextEncoder().encode(text);

/** A site of as few files as show everything. */
const SMALL: Site = new Map([
  ["index.html", bytes("first")],
  ["a/index.html", bytes("second")],
  ["a/main.js", bytes("3;")],
]);

const ask = (path: string, method = "GET") =>
  answer(SMALL, new Request(`http://127.0.0.1${path}`, { method }));

Deno.test("every answer has the headers, whatever it says", () => {
  const answers = [ask("/"), ask("/a"), ask("/none"), ask("/", "POST"), ask("/a/main.js", "HEAD")];
  assert.deepEqual(answers.map(({ status }) => status), [200, 301, 404, 405, 200]);
  for (const { headers } of answers) {
    for (const [name, value] of Object.entries(HEADERS)) assert.equal(headers.get(name), value);
  }
  const policy = HEADERS["Content-Security-Policy"].split("; ");
  const needed = [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "connect-src 'self'",
    "img-src 'self' blob:",
    "style-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ];
  assert.deepEqual(needed.filter((part) => !policy.includes(part)), []);
});

Deno.test("pages are found by their folders, files by their names, with their types", async () => {
  assert.equal(await ask("/?x=1").text(), "first");
  assert.equal(await ask("/a/").text(), "second");
  assert.equal(ask("/a?x=1").headers.get("location"), "/a/?x=1");
  assert.equal(ask("/a/main.js").headers.get("content-type"), "text/javascript; charset=utf-8");
  assert.equal(ask("/", "PUT").headers.get("allow"), "GET, HEAD");
});

/** A request as no client would write it. */
async function raw(port: number, line: string): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(bytes(`${line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`));
  return await new Response(connection.readable).text();
}

Deno.test("the server listens to this machine alone, and leads nowhere else", async () => {
  await using server = serveSite(SMALL, 0);
  const { hostname, port } = new URL(server.url);
  assert.equal(hostname, "127.0.0.1");
  for (
    const way of ["/../deno.json", "/a/%2e%2e/%2e%2e/deno.json", "/..%2fdeno.json", "//etc/passwd"]
  ) {
    assert.match(await raw(Number(port), `GET ${way}`), /^HTTP\/1.1 404 [\s\S]*not found/, way);
  }
  const head = await raw(Number(port), "HEAD /a/main.js");
  assert.match(head, /content-length: 2\r\n[\s\S]*\r\n\r\n$/i);
  assert.throws(() => serveSite(SMALL, Number(port)), (error) => {
    assert.ok(error instanceof CliError);
    assert.deepEqual([error.exit, error.where], [75, `127.0.0.1:${port}`]);
    assert.match(error.what, /is taken/);
    return true;
  });
});

Deno.test("a folder gets the site; what an earlier one left goes, what is not ours stays", () =>
  inFolder(async (root) => {
    const folder = join(root, "www");
    const disk = new Disk();
    await writeSite(new Map([...SMALL, ["old.js", bytes("1;")]]), folder, disk);
    await Deno.writeTextFile(join(folder, "CNAME"), "example.org");
    await writeSite(SMALL, folder, disk);
    const names = (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).toSorted();
    assert.deepEqual(names, [".fiedler-site", "CNAME", "a", "index.html"]);
    assert.equal(await Deno.readTextFile(join(folder, "a", "main.js")), "3;");

    await assert.rejects(writeSite(SMALL, root, disk), { exit: 2, where: root });
    assert.deepEqual(await Array.fromAsync(Deno.readDir(root), ({ name }) => name), ["www"]);
  }));

Deno.test("a list of files from elsewhere removes nothing outside its folder", () =>
  inFolder(async (root) => {
    const folder = join(root, "www");
    await Deno.mkdir(folder);
    await Deno.writeTextFile(join(root, "mine"), "mine");
    await Deno.writeTextFile(join(folder, ".fiedler-site"), "../mine\na/../../mine\n");
    await writeSite(SMALL, folder, new Disk());
    assert.equal(await Deno.readTextFile(join(root, "mine")), "mine");
  }));

Deno.test("samples are all photos, each with its author and licence", async () => {
  const photos = join(ROOT, "fixtures", "photos");
  const samples = samplesOf(await Deno.readTextFile(join(photos, "README.md")));
  const names = await Array.fromAsync(Deno.readDir(photos), ({ name }) => name);
  const pictures = names.filter((name) => name !== "README.md").toSorted();
  assert.deepEqual(samples.map(({ file }) => file).toSorted(), pictures);
  assert.deepEqual(samples.find(({ file }) => file === "hubble_deep_field.jpg"), {
    file: "hubble_deep_field.jpg",
    title: "Hubble deep field",
    credit: "NASA; public domain",
  });
});

Deno.test("the site is whole, names no other place, and says its policy itself", async () => {
  const site = await buildSite();
  const text = (path: string) => decoder.decode(site.get(path));
  const pages = [...site.keys()].filter((path) => path.endsWith(".html"));
  assert.ok(pages.length >= 6, `${pages}`);
  for (const page of pages) {
    const base = new URL(page, "http://site/");
    assert.match(
      text(page),
      /<meta http-equiv="Content-Security-Policy" content="default-src 'none'; /,
    );
    assert.doesNotMatch(text(page), /frame-ancestors/); // browsers complain of it there
    for (const [, link] of text(page).matchAll(/\b(?:src|href)="([^"#]+)"/g)) {
      if (link.startsWith("https://")) continue; // to be read, not to be loaded
      assert.doesNotMatch(link, /^\//, `${page} would not find ${link} in a subfolder`);
      const path = new URL(link, base).pathname.slice(1).replace(/(^|\/)$/, "$1index.html");
      assert.ok(site.has(path), `${page} needs ${path}`);
    }
  }
  const { files } = JSON.parse(text("sw.js").match(/^const SITE=(.*);$/m)![1]);
  const kept = Object.keys(files).map((path) => path.replace(/(^|\/)$/, "$1index.html"));
  const all = [...site.keys()].filter((path) => path !== "sw.js" && path !== "_headers");
  assert.deepEqual(kept.toSorted(), all.toSorted());
});

Deno.test({
  name: "`fiedler demo` says where it is, answers, and ends with Ctrl-C",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const child = new Deno.Command(join(ROOT, "fiedler"), {
      args: ["demo", "--port", "0", "--json"],
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const errors = new Response(child.stderr).text();
    const out = child.stdout.getReader();
    try {
      const { value } = await out.read();
      if (!value) assert.fail(await errors);
      const { event, url } = JSON.parse(decoder.decode(value));
      assert.equal(event, "serving");
      const page = await fetch(url); // its connection stays open
      assert.match(await page.text(), /<title>Fiedler/);
    } finally {
      child.kill("SIGINT");
    }
    assert.equal((await child.status).code, 0);
    assert.equal(await errors, "");
    await out.cancel();
  },
});
