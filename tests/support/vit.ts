import type { Gpu } from "@fiedler/gpu";
import { bytesSource, openSafetensors } from "@fiedler/io";
import { type Backbone, recognise, type Vit } from "@fiedler/models";
import { TIMM_VIT } from "../../packages/models/checkpoints/timm.ts";
import { findVit, loadVit } from "../../packages/models/checkpoints/vit_checkpoint.ts";
import { TIMM } from "../../packages/models/checkpoints/vit_layouts.ts";

/** A vision transformer from safetensors in timm's names, bare: without its backbone. */
export async function vitOf(gpu: Gpu, bytes: Uint8Array): Promise<Vit> {
  const file = await openSafetensors(bytesSource(bytes));
  return await loadVit(gpu, findVit({ file, root: "" }, TIMM, TIMM_VIT));
}

/** One of the embedded models behind the interface of all feature extractors. */
export async function embedded(gpu: Gpu, name: "mae-tiny" | "dino-tiny"): Promise<Backbone> {
  const path = new URL(`../../fixtures/weights/${name}.safetensors`, import.meta.url);
  return await recognise(await openSafetensors(bytesSource(await Deno.readFile(path)))).load(gpu);
}
