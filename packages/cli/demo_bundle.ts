import { CliError, EXIT } from "./exit.ts";
import { exists } from "./disk.ts";
import { join, ROOT } from "./paths.ts";

/** Oldest language that browsers with WebGPU understand. */
const TARGET = "es2022";

/** Makes one script of a module and all that it imports. */
export interface Bundler {
  /**
   * @param entry the module, by its path from the root of the checkout.
   * @param alias modules to take in place of others, by the name they are imported by.
   * @throws {CliError} exit 1 with what esbuild says.
   */
  bundle(entry: string, alias?: Readonly<Record<string, string>>): Promise<Uint8Array<ArrayBuffer>>;
}

/** @throws {CliError} exit 2 when esbuild is not installed. */
export async function openBundler(): Promise<Bundler> {
  const esbuild = esbuildPath();
  if (!await exists(esbuild)) {
    throw new CliError(EXIT.usage, "esbuild is not installed", esbuild, `npm ci, in ${ROOT}`);
  }
  const packages = await packageModules();
  return {
    async bundle(entry, alias = {}) {
      const { success, stdout, stderr } = await new Deno.Command(esbuild, {
        args: [
          entry,
          "--bundle",
          "--minify",
          "--format=esm",
          `--target=${TARGET}`,
          "--log-level=warning",
          ...Object.entries({ ...packages, ...alias }).map(([name, to]) =>
            `--alias:${name}=./${to}`
          ),
        ],
        cwd: ROOT, // aliases are relative to it
        stdin: "null",
      }).output();
      if (success && stderr.length === 0) return stdout;
      const said = new TextDecoder().decode(stderr).trim();
      throw new CliError(
        EXIT.bug,
        "a page cannot be built",
        `${entry}\n${said}`,
        "mend the source",
      );
    },
  };
}

/** The program itself: its JavaScript wrapper would need more permissions, for nothing. */
function esbuildPath(): string {
  const { os, arch } = Deno.build;
  const cpu = arch === "aarch64" ? "arm64" : "x64";
  const platform = `${os === "windows" ? "win32" : os}-${cpu}`;
  const program = os === "windows" ? ["esbuild.exe"] : ["bin", "esbuild"];
  return join(ROOT, "node_modules", "@esbuild", platform, ...program);
}

/** The modules of the packages of the workspace, by the names they are imported by. */
async function packageModules(): Promise<Record<string, string>> {
  const read = async (path: string) => JSON.parse(await Deno.readTextFile(join(ROOT, path)));
  const { workspace } = await read("deno.json") as { readonly workspace: readonly string[] };
  const modules = await Promise.all(workspace.map(async (folder) => {
    const { name, exports } = await read(`${folder}/deno.json`) as Package;
    const entries = typeof exports === "string" ? [[".", exports]] : Object.entries(exports);
    return entries.map(([key, path]) => [name + key.slice(1), join(folder, path)]);
  }));
  return Object.fromEntries(modules.flat());
}

interface Package {
  readonly name: string;
  readonly exports: string | Readonly<Record<string, string>>;
}
