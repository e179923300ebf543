import { type Bundler, openBundler } from "./demo_bundle.ts";
import { headersFile, META_POLICY } from "./demo_headers.ts";
import { samplesOf } from "./demo_samples.ts";
import { CliError, EXIT } from "./exit.ts";
import { basename, EMBEDDED, join, PHOTOS, ROOT, SEGMENTERS } from "./paths.ts";
import { VERSION } from "./version.ts";

/** A site in memory: what each address under its folder answers. */
export type Site = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

/** A folder of the site with a page of our own. */
interface Page {
  /** In the site: `""` or `name/`. */
  readonly folder: string;
  /** In the checkout: its HTML and CSS are taken as they are. */
  readonly source: string;
  /** Scripts beside the page, and the module each is made of. */
  readonly bundles: Readonly<Record<string, string>>;
  /** Modules that these scripts take in place of others. */
  readonly alias?: Readonly<Record<string, string>>;
  /** Folders of the checkout's `fixtures` that it reads, from `fixtures/` beside it. */
  readonly fixtures?: readonly string[];
}

const PAGES: readonly Page[] = [
  {
    folder: "",
    source: "packages/demo/page",
    bundles: {
      "main.js": "packages/demo/page/main.ts",
      "studio.js": "packages/demo/worker.ts",
      "scenes.js": "packages/demo/scene_worker.ts",
      "fiedler.js": "packages/demo/site/fiedler.ts",
      "worker.js": "packages/web/worker.ts", // of fiedler.js, for `worker: true`
    },
  },
  { folder: "examples/", source: "examples", bundles: {} },
  {
    folder: "conformance/",
    source: "tests/conformance/page",
    bundles: { "main.js": "tests/conformance/page/main.ts" },
    alias: { "node:assert/strict": "tests/support/browser_assert.ts" },
    fixtures: ["clustering", "spectral", "training", "weights/golden"],
  },
];

/** What a page's folder gives to the site. */
const PAGE_FILE = /\.(html|css|js)$/;

/** Taken as they are, by their place in the site. */
const COPIES: Readonly<Record<string, string>> = {
  "icon.svg": join(ROOT, "packages/demo/site/icon.svg"),
  "manifest.webmanifest": join(ROOT, "packages/demo/site/manifest.webmanifest"),
  ...placed("weights/", Object.values(EMBEDDED)),
  ...placed("segmenters/", Object.values(SEGMENTERS)),
};

/** The JPEG decoder looks for its WebAssembly beside the script that it is a part of. */
const DECODER = "mozjpeg_dec.wasm";
const DECODER_FILE = join(ROOT, "node_modules/@jsquash/jpeg/codec/dec", DECODER);

/** What the site's scripts are made of besides Fiedler. */
const NOTICES: Readonly<Record<string, string>> = {
  "Fiedler": "LICENSE",
  "@jsquash/jpeg": "node_modules/@jsquash/jpeg/LICENSE",
  "mozjpeg, in @jsquash/jpeg": "node_modules/@jsquash/jpeg/codec/LICENSE.codec.md",
  "fflate": "node_modules/fflate/LICENSE",
};

/** Read by hosts, not by browsers. */
const HOST_FILES = ["_headers"];

/**
 * Builds the site of the demo: pages, scripts, weights, samples, and the service worker that keeps
 * them. Nothing in it depends on where it is served.
 *
 * @throws {CliError} exit 2 without esbuild, exit 1 when a page cannot be built.
 */
export async function buildSite(): Promise<Site> {
  const bundler = await openBundler();
  const site = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const page of PAGES) await addPage(site, page, bundler);
  for (const [place, file] of Object.entries(COPIES)) site.set(place, await Deno.readFile(file));
  await addSamples(site);
  site.set("licences.txt", encode(await notices()));
  site.set("_headers", encode(headersFile()));
  const { files, version } = await precache(site);
  const worker = await bundler.bundle("packages/demo/site/sw.ts");
  const known = `const SITE=${JSON.stringify({ version, files })};\n`;
  return site.set("sw.js", encode(known + new TextDecoder().decode(worker)));
}

async function addPage(
  site: Map<string, Uint8Array<ArrayBuffer>>,
  { folder, source, bundles, alias, fixtures = [] }: Page,
  bundler: Bundler,
): Promise<void> {
  for (const name of await filesIn(source)) {
    if (!PAGE_FILE.test(name)) continue;
    const bytes = await Deno.readFile(join(ROOT, source, name));
    const isPage = name.endsWith(".html");
    site.set(folder + name, isPage ? withPolicy(bytes, `${source}/${name}`) : bytes);
  }
  for (const [name, entry] of Object.entries(bundles)) {
    const script = await bundler.bundle(entry, alias);
    site.set(folder + name, script);
    if (!new TextDecoder().decode(script).includes(DECODER)) continue;
    site.set(folder + DECODER, await Deno.readFile(DECODER_FILE));
  }
  for (const fixture of fixtures) {
    for (const name of await filesIn(`fixtures/${fixture}`)) {
      const path = `fixtures/${fixture}/${name}`;
      site.set(folder + path, await Deno.readFile(join(ROOT, path)));
    }
  }
}

/** In an order that is the same everywhere. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(join(ROOT, folder)));
  return entries.filter(({ isFile }) => isFile).map(({ name }) => name).toSorted();
}

/** A page that keeps its policy on hosts that send no headers, too. */
function withPolicy(html: Uint8Array, where: string): Uint8Array<ArrayBuffer> {
  const text = new TextDecoder().decode(html);
  const first = '<meta charset="utf-8">';
  if (!text.includes(first)) {
    throw new CliError(EXIT.bug, "a page cannot be built", where, `begin its head with ${first}`);
  }
  const policy = `<meta http-equiv="Content-Security-Policy" content="${META_POLICY}">`;
  return encode(text.replace(first, `${first}\n${policy}`));
}

async function addSamples(site: Map<string, Uint8Array<ArrayBuffer>>): Promise<void> {
  const samples = samplesOf(await Deno.readTextFile(join(PHOTOS, "README.md")));
  for (const { file } of samples) {
    site.set(`samples/${file}`, await Deno.readFile(join(PHOTOS, file)));
  }
  site.set("samples/index.json", encode(JSON.stringify(samples)));
}

async function notices(): Promise<string> {
  const parts = Object.entries(NOTICES).map(async ([name, path]) =>
    `${name}\n${"=".repeat(name.length)}\n\n${await Deno.readTextFile(join(ROOT, path))}`
  );
  return (await Promise.all(parts)).join("\n\n");
}

/** What the service worker keeps: a page by its folder, which hosts agree on. */
async function precache(
  site: Site,
): Promise<{ readonly version: string; readonly files: Record<string, string> }> {
  const files: Record<string, string> = {};
  for (const [path, bytes] of site) {
    if (HOST_FILES.includes(path)) continue;
    files[path.replace(/(^|\/)index\.html$/, "$1")] = `sha256-${await digest(bytes)}`;
  }
  const version = await digest(encode(JSON.stringify(files)));
  return { version: `${VERSION} ${version}`, files };
}

async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toBase64();
}

function placed(folder: string, files: readonly string[]): Record<string, string> {
  return Object.fromEntries(files.map((file) => [folder + basename(file), file]));
}

const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
