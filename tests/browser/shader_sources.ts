import type { Kernel } from "@fiedler/gpu";
import { expandWgsl, variantChoices } from "../../packages/gpu/expand.ts";
import { texelBindings } from "../../packages/gpu/pipelines.ts";

const KERNELS = new URL("../../kernels/", import.meta.url);

/** What Tint wants at the head of a source, by the feature that the kernel requires. */
const PRELUDES: Readonly<Record<string, string>> = {
  "subgroups": "enable subgroups;\n",
  "shader-f16": "enable f16;\n",
};

/** WGSL as Chromium is given it. */
export interface ShaderSource {
  /** The kernel's, which is its entry point's. */
  readonly kernel: string;
  /** Values of constants that stand in the source with others. */
  readonly variants: Readonly<Record<string, number>>;
  /** Whether it reads through textures. */
  readonly texels: boolean;
  readonly code: string;
}

/** Each kernel with its defaults, with textures, and with each value of each variant. */
export async function shaderSources(): Promise<ShaderSource[]> {
  const found: ShaderSource[] = [];
  for await (const { name: folder, isDirectory } of Deno.readDir(KERNELS)) {
    if (!isDirectory) continue;
    for await (const { name } of Deno.readDir(new URL(`${folder}/`, KERNELS))) {
      if (!name.endsWith(".gen.ts")) continue;
      const module: Record<string, Kernel> = await import(`${KERNELS}${folder}/${name}`);
      found.push(...Object.values(module).flatMap(variantsOf));
    }
  }
  return found;
}

function variantsOf(kernel: Kernel): ShaderSource[] {
  const { name, requires, source } = kernel;
  const texels = texelBindings(kernel);
  const prelude = requires.map((feature) => PRELUDES[feature] ?? "").join("");
  const choices = Object.entries(variantChoices(source));
  const all = choices.flatMap(([key, values]) => values.map((value) => ({ [key]: value })));
  const sources = [{}, ...all].map((variants) => ({
    kernel: name,
    variants,
    texels: false,
    code: prelude + expandWgsl(source, variants),
  }));
  if (Object.keys(texels).length === 0) return sources;
  const code = prelude + expandWgsl(source, {}, texels);
  return [...sources, { kernel: name, variants: {}, texels: true, code }];
}
