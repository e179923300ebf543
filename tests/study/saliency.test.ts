import { decodeRle, encodeRle } from "@fiedler/coco";
import { salientMask, studyPicture, summarise } from "@fiedler/study";
import assert from "node:assert/strict";
import * as reference from "../../kernels/masks/reference.ts";
import { generator } from "../support/random.ts";

Deno.test("salientMask takes the side that the proposal stage takes, and draws it", () => {
  const next = generator(3);
  let ties = 0;
  for (
    const [size, resized, grid, patch] of [
      [[4, 4], [4, 4], [2, 2], 2], // all cells on the border: areas and ties decide
      [[9, 7], [9, 7], [2, 1], 4], // pixels right of and below the grid
      [[5, 6], [16, 20], [4, 5], 4], // enlarged
      [[33, 40], [12, 15], [3, 3], 4], // shrunk
      [[3, 12], [3, 12], [1, 4], 3], // one row
    ] as const
  ) {
    const [rows, columns] = grid;
    for (let trial = 0; trial < 60; trial++) {
      const labels = Array.from({ length: rows * columns }, () => next() < 0.5 ? 0 : 1);
      const { foreground, borders, areas } = reference.saliencyMask(labels, rows, columns);
      const mask = salientMask(labels, { size, resized, grid, patch });
      if (foreground === null) {
        assert.equal(mask, null);
        continue;
      }
      if (borders[0] === borders[1] && areas[0] === areas[1]) ties++;
      const [height, width] = size;
      const drawn = decodeRle(mask!.counts, height, width);
      drawn.forEach((value, at) => {
        const cell = (i: number, axis: 0 | 1) =>
          Math.min(Math.floor((i + 0.5) * resized[axis] / size[axis] / patch), grid[axis] - 1);
        const [row, column] = [cell(Math.floor(at / width), 0), cell(at % width, 1)];
        assert.equal(value, labels[row * columns + column] === foreground ? 1 : 0, `${labels}`);
      });
    }
  }
  assert.ok(ties > 20, "the top left patch decides");
});

/** Pictures of 4 × 4 patches, cut as the rows of digits say, with an object of whole patches. */
const PLACEMENT = { size: [8, 8], resized: [8, 8], grid: [4, 4], patch: 2 } as const;

/** A mask of patches. */
function maskOf(patches: string) {
  const pixels = Uint8Array.from({ length: 64 }, (_, at) => {
    const [row, column] = [Math.floor(at / 16), at % 8 >> 1];
    return Number(patches[4 * row + column]);
  });
  return { size: [8, 8] as const, counts: encodeRle(pixels, 8, 8) };
}

const study = (cut: string, object: string, others: Partial<Parameters<typeof studyPicture>[0]>) =>
  studyPicture({
    ...PLACEMENT,
    masks: [],
    clusterings: [{ k: 3, labels: new Uint32Array(16) }, { k: 2, labels: [...cut].map(Number) }],
    keys: null,
    ...others,
  }, [{ category: 1, mask: maskOf(object) }]);

Deno.test("studyPicture holds the only object against what is salient", () => {
  const object = "0000011001100000";
  // The right two columns: fewer patches on the border than the left part, which is the larger.
  const aside = "0011001100110000";
  assert.equal(study("1111100110011111", object, {}).saliency, 1, "the inner side, not label 1");
  assert.equal(study(aside, object, {}).saliency, 2 / 8);
  const unknown = maskOf("0001000100010000");
  assert.equal(study(aside, object, { unknown }).saliency, 2 / 5);
  assert.equal(study("0000000000000000", object, {}).saliency, 0, "nothing is salient");
  assert.equal(study(object, object, { clusterings: [] }).saliency, 0, "a flat picture");
  const two = [1, 1].map((category) => ({ category, mask: maskOf(object) }));
  const input = { ...PLACEMENT, masks: [], clusterings: [], keys: null };
  assert.equal(studyPicture(input, two).saliency, null);
});

Deno.test("summarise takes saliency over the pictures of one object alone", () => {
  const [picture] = [study("0000011001100000", "0000011001100000", {})];
  const ious = [0.5, 0.2, null, 0.8, 0.1, 0.4, null];
  const { iou, half } = summarise(ious.map((saliency) => ({ ...picture, saliency }))).saliency;
  assert.equal(iou.count, 5);
  assert.ok(Math.abs(iou.value - 0.4) < 1e-12);
  assert.deepEqual([half.count, half.value], [5, 2 / 5]);
  // Of five values: σ / √5 = 0.110; pictures that say nothing widen it a little.
  assert.ok(iou.error! > 0.09 && iou.error! < 0.14, `${iou.error}`);
  const few = summarise(ious.slice(0, 5).map((saliency) => ({ ...picture, saliency })));
  assert.equal(few.saliency.iou.error, null, "four pictures say nothing of pictures");
});
