import { DETECTRON2 } from "./resnet_layouts.ts";
import type { Solov2Layout } from "./solov2_layouts.ts";

/**
 * SOLOv2 as AdelaiDet has it, in detectron2's names: on the ResNets of He et al., which take blue
 * first and values that are not divided by their deviation.
 *
 * Source: aim-uofa/AdelaiDet, `adet/modeling/solov2/solov2.py`, `configs/SOLOv2`;
 * facebookresearch/detectron2, `modeling/backbone/fpn.py`, `config/defaults.py`.
 */
export const ADELAIDET: Solov2Layout = {
  id: "adelaidet",
  title: "SOLOv2 of AdelaiDet",
  kernel: "ins_head.cate_pred.weight",
  backbone: { root: "backbone.bottom_up.", names: DETECTRON2 },
  lateral: (level) => `backbone.fpn_lateral${level + 2}`,
  output: (level) => `backbone.fpn_output${level + 2}`,
  // Convolution, norm and ReLU stand in one row.
  tower: (of, index) => ({
    conv: `ins_head.${TOWERS[of]}.${3 * index}`,
    norm: `ins_head.${TOWERS[of]}.${3 * index + 1}`,
  }),
  outputs: { kernel: "ins_head.kernel_pred", category: "ins_head.cate_pred" },
  mask: (level, index) => ({
    conv: `mask_head.convs_all_levels.${level}.conv${index}.0`,
    norm: `mask_head.convs_all_levels.${level}.conv${index}.1`,
  }),
  maskOutput: { conv: "mask_head.conv_pred.0", norm: "mask_head.conv_pred.1" },
  apart: ["pixel_mean", "pixel_std"],
  channels: "bgr",
  divides: false,
  strideFirst: true,
};

const TOWERS = { kernel: "kernel_tower", category: "cate_tower" } as const;
