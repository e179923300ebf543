import { places, type Release } from "./release.ts";

/**
 * DenseCL (Wang et al. 2021): ResNet-50 and ResNet-101 under `state_dict`, torchvision's names
 * without the classifier. Training checkpoints hold the query encoder as `backbone`, FreeSOLO's
 * conversions are in detectron2's names.
 *
 * Source: WXinlong/DenseCL, `tools/extract_backbone_weights.py`; NVlabs/FreeSOLO.
 */
export const DENSECL: Release = {
  id: "densecl",
  title: "DenseCL",
  places: [
    ...places("torchvision", "backbone", ["state_dict.", "state_dict.backbone.", "backbone."]),
    ...places("torchvision", "momentum", ["state_dict.encoder_k.0."]),
    ...places("torchvision", "backbone", ["", "module.", "state_dict.module."]),
    ...places("detectron2", "backbone", ["", "model.", "backbone.", "backbone.bottom_up."]),
  ],
  apart: ["fc."],
  resample: null,
  certain: ({ place: { root, layout } }) =>
    layout === "detectron2" || root.startsWith("state_dict.") || root === "backbone.",
};
