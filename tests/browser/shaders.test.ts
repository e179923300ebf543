/**
 * Every kernel, in every variant, must be accepted by Tint (Chromium's compiler); the conformance
 * suite runs them through naga. Needs Chromium: `deno task test-browser`.
 */
import assert from "node:assert/strict";
import { expandWgsl, variantChoices } from "../../packages/gpu/expand.ts";
import { browserTest } from "./browser_test.ts";

const KERNELS = new URL("../../kernels/", import.meta.url);
interface Source {
  readonly name: string;
  readonly code: string;
}

/** Each kernel with its defaults, and with each value of each variant. */
async function sources(): Promise<Source[]> {
  const found: Source[] = [];
  for await (const { name: folder, isDirectory } of Deno.readDir(KERNELS)) {
    if (!isDirectory) continue;
    for await (const { name } of Deno.readDir(new URL(`${folder}/`, KERNELS))) {
      if (!name.endsWith(".wgsl")) continue;
      const source = await Deno.readTextFile(new URL(`${folder}/${name}`, KERNELS));
      const choices = Object.entries(variantChoices(source));
      const all = choices.flatMap(([key, values]) => values.map((value) => ({ [key]: value })));
      for (const variants of [{}, ...all]) {
        const prelude = /\bsubgroup\w+\(|@builtin\(subgroup_/.test(source)
          ? "enable subgroups;\n"
          : "";
        const label = `${name} ${JSON.stringify(variants)}`;
        found.push({ name: label, code: prelude + expandWgsl(source, variants) });
      }
    }
  }
  return found;
}

/** Runs in the page: the compiler's complaint about each source, null where there is none. */
async function compile(all: readonly Source[]): Promise<(string | null)[]> {
  const adapter = await navigator.gpu.requestAdapter();
  if (!adapter) throw new Error("Chromium has no WebGPU adapter");
  const requiredFeatures = adapter.features.has("subgroups") ? ["subgroups" as const] : [];
  const device = await adapter.requestDevice({ requiredFeatures });
  return await Promise.all(all.map(async ({ name, code }) => {
    device.pushErrorScope("validation");
    const module = device.createShaderModule({ code });
    const entryPoint = name.split(".")[0];
    device.createComputePipeline({ layout: "auto", compute: { module, entryPoint } });
    return (await device.popErrorScope())?.message ?? null;
  }));
}

browserTest("Tint accepts every kernel in every variant", async (page) => {
  const all = await sources();
  const complaints = await page.evaluate(compile, all);
  const bad = all.flatMap(({ name }, i) => complaints[i] ? [`${name}: ${complaints[i]}`] : []);
  assert.ok(all.length > 30, `${all.length} sources`);
  assert.deepEqual(bad, []);
});
