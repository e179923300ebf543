import { TORCHVISION } from "./resnet_layouts.ts";
import type { Solov2Layout } from "./solov2_layouts.ts";

/**
 * SOLOv2 as mmdetection has it, versions 2 and 3.
 *
 * Source: open-mmlab/mmdetection, `mmdet/models/dense_heads/solov2_head.py`,
 * `mmdet/models/necks/fpn.py`, `configs/solov2`.
 */
export const MMDETECTION: Solov2Layout = {
  id: "mmdetection",
  title: "SOLOv2 of mmdetection",
  kernel: "mask_head.mask_feature_head.conv_pred.conv.weight",
  backbone: { root: "backbone.", names: TORCHVISION },
  lateral: (level) => `neck.lateral_convs.${level}.conv`,
  output: (level) => `neck.fpn_convs.${level}.conv`,
  tower: (of, index) => ({
    conv: `mask_head.${TOWERS[of]}.${index}.conv`,
    norm: `mask_head.${TOWERS[of]}.${index}.gn`,
  }),
  outputs: { kernel: "mask_head.conv_kernel", category: "mask_head.conv_cls" },
  mask: (level, index) => ({
    conv: `mask_head.mask_feature_head.convs_all_levels.${level}.conv${index}.conv`,
    norm: `mask_head.mask_feature_head.convs_all_levels.${level}.conv${index}.gn`,
  }),
  maskOutput: {
    conv: "mask_head.mask_feature_head.conv_pred.conv",
    norm: "mask_head.mask_feature_head.conv_pred.gn",
  },
  apart: [],
  channels: "rgb",
  divides: true,
  strideFirst: false,
};

const TOWERS = { kernel: "kernel_convs", category: "cls_convs" } as const;
