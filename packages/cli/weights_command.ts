/** `weights`: what published checkpoints there are, and which of them are here. */
import { CATALOGUE, type CatalogueEntry, findWeights } from "@fiedler/models";
import { usage } from "./args.ts";
import { CliError, EXIT, type ExitCode } from "./exit.ts";
import type { FetchWorld } from "./fetch_file.ts";
import { suggest } from "./suggest.ts";
import { table } from "./table.ts";
import {
  cacheFolder,
  cachePath,
  isCached,
  originPath,
  readOrigin,
  sizeOf,
} from "./weights_cache.ts";
import { checkWeights } from "./weights_check.ts";
import { fetchWeights } from "./weights_fetch.ts";

/** What `weights` can be asked for. */
const VERBS = ["list", "info", "verify", "fetch", "path"] as const;

/** Options of {@linkcode weights}. */
export interface WeightsOptions {
  readonly acceptTerms: boolean;
  /** Asks a person a question; null where nobody is there to answer. */
  readonly question: ((text: string) => string | null) | null;
}

/**
 * Runs `fiedler weights [VERB [NAME [FILE]]]`.
 *
 * @throws {CliError} exit 2 for a wrong command line, 4 for a wrong file, and as
 * {@linkcode fetchWeights}.
 */
export async function weights(
  [verb = "list", name, file]: readonly string[],
  options: WeightsOptions,
  world: FetchWorld,
): Promise<ExitCode> {
  checkOperands(verb, name, file);
  if (verb === "list") return await list(world);
  const entry = entryOf(name);
  switch (verb) {
    case "info":
      return await info(entry, world);
    case "verify":
      return await verify(entry, file ?? cachePath(entry), file === undefined, world);
    case "fetch":
      return await fetchWeights(entry, { ...options, folder: cacheFolder() }, world);
    default:
      return await path(entry, world);
  }
}

function checkOperands(verb: string, name: string | undefined, file: string | undefined): void {
  const where = `fiedler weights ${verb}`;
  if (!(VERBS as readonly string[]).includes(verb)) {
    const near = suggest(verb, VERBS);
    const hint = near ? `, did you mean "${near}"?` : "";
    throw usage(`weights cannot "${verb}"${hint}`, where, `choose one of ${VERBS.join(", ")}`);
  }
  if (verb === "list" && name !== undefined) {
    throw usage("list takes no name", where, `write \`fiedler weights info ${name}\``);
  }
  if (verb !== "list" && name === undefined) {
    throw usage(`${verb} needs a name`, where, `write \`${where} NAME\`; see \`fiedler weights\``);
  }
  if (verb !== "verify" && file !== undefined) {
    throw usage(`${verb} takes one name`, where, "one checkpoint a command");
  }
}

function entryOf(name: string): CatalogueEntry {
  const entry = findWeights(name);
  if (entry !== null) return entry;
  const near = suggest(name, CATALOGUE.flatMap((known) => [known.name, ...known.aliases]));
  throw usage(
    `no published weights are known as "${name}"` + (near ? `, did you mean ${near}?` : ""),
    name,
    "see `fiedler weights`",
  );
}

async function list({ out }: FetchWorld): Promise<ExitCode> {
  const folder = cacheFolder();
  const rows: string[][] = [["name", "what", "size", "licence", "here"]];
  for (const entry of CATALOGUE) {
    const path = cachePath(entry, folder);
    const here = await isHere(entry, path);
    out.event({ event: "weights", ...entry, path, cached: here === "yes" });
    const { name, title, licence, nonCommercial } = entry;
    rows.push([name, title, sizeOf(entry), `${licence}${nonCommercial ? " *" : ""}`, here]);
  }
  out.print(
    `${table(rows)}\n\n` +
      `* non-commercial, asked before a fetch. Cache: ${folder}\n` +
      "`fiedler weights info NAME` tells more, `fiedler weights fetch NAME` gets one.",
  );
  return EXIT.ok;
}

/** As {@linkcode isCached}; a broken file is one word in a list. */
async function isHere(entry: CatalogueEntry, path: string): Promise<"yes" | "" | "broken"> {
  try {
    return await isCached(entry, path) ? "yes" : "";
  } catch (error) {
    if (error instanceof CliError) return "broken";
    throw error;
  }
}

async function info(entry: CatalogueEntry, { out }: FetchWorld): Promise<ExitCode> {
  const path = cachePath(entry);
  const cached = await isHere(entry, path);
  const origin = await readOrigin(path);
  out.event({ event: "weights", ...entry, path, cached: cached === "yes", origin });
  const exact = entry.bytes === null ? "" : ` (${entry.bytes} bytes)`;
  const lines: (readonly [string, string])[] = [
    ["what", entry.title],
    ["paper", `https://arxiv.org/abs/${entry.paper}`],
    ["page", entry.page],
    ...entry.sources.map((source, i) => [i === 0 ? "from" : "or from", source] as const),
    ["file", entry.fileName],
    ["size", sizeOf(entry) + exact],
    ...entry.digests.map(({ algorithm, hex, from }) => [algorithm, `${hex} (${from})`] as const),
    ...(entry.digests.length === 0
      ? [["hash", "none published; recorded at the first fetch"] as const]
      : []),
    ["licence", `${entry.licence}${entry.nonCommercial ? ", non-commercial use only" : ""}`],
    ["", entry.licenceNote],
    ["also", entry.aliases.join(", ")],
    ["note", entry.note],
    ["here", cached === "" ? `no; it belongs at ${path}` : `${cached}, ${path}`],
    ["fetched", origin ? `${origin.fetchedAt} from ${origin.url}` : ""],
    ["", origin ? `SHA-256 ${origin.sha256}` : ""],
  ];
  const shown = lines.filter(([, value]) => value !== "");
  out.print(
    [entry.name, ...shown.map(([head, value]) => `  ${head.padEnd(9)}${value}`)].join("\n"),
  );
  return EXIT.ok;
}

async function verify(
  entry: CatalogueEntry,
  path: string,
  inCache: boolean,
  { out }: FetchWorld,
): Promise<ExitCode> {
  const info = await Deno.stat(path).catch(() => null);
  if (!info?.isFile) {
    const advice = inCache ? `\`fiedler weights fetch ${entry.name}\`` : "check the path";
    throw usage("there is no such file", path, advice);
  }
  const recorded = inCache ? (await readOrigin(path))?.sha256 ?? null : null;
  const { bytes, sha256, agrees, differs } = await checkWeights(entry, path, recorded);
  out.event({ event: "verified", name: entry.name, path, bytes, sha256, agrees, differs });
  if (differs.length > 0) {
    throw new CliError(
      EXIT.checkpoint,
      `this is not the published file of ${entry.name}`,
      `${path}: ${differs.join("; ")}`,
      inCache
        ? `remove it and ${originPath(path)}, then \`fiedler weights fetch ${entry.name}\``
        : "download it again",
    );
  }
  out.print(`${path}\n  ${bytes} bytes, SHA-256 ${sha256}`);
  out.print(
    entry.digests.length > 0 || recorded !== null
      ? agrees.map((line) => `  agrees: ${line}`).join("\n")
      : `  nobody published a hash of ${entry.name}: there is nothing to hold it against`,
  );
  return EXIT.ok;
}

async function path(entry: CatalogueEntry, { out }: FetchWorld): Promise<ExitCode> {
  const path = cachePath(entry);
  const cached = await isCached(entry, path);
  out.event({ event: "path", name: entry.name, path, cached });
  out.print(path);
  if (!cached) out.note(`(not there yet: \`fiedler weights fetch ${entry.name}\`)`);
  return EXIT.ok;
}
