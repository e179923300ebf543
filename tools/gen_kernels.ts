/**
 * Writes `name.gen.ts` beside each `kernels/**\/name.wgsl`: the source as a string and a typed
 * record of its interface. The string has neither comments, which are a third of what a page would
 * load, nor spaces that the language does not need, but all lines, so that a compiler's line
 * numbers are those of the file. `--check` fails when a committed file is stale or a source breaks
 * the house rules; it writes nothing.
 *
 * Rules: bindings in `@group(0)` numbered from 0, uniforms last and named `params` of a struct
 * `Params` of scalars; one entry point, named as the file; every buffer named in the header; variables
 * of inner blocks initialised.
 */
import { IndentationText, Project, QuoteKind, VariableDeclarationKind } from "ts-morph";
import { expandWgsl, variantChoices } from "../packages/gpu/expand.ts";
import { texelBindings } from "../packages/gpu/pipelines.ts";
import { type TexelFormat, texelFormat } from "../packages/gpu/texel_formats.ts";

const ROOT = new URL("../kernels/", import.meta.url);

interface Interface {
  readonly name: string;
  readonly bindings: {
    name: string;
    access: "read" | "read_write";
    dtype: string;
    texels?: TexelFormat;
  }[];
  readonly params: { name: string; type: string }[];
  readonly overrides: Record<string, number>;
  readonly requires: string[];
}

const BINDING =
  /(\/\/ @texels\n)?@group\(0\) @binding\((\d+)\) var<(?:storage, (read|read_write)|(uniform))> (\w+): ([^;]+);/g;

/** Reads a kernel's interface from its source. */
function parseKernel(name: string, source: string): Interface {
  const fail = (what: string): never => {
    throw new Error(`kernels/${name}.wgsl: ${what}`);
  };
  const bindings: Interface["bindings"] = [];
  const header = source.match(/^(?:\/\/.*\n)+/)?.[0] ?? fail("starts with no header comment");
  let params: Interface["params"] = [];
  let count = 0;
  for (const match of source.matchAll(BINDING)) {
    const [, texels, index, access, uniform, binding, type] = match;
    if (Number(index) !== count++) fail(`binding ${index} of "${binding}" is out of order`);
    if (uniform) {
      if (binding !== "params" || type !== "Params") fail("uniforms must be `params: Params`");
      params = parseParams(source);
      continue;
    }
    if (params.length > 0) fail(`"${binding}" comes after params`);
    if (!new RegExp(`\\b${binding}\\b`).test(header)) fail(`the header does not name ${binding}`);
    const format = texelFormat(type);
    if (texels && (access !== "read" || !format)) fail(`"${binding}" cannot be a texture`);
    bindings.push({
      name: binding,
      access: access as "read" | "read_write",
      dtype: dtypeOf(type),
      ...(texels && { texels: format }),
    });
  }
  const entries = [...source.matchAll(/@compute[\s\S]*?fn (\w+)\(/g)].map(([, entry]) => entry);
  if (entries.length !== 1 || entries[0] !== name) fail(`needs one entry point, named ${name}`);
  const bare = expandWgsl(source).match(/^(?: {4,}|.*\{ *)var (\w+): [^=;]+;/m)?.[1];
  if (bare) fail(`"${bare}" needs an initialiser: naga zeroes it once, not in each turn of a loop`);
  const overrides = Object.fromEntries(
    [...source.matchAll(/^override (\w+)(?:: \w+)? = ([\d.]+)u?;/gm)]
      .map(([, key, value]) => [key, Number(value)]),
  );
  const code = withoutComments(source);
  const requires = [
    ...(/\bsubgroup\w+\(|@builtin\(subgroup_/.test(code) ? ["subgroups"] : []),
    ...(/\bf16\b/.test(code) ? ["shader-f16"] : []),
  ];
  return { name, bindings, params, overrides, requires };

  function dtypeOf(type: string): string {
    const scalar = type.match(/^array<(?:atomic<)?(?:vec[234])?<?(f32|u32|i32|f16|f|u|i|h)>*$/)
      ?.[1];
    const names: Record<string, string> = { f: "f32", u: "u32", i: "i32", h: "f16" };
    return scalar ? names[scalar] ?? scalar : fail(`cannot bind ${type}`);
  }
}

function parseParams(source: string): Interface["params"] {
  const body = source.match(/struct Params \{([^}]*)\}/)?.[1] ?? "";
  return [...body.replace(/\/\/.*/g, "").matchAll(/(\w+): (u32|i32|f32)/g)]
    .map(([, name, type]) => ({ name, type }));
}

/** The source without comments, but for directives. */
const withoutComments = (source: string): string =>
  source.replace(/ *\/\/(?! @(?:unroll|variants)\b).*/g, "");

/** What a page loads: no comments, and only the spaces that keep two words, or two operators, apart. */
const squeezed = (source: string): string =>
  withoutComments(source).split("\n").map((line) =>
    line.trimStart().startsWith("//") ? line.trimStart() : squeezedLine(line)
  ).join("\n");

const squeezedLine = (line: string): string =>
  line.trimStart().replace(/(.) (?=(.))/g, (both, before: string, after: string) => {
    const pair = before + after;
    return /\w\w/.test(pair) || /[-+*/%<>=!&|^]{2}/.test(pair) ? both : before;
  });

const camel = (name: string) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
const pascal = (name: string) => camel(`_${name}`);

/** The text of a kernel's `.gen.ts`. */
function generate(kernel: Interface, source: string): string {
  const project = new Project({
    useInMemoryFileSystem: true,
    manipulationSettings: {
      indentationText: IndentationText.TwoSpaces,
      quoteKind: QuoteKind.Double,
    },
  });
  const file = project.createSourceFile("kernel.ts", "");
  file.addStatements(`// Written by tools/gen_kernels.ts from ${kernel.name}.wgsl: do not edit.`);
  file.addImportDeclaration({
    isTypeOnly: true,
    moduleSpecifier: "@fiedler/gpu",
    namedImports: kernel.bindings.length > 0 ? ["Kernel", "Tensor"] : ["Kernel"],
  });
  const fields = kernel.params.map(({ name }) => `readonly ${name}: number`).join("; ");
  file.addTypeAlias({
    name: `${pascal(kernel.name)}Args`,
    isExported: true,
    docs: [`Bindings and uniforms of \`${kernel.name}\`.`],
    type: (writer) =>
      writer.block(() => {
        for (const { name, dtype } of kernel.bindings) {
          writer.writeLine(`readonly ${name}: Tensor<"${dtype}">;`);
        }
        if (kernel.params.length > 0) writer.writeLine(`readonly params: { ${fields} };`);
      }),
  });
  const { name, bindings, params, overrides, requires } = kernel;
  const body = JSON.stringify({ name, bindings, params, overrides, requires }, null, 2);
  const text = squeezed(source).replace(/[\\`]|\$\{/g, "\\$&");
  file.addVariableStatement({
    isExported: true,
    docs: [`See ${kernel.name}.wgsl.`],
    declarationKind: VariableDeclarationKind.Const,
    declarations: [{
      name: `${camel(kernel.name)}Kernel`,
      type: `Kernel<${pascal(kernel.name)}Args>`,
      initializer: `${body.slice(0, -2)},\n  "source": \`${text}\`,\n}`,
    }],
  });
  return file.getFullText();
}

async function* sources(folder: URL): AsyncIterable<URL> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  for (const { name, isDirectory } of entries.sort((a, b) => a.name < b.name ? -1 : 1)) {
    if (isDirectory) yield* sources(new URL(`${name}/`, folder));
    else if (name.endsWith(".wgsl")) yield new URL(name, folder);
  }
}

/** The directives must expand with all values, through textures too, and alike without spaces. */
function expandAll(kernel: Interface, source: string): void {
  const texels = texelBindings(kernel);
  const choices = Object.entries(variantChoices(source))
    .flatMap(([variant, values]) => values.map((value) => ({ [variant]: value })));
  for (const variants of [{}, ...choices]) {
    const [whole, short] = [withoutComments(source), squeezed(source)]
      .map((text) => expandWgsl(text, variants, texels).replace(/\s/g, ""));
    if (whole !== short) {
      throw new Error(`kernels/${kernel.name}.wgsl: means something else when squeezed`);
    }
  }
}

const check = Deno.args.includes("--check");
let stale = 0;
let count = 0;
for await (const url of sources(ROOT)) {
  const source = await Deno.readTextFile(url);
  const name = url.pathname.split("/").at(-1)!.replace(".wgsl", "");
  const kernel = parseKernel(name, source);
  expandAll(kernel, source);
  const text = generate(kernel, source);
  const target = new URL(url.href.replace(/\.wgsl$/, ".gen.ts"));
  const current = await Deno.readTextFile(target).catch(() => "");
  count++;
  if (current === text) continue;
  if (check) {
    console.error(`${target.pathname.split("/kernels/")[1]} is stale: run deno task gen`);
    stale++;
  } else await Deno.writeTextFile(target, text);
}
console.log(`gen_kernels: ${count} kernels${check ? `, ${stale} stale` : ""}`);
if (stale > 0) Deno.exit(1);
