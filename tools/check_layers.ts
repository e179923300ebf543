/**
 * Holds the imports of every package against the listing in ARCHITECTURE: a package imports only
 * from packages above it, only the command line names Deno, only the GPU layer names
 * navigator.gpu. Prints each offence with its line; exits 1 if there is one.
 */
import { fileURLToPath } from "node:url";
import { join, relative } from "node:path";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** Folder of each package, and the packages it may import, in the order data flows. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  "packages/gpu": [],
  "kernels": ["gpu"],
  "packages/io": [],
  "packages/models": ["gpu", "kernels", "io"],
  "packages/onnx": ["gpu", "kernels", "io", "models"],
  "packages/coco": [],
  "packages/data": ["io", "coco"],
  "packages/scenes": [],
  "packages/pipeline": ["gpu", "kernels", "io", "models", "coco"],
  "packages/segmenter": ["gpu", "kernels", "io", "models", "coco", "pipeline"],
  "packages/train": ["gpu", "kernels", "io", "models", "coco", "pipeline", "segmenter"],
  "packages/pretrain": ["gpu", "kernels", "io", "models", "scenes", "train"],
  "packages/study": ["kernels", "coco"],
  "packages/report": ["io", "coco", "pipeline", "study"],
  "packages/web": ["gpu", "kernels", "io", "models", "coco", "pipeline"],
  "packages/demo": [
    "gpu",
    "kernels",
    "io",
    "models",
    "coco",
    "data",
    "scenes",
    "pipeline",
    "segmenter",
    "train",
    "pretrain",
    "report",
    "web",
  ],
  "packages/cli": [
    "gpu",
    "kernels",
    "io",
    "models",
    "onnx",
    "coco",
    "data",
    "scenes",
    "pipeline",
    "segmenter",
    "train",
    "pretrain",
    "pretrain",
    "study",
    "report",
  ],
};

/** What only some packages may name, and why. */
const RESERVED: readonly {
  readonly word: RegExp;
  readonly where: readonly string[];
  readonly rule: string;
}[] = [
  { word: /\bDeno\b(?=\.)/, where: ["packages/cli"], rule: "only packages/cli names Deno" },
  {
    word: /\bnavigator\??\.gpu\b/,
    where: ["packages/gpu", "packages/cli/has_adapter.ts"],
    rule: "only packages/gpu names navigator.gpu",
  },
];

const IMPORT = /(?:\bfrom\s+|\bimport\s*\(?\s*)"([^"]+)"/g;

/** The offences of one source, as `line: what`. */
export function offences(folder: string, path: string, source: string): string[] {
  // Comments may name anything; blanked, so that line numbers stay.
  const code = source.replace(
    /\/\*[\s\S]*?\*\/|(?<![:"'`])\/\/.*$/gm,
    (comment) => comment.replace(/[^\n]/g, " "),
  );
  const lineOf = (at: number) => code.slice(0, at).split("\n").length;
  const out: string[] = [];
  for (const match of code.matchAll(IMPORT)) {
    const target = packageOf(path, match[1]);
    if (target === null || target === folder) continue;
    if (MAY_IMPORT[folder].some((name) => nameOf(target) === name)) continue;
    out.push(`${lineOf(match.index)}: ${folder} must not import ${target} (${match[1]})`);
  }
  for (const { word, where, rule } of RESERVED) {
    const match = word.exec(code);
    if (match && !where.some((allowed) => path.startsWith(allowed))) {
      out.push(`${lineOf(match.index)}: ${rule}`);
    }
  }
  return out;
}

const nameOf = (folder: string): string => folder.replace("packages/", "");

/** The package that an import leads to; null for libraries. */
function packageOf(path: string, specifier: string): string | null {
  const named = /^@fiedler\/(\w+)/.exec(specifier);
  if (named) return named[1] === "kernels" ? "kernels" : `packages/${named[1]}`;
  if (!specifier.startsWith(".") || specifier.endsWith(".json")) return null;
  const target = join(path, "..", specifier).replaceAll("\\", "/");
  return Object.keys(MAY_IMPORT).find((folder) => target.startsWith(`${folder}/`)) ??
    target.split("/").slice(0, 2).join("/");
}

async function* sourcesIn(folder: string): AsyncIterable<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* sourcesIn(join(folder, name));
    else if (name.endsWith(".ts")) yield join(folder, name);
  }
}

async function main(): Promise<number> {
  let files = 0;
  let count = 0;
  for await (const { name, isDirectory } of Deno.readDir(join(ROOT, "packages"))) {
    if (!isDirectory || `packages/${name}` in MAY_IMPORT) continue;
    console.error(`packages/${name}: not in the listing; add it to tools/check_layers.ts`);
    count++;
  }
  for (const folder of Object.keys(MAY_IMPORT)) {
    for await (const file of sourcesIn(join(ROOT, folder))) {
      const path = relative(ROOT, file).replaceAll("\\", "/");
      files++;
      for (const offence of offences(folder, path, await Deno.readTextFile(file))) {
        console.error(`${path}:${offence}`);
        count++;
      }
    }
  }
  console.log(`check_layers: ${files} files, ${count} offences`);
  return count === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main());
