import { places, type Release } from "./release.ts";

/**
 * MoCo-v3 (Chen et al. 2021): the training checkpoint. Its authors evaluate the base encoder;
 * `head` is the projection. The sine-cosine table is stored, rows before columns: MAE's transpose.
 *
 * Source: facebookresearch/moco-v3, `main_lincls.py`, `vits.py` (positions by size).
 */
export const MOCO_V3: Release = {
  id: "moco-v3",
  title: "MoCo-v3",
  places: [
    ...places("timm", "base", [
      "state_dict.module.base_encoder.",
      "state_dict.base_encoder.",
      "module.base_encoder.",
      "base_encoder.",
    ]),
    ...places("timm", "momentum", [
      "state_dict.module.momentum_encoder.",
      "state_dict.momentum_encoder.",
      "module.momentum_encoder.",
      "momentum_encoder.",
    ]),
    // As linear probing saves it.
    ...places("timm", "base", ["state_dict.module.", "state_dict.", "module.", ""]),
  ],
  apart: ["head."],
  resample: "size",
  certain: ({ place: { root } }) =>
    root.endsWith("base_encoder.") || root.endsWith("momentum_encoder."),
};
