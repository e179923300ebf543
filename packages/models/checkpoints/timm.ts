import { places, type Release } from "./release.ts";

/**
 * Any vision transformer in timm's names, and our own files, whose metadata say what names cannot:
 * `heads`, else heads of 64; `image_mean` and `image_std` as `r,g,b`, else ImageNet's;
 * `layer_norm_eps`, else 1e-6; `position`, how `pos_embed` is resampled, `size` or `scale+0.1`; or
 * `sincos_span`, a rule with `position_span` and `position_amplitude` in place of a table.
 */
export const TIMM_VIT: Release = {
  id: "timm",
  title: "a vision transformer",
  places: [
    ...places("timm", "backbone", [
      "",
      "module.",
      "backbone.",
      "state_dict.",
      "state_dict.module.",
      "state_dict.backbone.",
    ]),
    ...places("hugging face", "backbone", ["", "vit."]),
  ],
  apart: ["head.", "fc_norm.", "pooler.", "embeddings.mask_token"],
  resample: "size",
  certain: ({ metadata }) => "position" in metadata,
};
