import { type Place, places, type Release } from "./release.ts";

/** The teacher, the student, the backbone alone; with and without what wraps them in training. */
export const DINO_PLACES: readonly Place[] = [
  ...places("timm", "teacher", [
    "teacher.backbone.",
    "teacher.module.backbone.",
    "teacher.module.",
    "teacher.",
  ]),
  ...places("timm", "student", [
    "student.module.backbone.",
    "student.backbone.",
    "student.module.",
    "student.",
  ]),
  ...places("timm", "backbone", [
    "",
    "module.",
    "backbone.",
    "module.backbone.",
    "state_dict.",
    "state_dict.module.",
    "state_dict.backbone.",
    "state_dict.module.backbone.",
  ]),
];

/**
 * DINO (Caron et al. 2021): ViT-S and ViT-B with patches of 16 or 8. The published backbone is a
 * flat dictionary; the training checkpoint nests teacher and student, of which the teacher is the
 * one that was published.
 *
 * Source: facebookresearch/dino, `vision_transformer.py` (positions by scale + 0.1), `utils.py`.
 */
export const DINO: Release = {
  id: "dino",
  title: "DINO",
  places: [...DINO_PLACES, ...places("hugging face", "backbone", ["", "vit."])],
  apart: ["head.", "pooler.", "embeddings.mask_token"],
  resample: "scale+0.1",
  // Its flat dictionary is the only published one of torch's with a class token.
  certain: ({ place: { root, encoder, layout }, torch, classToken }) =>
    classToken && layout === "timm" && (encoder !== "backbone" || (torch && root === "")),
};
