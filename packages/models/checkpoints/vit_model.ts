import type { FoundModel } from "../found_model.ts";
import { vitBackbone } from "../vit_backbone.ts";
import type { Subtree } from "./keys.ts";
import type { Place, Release } from "./release.ts";
import { findVit, loadVit, type VitCheckpoint } from "./vit_checkpoint.ts";
import type { VitLayout } from "./vit_layouts.ts";

/** A vision transformer of a release as a model that can be loaded. */
export function findVitModel(
  subtree: Subtree,
  { layout, release, place, notes, heads }: {
    readonly layout: VitLayout;
    readonly release: Release;
    readonly place: Place;
    readonly notes: readonly string[];
    readonly heads?: number;
  },
): FoundModel {
  const found = findVit(subtree, layout, release, heads);
  const { patch, dim, depth } = found.config;
  return {
    release: release.id,
    encoder: place.encoder,
    title: `${release.title}, ${sizeName(found)}`,
    patch,
    dim,
    depth,
    notes,
    applied: { heads },
    parameters: found.parameters,
    metadata: metadataOf(found, release, place),
    load: async (gpu, options) => vitBackbone(await loadVit(gpu, found, options)),
  };
}

/** `ViT-B/16` for the usual sizes, else width and depth. */
function sizeName({ config: { dim, depth, patch } }: VitCheckpoint): string {
  const letters: Readonly<Record<number, string>> = { 192: "Ti", 384: "S", 768: "B", 1024: "L" };
  const usual = depth === (dim === 1024 ? 24 : 12) && letters[dim];
  if (usual) return `ViT-${usual}/${patch}`;
  return `ViT of ${depth} block${depth === 1 ? "" : "s"} of ${dim}, patch ${patch}`;
}

function metadataOf(
  { config: { heads, epsilon, mean, std }, positions }: VitCheckpoint,
  { id }: Release,
  { encoder }: Place,
): Record<string, string> {
  const rule: Record<string, string> = typeof positions === "string" ? { position: positions } : {
    position: "sincos_span",
    position_span: `${positions.span}`,
    position_amplitude: `${positions.amplitude}`,
  };
  return {
    release: id,
    source_encoder: encoder,
    heads: `${heads}`,
    layer_norm_eps: `${epsilon}`,
    image_mean: mean.join(),
    image_std: std.join(),
    ...rule,
  };
}
