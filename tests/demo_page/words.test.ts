import assert from "node:assert/strict";
import type { DropReason, MaskRecord } from "@fiedler/report";
import { linkPaths } from "../../packages/demo/page/link_lines.ts";
import {
  droppedWords,
  keptWords,
  leftWords,
  timeLabel,
  timeWords,
} from "../../packages/demo/page/words.ts";

const mask = (dropped: DropReason | null, ioa: number | null = 0.92): MaskRecord => ({
  ...{ id: 7, k: 4, cluster: 2, component: 0, areaPatches: 3, borderPatches: 0 },
  ...{ ioa, iou: ioa, coherence: 0.8, rank: null, dropped },
  grid: { size: [1, 3], counts: "03" },
});

Deno.test("thumbnails say the number that decided", () => {
  assert.equal(keptWords(mask(null)), "k 4 · 92 %");
  assert.equal(keptWords(mask(null, null)), "k 4");
  const rules: readonly [DropReason, string][] = [
    [{ rule: "area", areaPatches: 1, minPatches: 4 }, "1 patch"],
    [{ rule: "size", share: 0.71, maxShare: 0.6 }, "71 %"],
    [{ rule: "saliency", score: 0.3, threshold: 0.5 }, "30 %"],
    [{ rule: "nms", rival: 5, iou: 0.82, threshold: 0.7 }, "82 % of 5"],
  ];
  for (const [dropped, words] of rules) assert.equal(droppedWords(mask(dropped)), words);
});

Deno.test("times are said as one would", () => {
  assert.deepEqual([0.2, 17.4, 999, 1234].map(timeWords), ["< 1 ms", "17 ms", "999 ms", "1.2 s"]);
  assert.equal(leftWords(58_200), "about 59 s left");
  assert.equal(leftWords(61_000), "about 2 min left");
  const moments = [400, 34_600, 59_700, 125_000, 600_000].map(timeLabel);
  assert.deepEqual(moments, ["0 s", "35 s", "1 min", "2 min 5 s", "10 min"]);
});

Deno.test("linkPaths() joins like neighbours widely, others not at all", () => {
  const data = Uint8Array.of(9, 9, 9, 9, 9, 9, 255, 255, 255); // two alike, one not
  const links = linkPaths({ rows: 1, columns: 3, data });
  assert.deepEqual(links.filter(({ d }) => d !== ""), [links[links.length - 1]]);
  assert.equal(links[links.length - 1].d, "M0.5 0.5L1.5 0.5");
  const widths = links.map(({ width }) => width);
  assert.deepEqual(widths, widths.toSorted((a, b) => a - b));
});
