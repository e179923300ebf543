import { places, type Release } from "./release.ts";

/**
 * MSN (Assran et al. 2022): the training checkpoint, a torch file despite its `.tar`. The target
 * encoder is the moving average that its authors evaluate; `fc` is its projection head.
 *
 * Source: facebookresearch/msn, `src/msn_train.py`, `src/deit.py` (positions by size).
 */
export const MSN: Release = {
  id: "msn",
  title: "MSN",
  places: [
    ...places("timm", "target", ["target_encoder.module.", "target_encoder."]),
    ...places("timm", "encoder", ["encoder.module.", "encoder.", "", "module."]),
    ...places("hugging face", "encoder", ["vit.", ""]),
  ],
  apart: ["fc.", "pred.", "head.", "pooler.", "embeddings.mask_token"],
  resample: "size",
  certain: ({ has }) => has("target_encoder."),
};
