import { renderStudy } from "@fiedler/report";
import {
  differencesOf,
  type PictureStudy,
  type StudySetResult,
  summarise,
  testClaims,
} from "@fiedler/study";
import assert from "node:assert/strict";
import { studyMarkdown } from "../../packages/cli/reproduce_tables.ts";

/** Pictures of two objects of one category and one of another, found to these degrees. */
const pictures = (ious: readonly number[]): PictureStudy[] =>
  ious.map((iou) => ({
    objects: [{ count: 2, iou }, { count: 2, iou: 0 }, { count: 1, iou: 1 }],
    withoutPatch: 1,
    masks: 4,
    merges: [{ k: 2, same: { merged: 1, pairs: 1 }, other: { merged: 1, pairs: 2 } }],
    cosines: {
      instance: { sum: 8, pairs: 10 },
      category: { sum: 3, pairs: 5 },
      other: { sum: 1, pairs: 10 },
    },
    saliency: iou,
  }));

function resultOn(data: string): StudySetResult {
  const contenders = [
    { name: "mae-tiny", method: "mae" as const, pictures: pictures([1, 0.72, 0.5, 0, 0.6, 0.9]) },
    { name: "<colour>", method: null, pictures: pictures([0, 0, 0, 0, 0, 0.6]) },
  ];
  return {
    data,
    title: "six pictures",
    pictures: 6,
    skipped: [{ picture: "seventh", reason: "truncated" }],
    results: contenders.map(({ name, method, pictures }) => ({
      model: name,
      title: `title of ${name}`,
      method,
      centred: true,
      summary: summarise(pictures),
    })),
    claims: testClaims(contenders),
    differences: contenders.slice(1).map(({ name, pictures }) => ({
      model: name,
      numbers: differencesOf(pictures, contenders[0].pictures),
    })),
  };
}

Deno.test("studyMarkdown shows counts, errors and claims, and the paper's rows on its own data", () => {
  const own = studyMarkdown([resultOn("scenes")]);
  assert.match(
    own,
    /6 pictures, 18 objects, 1 picture left out; 6 objects have the majority of no/,
  );
  assert.match(own, /\| features +\| +1 \| +2 \| +2\+ \| +all \| masks a picture \|/);
  assert.match(own, /\| objects +\| +6 \| +12 \| +12 \| +18 \|/);
  // (10 + 5 + 1 + 0 + 3 + 9) / 10 of 12 objects.
  assert.match(own, /\| mae-tiny +\| 100\.0 ± 0\.0 \| 23\.3 ± \d+\.\d \|/);
  assert.match(own, /\| mae-tiny +\| +0\.80 ± 0\.00 \| +0\.60 ± 0\.00 \| +0\.10 ± 0\.00 \| +0\.20/);
  assert.match(own, /- \(b\) .*: \*\*holds\*\*: mae-tiny − <colour> \+\d+\.\d ± \d/);
  assert.match(own, /- \(a\) .*: \*\*untested\*\*\n/);
  // (1 + 0.72 + 0.5 + 0 + 0.6 + 0.9) / 6, five of them 0.5 or more.
  assert.match(own, /### Saliency \(%\)[^#]*\| mae-tiny +\| 62\.0 ± \d+\.\d \| 83\.3 ± \d+\.\d \|/);
  // 0.6 / 6 − 0.62; recall is 0.3 / 12 less 2.8 / 12, merged pairs are the same.
  assert.match(own, /### Differences to mae-tiny\n/);
  assert.match(own, /\| saliency IoU +\| higher \| \*\*-52\.0 ± \d+\.\d\*\* \|/);
  assert.match(own, /\| recall 2\+ +\| higher \| +\*\*-20\.8 ± \d+\.\d\*\* \|/);
  assert.match(own, /\| same 2 +\| +lower \| +\+0\.0 ± 0\.0 \|/);
  assert.match(own, /\| instance gap +\| higher \| +\+0\.00 ± 0\.00 \|/);
  assert.match(
    own,
    /\nWorse by .* <colour>: recall 2\+, recall all, saliency IoU, saliency ≥ 0\.5\.\n/,
  );
  assert.ok(!own.includes("paper:"));
  const coco = studyMarkdown([resultOn("coco-val2017")]);
  assert.match(coco, /\| paper: DINO ViT-B\/16 +\| +21\.0 \| +5\.9 \| +– \| +– \|/);
  const voc = studyMarkdown([resultOn("voc2012-val")]);
  assert.match(voc, /\| paper: DINO ViT-B\/16 +\| +38\.3 \| +9\.9 \| +– \| +– \|/);
});

Deno.test("renderStudy draws bars of each extractor, and names are text", () => {
  const sets = [resultOn("scenes"), resultOn("nuclei")];
  const page = renderStudy({ sets, tables: "| 1 |", command: "fiedler reproduce", version: "0" });
  assert.equal(page.match(/<svg viewBox/g)?.length, 5, "two plots a data set, and the logo");
  assert.ok(page.includes("&lt;colour&gt;") && !page.includes("<colour>"));
  assert.match(page, /<title>2\+, mae-tiny: 23\.3<\/title>/);
  assert.ok(!/<script|(src|href)="(?!#)/.test(page));
});
