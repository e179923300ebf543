import { DATA_HOSTS, type DataArchive, type DataSetInfo } from "@fiedler/data";
import { usage } from "./args.ts";
import { CliError, EXIT, type ExitCode } from "./exit.ts";
import { fetchFile, type FetchWorld, statePath } from "./fetch_file.ts";
import { lockFile } from "./lock.ts";
import { join } from "./paths.ts";
import { checkWeights } from "./weights_check.ts";
import { exists } from "./disk.ts";

/** What tests replace. */
export interface FetchDataOptions {
  /** Whether a URL may be asked. Default: hosts of the catalogue. */
  readonly allowed?: (url: URL) => boolean;
}

/**
 * Downloads the archives of a data set, resumable and checked, and says how to unpack them. They
 * are not unpacked: that takes as much space again, and the system's own tools do it well.
 *
 * @throws {CliError} exit 2 when there is nothing to download, 3 when an archive is another than
 * published, 5 when it cannot be stored, 75 when the network fails.
 */
export async function fetchDataSet(
  info: DataSetInfo,
  folder: string,
  world: FetchWorld,
  { allowed = isDataUrl }: FetchDataOptions = {},
): Promise<ExitCode> {
  const { name, archives, steps, terms } = info;
  const then = steps.map((step) => step.replace(/\bDIR\S*/g, (path) => inShell(path, folder)));
  if (archives.length === 0) {
    throw usage(`${name} cannot be downloaded by a program`, info.page, then.join("; "));
  }
  const { out } = world;
  out.note(`${info.title}\n  terms  ${terms}`);
  const disk = world.disk.advising("another folder");
  using _lock = await lockFile(disk, join(folder, ".fiedler-fetch.lock"), {
    what: `another process is fetching into this folder`,
    where: folder,
    advice: "wait for it to end",
  });
  for (const archive of archives) {
    const path = join(folder, fileName(archive));
    const sha256 = await fetchArchive(archive, path, info, { ...world, disk }, allowed);
    out.event({ event: "fetched", name, path, url: archive.url, sha256 });
    out.print(`${path}\n  SHA-256 ${sha256}${archive.sha256 ? "" : ": nobody published it"}`);
  }
  out.print(
    ["then:", ...then, `./fiedler data verify ${name} ${inShell("DIR", folder)}`].join("\n  "),
  );
  return EXIT.ok;
}

/** A path below DIR as a shell takes it. */
function inShell(path: string, folder: string): string {
  const real = path.replace("DIR", folder);
  return /^[\w./+-]+$/.test(real) ? real : `'${real.replaceAll("'", "'\\''")}'`;
}

const fileName = ({ url }: DataArchive) => url.slice(url.lastIndexOf("/") + 1);

/** The publishers serve these archives without TLS; length and hash say whether they are right. */
const isDataUrl = ({ protocol, host }: URL): boolean =>
  (protocol === "http:" || protocol === "https:") && DATA_HOSTS.includes(host);

/** Downloads an archive that is not there yet. Returns its SHA-256. */
async function fetchArchive(
  archive: DataArchive,
  path: string,
  { name, page }: DataSetInfo,
  world: FetchWorld,
  allowed: (url: URL) => boolean,
): Promise<string> {
  const { url, bytes, sha256 } = archive;
  const published = {
    bytes,
    digests: sha256 === null
      ? []
      : [{ algorithm: "sha256" as const, hex: sha256, from: "TensorFlow Datasets' list" }],
  };
  const { disk, out } = world;
  if (await exists(path)) {
    const { differs, sha256 } = await checkWeights(published, path);
    if (differs.length === 0) return sha256;
    throw otherArchive(name, path, differs, "move it away, then run the same command again");
  }
  out.note(`  from   ${url}`);
  const part = `${path}.part`;
  const advice = `try later, or download it by hand from ${page} and put it at ${path}`;
  await fetchFile({ sources: [url], bytes, part, allowed, advice }, world);
  const verdict = await checkWeights(published, part);
  if (verdict.differs.length > 0) {
    await disk.remove(part);
    await disk.remove(statePath(part));
    throw otherArchive(name, url, verdict.differs, "it was removed; run the same command again");
  }
  await disk.rename(part, path);
  await disk.remove(statePath(part));
  return verdict.sha256;
}

const otherArchive = (name: string, where: string, differs: readonly string[], advice: string) =>
  new CliError(
    EXIT.input,
    `this is not the published archive of ${name}`,
    `${where}: ${differs.join("; ")}`,
    advice,
  );
