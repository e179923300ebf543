import { ADELAIDET } from "./solov2_adelaidet.ts";
import type { Solov2Layout } from "./solov2_layouts.ts";

/**
 * FreeSOLO (Wang et al. 2022, arXiv 2202.12181): AdelaiDet's names, with a convolution for
 * embeddings that prediction does not need; on DenseCL's ResNet, which takes red first. Its second
 * category is one that nothing was ever labelled as.
 *
 * Source: NVlabs/FreeSOLO, `freesolo/modeling/solov2/solov2.py`, `configs/freesolo`.
 */
export const FREESOLO: Solov2Layout = {
  ...ADELAIDET,
  id: "freesolo",
  title: "FreeSOLO",
  kernel: "ins_head.emb_pred.weight",
  apart: [...ADELAIDET.apart, "ins_head.emb_pred.", "_iter"],
  channels: "rgb",
  divides: true,
  strideFirst: false,
};
