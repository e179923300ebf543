/**
 * Makes a tarball for npm of each package of the workspace that is published: `deno pack` turns it
 * into JavaScript and types; what it leaves out of package.json is added here: dependencies, read
 * from the imports of the packed files, so that none can be forgotten; licence and words. Prints sizes.
 *
 *     deno task pack FOLDER
 */
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { ts } from "ts-morph";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** A packed package. */
export interface Tarball {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  /** Names of the packages it needs, and their versions. */
  readonly dependencies: Readonly<Record<string, string>>;
}

interface Member {
  readonly folder: string;
  readonly name: string;
  readonly version: string;
  readonly publish?: false;
}

/**
 * Packs every published package.
 *
 * @param out folder of the tarballs; made if need be.
 * @throws {Error} when a packed file imports what no package.json knows, or a program fails.
 */
export async function pack(out: string): Promise<Tarball[]> {
  const members = await workspace();
  const versions = await knownVersions(members);
  await Deno.mkdir(out, { recursive: true });
  const tarballs: Tarball[] = [];
  for (const member of members.filter(({ publish }) => publish !== false)) {
    tarballs.push(await packMember(member, versions, out));
  }
  return tarballs;
}

async function packMember(
  { folder, name, version }: Member,
  versions: ReadonlyMap<string, string>,
  out: string,
): Promise<Tarball> {
  const work = await Deno.makeTempDir();
  try {
    const raw = join(work, "raw.tgz");
    const flags = ["--quiet", "--allow-dirty", "--no-source-maps", "-o", raw];
    await run(Deno.execPath(), ["pack", ...flags], join(ROOT, folder));
    await run("tar", ["xzf", raw, "-C", work], work);
    const packed = join(work, "package");
    const needed = await imports(packed);
    needed.delete(name);
    const dependencies = Object.fromEntries(
      [...needed].sort().map((needs) => {
        const found = versions.get(needs);
        if (!found) {
          throw new Error(`pack: ${name} imports ${needs}, which package.json does not name`);
        }
        return [needs, found];
      }),
    );
    const path = join(packed, "package.json");
    const described = JSON.parse(await Deno.readTextFile(path));
    const readme = await Deno.readTextFile(join(ROOT, folder, "README.md"));
    const words = {
      description: firstSentence(readme, name),
      license: "Apache-2.0",
      // Modules do nothing when they are loaded, workers apart: what is not used can be left out.
      sideEffects: ["./worker.js"],
      ...Object.keys(dependencies).length > 0 ? { dependencies } : {},
    };
    await Deno.writeTextFile(path, JSON.stringify({ ...described, ...words }, null, 2) + "\n");
    await Deno.writeTextFile(join(packed, "README.md"), readme);
    await Deno.copyFile(join(ROOT, "LICENSE"), join(packed, "LICENSE"));
    await run("npm", ["pack", "--silent", "--pack-destination", out], packed);
    const tarball = join(out, `${name.slice(1).replace("/", "-")}-${version}.tgz`);
    return { name, path: tarball, bytes: (await Deno.stat(tarball)).size, dependencies };
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

async function workspace(): Promise<Member[]> {
  const { workspace } = await json(join(ROOT, "deno.json")) as { workspace: readonly string[] };
  return await Promise.all(
    workspace.map(async (folder) => ({
      folder,
      ...await json(join(ROOT, folder, "deno.json")) as Omit<Member, "folder">,
    })),
  );
}

/** The versions of our own packages, which move together, and of the libraries. */
async function knownVersions(members: readonly Member[]): Promise<Map<string, string>> {
  const { dependencies, devDependencies } = await json(join(ROOT, "package.json")) as Record<
    "dependencies" | "devDependencies",
    Record<string, string>
  >;
  return new Map([
    ...members.map(({ name, version }) => [name, version] as const),
    ...Object.entries({ ...devDependencies, ...dependencies }),
  ]);
}

/** Packages that the files below a folder import; `node:` modules are no packages. */
async function imports(folder: string): Promise<Set<string>> {
  const found = new Set<string>();
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) { for (const inner of await imports(path)) found.add(inner); }
    if (!/\.(js|d\.ts)$/.test(name)) continue;
    const { importedFiles } = ts.preProcessFile(await Deno.readTextFile(path));
    for (const { fileName } of importedFiles) {
      if (/^(\.|node:)/.test(fileName)) continue;
      found.add(fileName.split("/").slice(0, fileName.startsWith("@") ? 2 : 1).join("/"));
    }
  }
  return found;
}

/** What a README says below its title, up to the first full stop. */
function firstSentence(readme: string, name: string): string {
  const sentence = readme.replace(/^# .*\n+/, "").match(/^[\s\S]*?\.(?=\s)/)?.[0];
  if (!sentence) throw new Error(`pack: the README of ${name} begins with no sentence`);
  return sentence.replaceAll(/\s+/g, " ").replaceAll("`", "");
}

const json = async (path: string): Promise<unknown> => JSON.parse(await Deno.readTextFile(path));

async function run(program: string, args: readonly string[], cwd: string): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    cwd,
    stdin: "null",
  }).output();
  if (success) return;
  const said = new TextDecoder().decode(stderr) + new TextDecoder().decode(stdout);
  throw new Error(`pack: ${program} ${args[0]} failed in ${cwd}\n${said}`);
}

if (import.meta.main) {
  const [out] = Deno.args;
  if (!out) {
    console.error("pack: name the folder for the tarballs: deno task pack FOLDER");
    Deno.exit(2);
  }
  for (const { name, bytes, dependencies } of await pack(out)) {
    const needs = Object.keys(dependencies).join(", ");
    console.log(`${name.padEnd(20)} ${`${Math.round(bytes / 1000)} kB`.padStart(7)}  ${needs}`);
  }
}
