import type { DropReason, MaskRecord, PictureFlag } from "@fiedler/pipeline";
import { percent, plural } from "./format.ts";

/** The rules that drop masks, in the order they are applied. */
export const RULES: readonly DropReason["rule"][] = ["area", "size", "saliency", "nms"];

/** A rule as a heading, and what it is for. */
export const RULE_WORDS: Readonly<Record<DropReason["rule"], { name: string; why: string }>> = {
  area: { name: "Too small", why: "A piece of a patch or two is seldom an object." },
  size: { name: "Too large", why: "A piece that covers nearly everything is a background." },
  saliency: {
    name: "Not salient",
    why: "Most of the piece lies in what the picture is not about.",
  },
  nms: { name: "Already found", why: "A better mask covers nearly the same patches." },
};

/**
 * Why a mask was dropped, with its number and the limit it missed.
 *
 * @param masks All masks of the picture, to name the rival by.
 * @returns The empty string for a kept mask.
 */
export function dropWords({ dropped, ioa }: MaskRecord, masks: readonly MaskRecord[]): string {
  switch (dropped?.rule) {
    case undefined:
      return "";
    case "area":
      return `only ${plural(dropped.areaPatches, "patch", "patches")}: ` +
        `at least ${dropped.minPatches} wanted`;
    case "size":
      return `covers ${percent(dropped.share)} of the picture: limit ${percent(dropped.maxShare)}`;
    case "saliency":
      return scoreWords(dropped.score, ioa) + `: limit ${percent(dropped.threshold)}`;
    case "nms": {
      const rival = masks.find((mask) => mask.id === dropped.rival);
      return `overlaps ${percent(dropped.iou)} with mask ${dropped.rival}` +
        `${rival ? ` (k = ${rival.k})` : ""}: NMS limit ${percent(dropped.threshold)}`;
    }
  }
}

/** The score is the share inside the salient region, unless the run was told another measure. */
function scoreWords(score: number, ioa: number | null): string {
  return ioa !== null && Math.abs(score - ioa) < 1e-3
    ? `only ${percent(score)} inside the salient region`
    : `saliency score only ${percent(score)}`;
}

/** A flag in a few words, and what it means for the masks. */
export const FLAG_WORDS: Readonly<Record<PictureFlag, { name: string; meaning: string }>> = {
  "flat": {
    name: "flat picture",
    meaning: "All pixels are equal within noise: there is nothing to cut, so there is no mask.",
  },
  "no-structure": {
    name: "no structure",
    meaning: "The network sees the same everywhere: the graph cannot be cut, so there is no mask.",
  },
  "not-converged": {
    name: "not converged",
    meaning: "An eigenvector is less accurate than wanted: borders of masks may be off.",
  },
  "small-gap": {
    name: "small gap",
    meaning: "Two eigenvalues nearly agree, so one of the clusterings could have come out " +
      "otherwise.",
  },
  "empty-cluster": {
    name: "empty cluster",
    meaning: "One clustering has fewer segments than it was asked for.",
  },
  "no-saliency": {
    name: "no saliency",
    meaning: "No salient region was found: masks were not held against one.",
  },
};
