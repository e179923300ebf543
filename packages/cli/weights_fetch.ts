import { type CatalogueEntry, isCatalogueUrl, termsOf } from "@fiedler/models";
import { usage } from "./args.ts";
import { CliError, EXIT, type ExitCode } from "./exit.ts";
import { fetchFile, type FetchWorld, statePath } from "./fetch_file.ts";
import { lockFile } from "./lock.ts";
import { join } from "./paths.ts";
import { cachePath, isCached, type Origin, originPath, sizeOf } from "./weights_cache.ts";
import { checkWeights, type Verdict } from "./weights_check.ts";

/** Options of {@linkcode fetchWeights}. */
export interface FetchOptions {
  /** Whether `--accept-terms` was given. */
  readonly acceptTerms: boolean;
  /** Asks a person a question; null where nobody is there to answer. */
  readonly question: ((text: string) => string | null) | null;
  /** The folder of the cache. */
  readonly folder: string;
  /** Whether a URL may be asked. Default: by https, hosts of the catalogue. */
  readonly allowed?: (url: URL) => boolean;
  /** Silence after which a transfer counts as broken. */
  readonly idleMs?: number;
}

/**
 * Fetches a checkpoint into the cache: terms first, then the file, which appears under its name
 * only when its length and digests are right.
 *
 * @throws {CliError} exit 2 when the terms are not accepted, 4 when the file is another than
 * published, 5 when it cannot be stored, 75 when the network fails or another process is at it.
 */
export async function fetchWeights(
  entry: CatalogueEntry,
  options: FetchOptions,
  world: FetchWorld,
): Promise<ExitCode> {
  const { out } = world;
  const path = cachePath(entry, options.folder);
  if (await isCached(entry, path)) {
    await world.disk.remove(statePath(partPath(path))); // of a fetch that died at its very end
    out.event({ event: "cached", name: entry.name, path });
    out.print(`${entry.name} is there already: ${path}`);
    return EXIT.ok;
  }
  const accepted = acceptTerms(entry, options, world);
  const origin = await fetchLocked(entry, path, accepted, options, {
    ...world,
    disk: world.disk.advising("another place with FIEDLER_WEIGHTS"),
  });
  out.event({ event: "fetched", path, ...origin });
  out.print(`${entry.name} is at ${path}\nuse it with --model ${entry.name}`);
  return EXIT.ok;
}

const partPath = (path: string) => `${path}.part`;

/** Shows what would be fetched, and under which terms. */
function acceptTerms(
  entry: CatalogueEntry,
  { acceptTerms, question }: FetchOptions,
  { out }: FetchWorld,
): boolean {
  const { name, title, sources, nonCommercial, licenceNote, note } = entry;
  out.note(`${title}, ${sizeOf(entry)}`);
  out.note(`  from   ${sources[0]}`);
  out.note(`  terms  ${termsOf(entry)}`);
  for (const line of [licenceNote, note]) if (line) out.note(`         ${line}`);
  if (!nonCommercial || acceptTerms) return acceptTerms;
  const terms = `the terms of ${name} forbid commercial use`;
  const advice = `read ${entry.page}, then \`fiedler weights fetch ${name} --accept-terms\``;
  if (question === null) throw usage(`${terms}, and were not accepted`, termsOf(entry), advice);
  const answer = question(`These terms forbid commercial use. Do you accept them? (yes or no)`);
  if (answer?.trim().toLowerCase() === "yes") return true;
  throw usage(`${terms}, and were not accepted: nothing was fetched`, termsOf(entry), advice);
}

async function fetchLocked(
  entry: CatalogueEntry,
  path: string,
  accepted: boolean,
  options: FetchOptions,
  world: FetchWorld,
): Promise<Origin | null> {
  const { disk } = world;
  const { allowed = isCatalogueUrl, idleMs } = options;
  using _lock = await lockFile(disk, join(options.folder, `.${entry.fileName}.lock`), {
    what: `another process is fetching ${entry.name}`,
    where: path,
    advice: "wait for it to end",
  });
  if (await isCached(entry, path)) return null; // by a process that has just ended
  const part = partPath(path);
  const advice = `try later, or download it by hand from ${entry.page} and put it at ${path}`;
  const { sources, bytes } = entry;
  const url = await fetchFile({ sources, bytes, part, allowed, advice, idleMs }, world);
  const verdict = await checkWeights(entry, part);
  if (verdict.differs.length > 0) {
    await disk.remove(part);
    await disk.remove(statePath(part));
    throw otherFile(entry, url, verdict);
  }
  const origin = originOf(entry, url, verdict, accepted);
  await disk.writeWhole(originPath(path), `${JSON.stringify(origin, null, 2)}\n`);
  await disk.rename(part, path);
  await disk.remove(statePath(part));
  if (entry.digests.length === 0) {
    world.out.note(`nobody published a hash of it; recorded SHA-256 ${verdict.sha256}`);
  }
  return origin;
}

const originOf = (
  entry: CatalogueEntry,
  url: string,
  { bytes, sha256 }: Verdict,
  accepted: boolean,
): Origin => ({
  name: entry.name,
  url,
  bytes,
  sha256,
  terms: termsOf(entry),
  accepted,
  fetchedAt: new Date().toISOString(),
});

/** A file that is not the published one is not kept. */
const otherFile = ({ name }: CatalogueEntry, url: string, { differs }: Verdict) =>
  new CliError(
    EXIT.checkpoint,
    `what came is not the published file of ${name}, and was removed`,
    `${url}: ${differs.join("; ")}`,
    "run the same command again; if it repeats, the file was replaced or damaged at its source",
  );
