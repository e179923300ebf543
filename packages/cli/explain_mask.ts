import type { DropReason, MaskRecord, PictureRecord } from "@fiedler/pipeline";
import {
  gridOf,
  iouOf,
  keepingLimit,
  limitAbove,
  overlapOf,
  saliencyScore,
  thresholdBelow,
} from "./mask_numbers.ts";
import type { RunFile } from "./run_file.ts";

/** What a run's options say of filtering and suppression. */
interface Rules {
  readonly minPatches: number;
  readonly maxShare: number;
  readonly score: string;
  readonly threshold: number;
  readonly limit: number;
  readonly order: string;
}

const patches = (count: number) => count === 1 ? "1 patch" : `${count} patches`;

/** How many masks a mask has suppressed, or is told of, in one line. */
const LISTED = 8;

/** Where a mask came from, how it fared against each rule, and what would have kept it. */
export function maskStory(record: PictureRecord, mask: MaskRecord, run: RunFile): string {
  const rules = rulesOf(run);
  return [
    `mask ${mask.id} of ${record.image}: ${verdict(mask, record)}`,
    "",
    ...origin(record, mask),
    "",
    ...checks(record, mask, rules),
    ...consequences(record, mask, rules),
  ].join("\n");
}

function rulesOf({ identity }: RunFile): Rules {
  return {
    minPatches: Number(identity["min-patches"]),
    maxShare: Number(identity["max-share"]),
    score: String(identity["saliency-score"]),
    threshold: Number(identity["saliency-threshold"]),
    limit: Number(identity.nms),
    order: String(identity["nms-order"]),
  };
}

function verdict({ dropped, rank }: MaskRecord, { counts }: PictureRecord): string {
  if (dropped === null) {
    return `kept, place ${
      rank! + 1
    } among ${counts.afterSaliency}, of which ${counts.kept} were kept`;
  }
  return {
    area: "dropped, too small",
    size: "dropped, too large",
    saliency: "dropped, not salient",
    nms: "dropped, nearly the same as a better mask",
  }[dropped.rule];
}

function origin(record: PictureRecord, mask: MaskRecord): string[] {
  const { k, cluster, component, areaPatches, borderPatches, grid } = mask;
  const [rows, columns] = grid.size;
  const box = boxOf(gridOf(grid), columns);
  const scale = ([0, 1] as const).map((axis) =>
    record.patch * record.size[axis] / record.resized[axis]
  );
  const edge = (cells: number, axis: 0 | 1) =>
    Math.min(Math.round(cells * scale[axis]), record.size[axis]);
  const share = (100 * areaPatches / (rows * columns)).toFixed(1);
  const lines = [
    `The picture was cut into ${k} clusters; this is piece ${component} of cluster ${cluster}.`,
    `It has ${patches(areaPatches)} of ${rows * columns} ` +
    `(${share} %), ${borderPatches} of them at the border, of coherence ${
      mask.coherence.toFixed(3)
    }.`,
    `Rows ${box.top} to ${box.bottom}, columns ${box.left} to ${box.right} of the grid: ` +
    `x ${edge(box.left, 1)} to ${edge(box.right + 1, 1)}, ` +
    `y ${edge(box.top, 0)} to ${edge(box.bottom + 1, 0)} in the picture.`,
  ];
  if (mask.bbox === undefined) return lines;
  const [x, y, width, height] = mask.bbox;
  return [
    ...lines,
    `Its outline in the picture has ${mask.areaPixels} pixels: x ${x} to ${x + width}, ` +
    `y ${y} to ${y + height}.`,
  ];
}

function boxOf(mask: Uint8Array, columns: number) {
  let [top, left, bottom, right] = [Infinity, Infinity, 0, 0];
  mask.forEach((one, i) => {
    if (!one) return;
    const [row, column] = [Math.floor(i / columns), i % columns];
    [top, bottom] = [Math.min(top, row), Math.max(bottom, row)];
    [left, right] = [Math.min(left, column), Math.max(right, column)];
  });
  return { top, left, bottom, right };
}

/** Each rule in its order, up to the one that dropped the mask. */
function checks(record: PictureRecord, mask: MaskRecord, rules: Rules): string[] {
  const { areaPatches, dropped, grid, rank } = mask;
  const lines: string[] = [];
  const line = (rule: DropReason["rule"], came: string, needed: string) => {
    const failed = dropped?.rule === rule;
    lines.push(`  ${rule.padEnd(9)} ${came}, ${needed}: ${failed ? "DROPPED" : "passed"}`);
    return failed;
  };
  if (line("area", patches(areaPatches), `at least ${rules.minPatches} needed`)) return lines;
  const share = areaPatches / (grid.size[0] * grid.size[1]);
  if (line("size", share.toFixed(4), `at most ${rules.maxShare} of the picture`)) return lines;
  const score = saliencyScore(mask, record, rules.score);
  if (score === null) lines.push("  saliency  not computed: passed");
  else {
    const name = SCORE_WORDS[rules.score] ?? rules.score;
    const needed = `at least ${rules.threshold} needed (${name})`;
    if (line("saliency", score.toFixed(4), needed)) return lines;
  }
  const place = `place ${rank! + 1} by ${ORDER_WORDS[rules.order] ?? rules.order}`;
  const rival = closestBetter(record, mask);
  if (rival === null) lines.push(`  nms       ${place}, none better was kept: passed`);
  else {line(
      "nms",
      `${place}, IoU ${rival.iou.toFixed(4)} with mask ${rival.id}`,
      `at most ${rules.limit} allowed`,
    );}
  return lines;
}

const SCORE_WORDS: Readonly<Record<string, string>> = {
  ioa: "share of the mask inside the salient region",
  iou: "overlap with the salient region over their union",
  ios: "share of the salient region inside the mask",
};

const ORDER_WORDS: Readonly<Record<string, string>> = {
  ioa: "share inside the salient region",
  area: "area",
  k: "number of clusters",
  coherence: "coherence",
};

/** The mask that suppressed this one, or else the better kept one nearest to it. */
function closestBetter(
  { masks }: PictureRecord,
  { dropped, rank, grid }: MaskRecord,
): { id: number; iou: number } | null {
  if (dropped?.rule === "nms") return { id: dropped.rival, iou: dropped.iou };
  const own = gridOf(grid);
  const better = masks.filter((other) => other.dropped === null && other.rank! < rank!)
    .map((other) => ({ id: other.id, iou: iouOf(overlapOf(own, gridOf(other.grid))) }))
    .sort((a, b) => b.iou - a.iou);
  return better[0] ?? null;
}

/** What the mask did to others, or what would have kept it. */
function consequences(record: PictureRecord, mask: MaskRecord, rules: Rules): string[] {
  if (mask.dropped !== null) return ["", advice(record, mask, mask.dropped, rules)];
  const beaten = record.masks.flatMap(({ id, dropped }) =>
    dropped?.rule === "nms" && dropped.rival === mask.id
      ? [`${id} (IoU ${dropped.iou.toFixed(4)})`]
      : []
  );
  if (beaten.length === 0) return ["", "It suppressed no other mask."];
  const more = beaten.length > LISTED ? ` and ${beaten.length - LISTED} more` : "";
  const noun = beaten.length === 1 ? "mask" : "masks";
  return ["", `It suppressed ${noun} ${beaten.slice(0, LISTED).join(", ")}${more}.`];
}

function advice(
  { masks }: PictureRecord,
  { id }: MaskRecord,
  dropped: DropReason,
  { limit }: Rules,
): string {
  const later = "; the rules after it would then decide.";
  switch (dropped.rule) {
    case "area":
      return `It would have passed with --min-patches ${dropped.areaPatches}${later}`;
    case "size":
      return `It would have passed with --max-share ${limitAbove(dropped.share)}${later}`;
    case "saliency":
      return `It would have passed with --saliency-threshold ${
        thresholdBelow(dropped.score)
      }${later}`;
    case "nms":
      return `Mask ${dropped.rival} is better and covers it. ` +
        `It would have been kept with --nms ${keepingLimit(masks, id, limit)}.`;
  }
}
