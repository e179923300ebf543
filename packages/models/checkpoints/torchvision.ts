import { places, type Release } from "./release.ts";

/** A ResNet in torchvision's names, trained on whatever its owner had: ImageNet's labels too. */
export const TORCHVISION_RESNET: Release = {
  id: "torchvision",
  title: "a residual network",
  places: places("torchvision", "backbone", ["", "module.", "state_dict.", "model."]),
  apart: ["fc."],
  resample: null,
  certain: ({ place: { root } }) => root === "",
};
