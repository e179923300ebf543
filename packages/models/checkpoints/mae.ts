import { places, type Release } from "./release.ts";

/**
 * MAE (He et al. 2022): the encoder under `model`; files of whole pre-training hold the decoder
 * beside it. Its sine-cosine table is stored, columns before rows, and resampled as it is.
 *
 * Source: facebookresearch/mae, `models_mae.py`, `util/pos_embed.py` (positions by size).
 */
export const MAE: Release = {
  id: "mae",
  title: "MAE",
  places: [
    ...places("timm", "encoder", ["model.", "model.module.", "", "module.", "encoder."]),
    ...places("hugging face", "encoder", ["vit.", ""]),
  ],
  apart: [
    "decoder_embed.",
    "decoder_blocks.",
    "decoder_norm.",
    "decoder_pred.",
    "decoder_pos_embed",
    "mask_token",
    "decoder.",
    "head.",
    "fc_norm.",
    "pooler.",
    "embeddings.mask_token",
  ],
  resample: "size",
  certain: ({ place: { layout, root }, classToken, has }) =>
    classToken &&
    (layout === "timm"
      ? root.startsWith("model.") || has(`${root}decoder_blocks.`)
      : has("decoder.")),
};
