import type { MaskRecord, PictureRecord } from "@fiedler/pipeline";
import { dropWords, FLAG_WORDS } from "@fiedler/report";
import { plural } from "./summary.ts";
import { table } from "./table.ts";

/** What happened to a picture, from its size to its masks. */
export function pictureStory(record: PictureRecord): string {
  const { image, id, size, resized, grid, patch, crop, flags, counts } = record;
  const cropped = crop[0] < resized[0] || crop[1] < resized[1] ? `, cropped to ${by(crop)}` : "";
  const facts: (readonly [string, string])[] = [
    ["size", `${by(size)} pixels, as ${by(resized)}${cropped}: ${by(grid)} patches of ${patch}`],
    ["models", modelWords(record)],
    ...flags.map((flag) =>
      ["flag", `${FLAG_WORDS[flag].name}: ${FLAG_WORDS[flag].meaning}`] as const
    ),
    ...spectrum(record),
    ["salient", saliencyWords(record)],
    [
      "steps",
      `${plural(counts.clusters, "cluster")} → ${plural(counts.components, "piece")} → ` +
      `${counts.afterArea} of fit size → ${counts.afterSaliency} salient → ${counts.kept} kept`,
    ],
  ];
  const lines = facts.map(([head, words]) => `  ${head.padEnd(9)}${words}`);
  const masks = record.masks.length > 0 ? ["", maskTable(record.masks)] : [];
  return [`${image} (COCO id ${id})`, ...lines, ...masks].join("\n");
}

const by = ([rows, columns]: readonly [number, number]) => `${rows} × ${columns}`;

function modelWords({ model, saliencyModel, seed }: PictureRecord): string {
  const named = ({ name, centred }: PictureRecord["model"]) =>
    name + (centred ? " (less the keys of a grey picture)" : "");
  const saliency = saliencyModel === null
    ? "no saliency"
    : saliencyModel.sha256 === model.sha256
    ? "saliency by the same"
    : `saliency by ${named(saliencyModel)}`;
  return `${named(model)}, ${saliency}; seed ${seed}`;
}

function* spectrum({ eigen: { values, residuals, gaps } }: PictureRecord) {
  if (values.length === 0) return;
  yield ["λ", values.map((value) => Math.abs(value).toFixed(4)).join("  ")] as const;
  const worst = Math.max(...residuals).toExponential(1);
  const each = Object.entries(gaps).map(([k, gap]) => `k = ${k}: ${gap.toFixed(4)}`).join(", ");
  yield ["gaps", `${each}; residuals at most ${worst}`] as const;
}

function saliencyWords({ saliency, grid: [rows, columns] }: PictureRecord): string {
  if (saliency === null) return "not computed";
  const { areaPatches, borderPatches } = saliency;
  const [fewer, more] = [...borderPatches].sort((a, b) => a - b);
  return `${areaPatches} of ${rows * columns} patches (${
    percent(areaPatches / (rows * columns))
  }): ` +
    `the side with fewer at the border, ${fewer} against ${more}`;
}

/** All masks: kept ones by rank, then what suppression dropped, then the rest. */
function maskTable(masks: readonly MaskRecord[]): string {
  const place = ({ dropped, rank, id }: MaskRecord) =>
    (dropped === null ? 0 : rank !== null ? 1e6 : 2e6) + (rank ?? id);
  const rows = [...masks].sort((a, b) => place(a) - place(b)).map((mask) => [
    ...[mask.id, mask.k, mask.cluster, mask.component, mask.areaPatches].map(String),
    number(mask.ioa),
    number(mask.iou),
    number(mask.coherence),
    mask.rank === null ? "–" : String(mask.rank),
    mask.dropped === null ? "kept" : dropWords(mask, masks),
  ]);
  const head = ["mask", "k", "cluster", "piece", "patches", "IoA", "IoU", "coherence", "rank", ""];
  return table([head, ...rows]);
}

const number = (value: number | null) => value === null ? "–" : value.toFixed(3);

const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
