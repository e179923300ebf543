import { DINO_PLACES } from "./dino.ts";
import type { Release } from "./release.ts";

/**
 * SelfPatch (Yun et al. 2022): DINO's recipe with a patch-level loss, whose ViT-S/16 has no class
 * token and no norm after the last block.
 *
 * Source: alinlab/SelfPatch, `vision_transformer.py` (positions by scale + 0.1).
 */
export const SELFPATCH: Release = {
  id: "selfpatch",
  title: "SelfPatch",
  places: DINO_PLACES,
  apart: ["head."],
  resample: "scale+0.1",
  certain: ({ classToken, finalNorm }) => !classToken && !finalNorm,
};
