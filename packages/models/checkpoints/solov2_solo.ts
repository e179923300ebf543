import { TORCHVISION } from "./resnet_layouts.ts";
import type { Solov2Layout } from "./solov2_layouts.ts";

/**
 * SOLOv2 as its authors have it, in the names of mmdetection 1.
 *
 * Source: WXinlong/SOLO, `mmdet/models/anchor_heads/solov2_head.py`,
 * `mmdet/models/mask_heads/mask_feat_head.py`, `configs/solov2`.
 */
export const SOLO: Solov2Layout = {
  id: "solo",
  title: "SOLOv2 of its authors",
  kernel: "bbox_head.solo_cate.weight",
  backbone: { root: "backbone.", names: TORCHVISION },
  lateral: (level) => `neck.lateral_convs.${level}.conv`,
  output: (level) => `neck.fpn_convs.${level}.conv`,
  tower: (of, index) => ({
    conv: `bbox_head.${TOWERS[of]}.${index}.conv`,
    norm: `bbox_head.${TOWERS[of]}.${index}.gn`,
  }),
  outputs: { kernel: "bbox_head.solo_kernel", category: "bbox_head.solo_cate" },
  mask: (level, index) => ({
    conv: `mask_feat_head.convs_all_levels.${level}.conv${index}.conv`,
    norm: `mask_feat_head.convs_all_levels.${level}.conv${index}.gn`,
  }),
  maskOutput: { conv: "mask_feat_head.conv_pred.0.conv", norm: "mask_feat_head.conv_pred.0.gn" },
  apart: [],
  channels: "rgb",
  divides: true,
  strideFirst: false,
};

const TOWERS = { kernel: "kernel_convs", category: "cate_convs" } as const;
