import assert from "node:assert/strict";
import { type CocoMask, type CocoPicture, cocoResults, rankScore } from "@fiedler/coco";

const segmentation = { size: [2, 2], counts: "22" } as const;
const kept = (rank: number): CocoMask => ({
  rank,
  dropped: null,
  segmentation,
  bbox: [1, 0, 1, 2],
});
const dropped: CocoMask = { rank: 1, dropped: { rule: "nms" } };

async function* stream(pictures: readonly CocoPicture[]): AsyncIterable<CocoPicture> {
  yield* pictures;
}

const write = async (pictures: readonly CocoPicture[], options = {}) =>
  (await Array.fromAsync(cocoResults(stream(pictures), options))).join("");

Deno.test("cocoResults() writes one result a line, best first, kept masks only", async () => {
  const text = await write([
    { id: 1, masks: [kept(2), dropped, kept(0)] },
    { id: 2, masks: [dropped] },
    { id: 9, masks: [kept(0)] },
  ]);
  assert.equal(text.split("\n").length, 6); // brackets, three results, final newline
  assert.deepEqual(JSON.parse(text), [
    { image_id: 1, category_id: 1, segmentation, score: 1 },
    { image_id: 1, category_id: 1, segmentation, score: 1 / 3 },
    { image_id: 9, category_id: 1, segmentation, score: 1 },
  ]);
});

Deno.test("cocoResults() is valid JSON without pictures, or without kept masks", async () => {
  assert.equal(await write([]), "[]\n");
  assert.equal(await write([{ id: 1, masks: [dropped] }]), "[]\n");
});

Deno.test("cocoResults() writes boxes when asked", async () => {
  const [result] = JSON.parse(await write([{ id: 1, masks: [kept(0)] }], { boxes: true }));
  assert.deepEqual(result.bbox, [1, 0, 1, 2]);
});

Deno.test("cocoResults() refuses a kept mask that is incomplete", async () => {
  await assert.rejects(write([{ id: 3, masks: [{ rank: 0, dropped: null }] }]), {
    name: "RangeError",
    message: "cocoResults: a kept mask of image 3 has no segmentation",
  });
});

Deno.test("rankScore() falls strictly and stays in (0, 1]", () => {
  const scores = Array.from({ length: 1000 }, (_, rank) => rankScore(rank));
  assert.equal(scores[0], 1);
  assert.ok(scores.every((score, i) => score > 0 && (i === 0 || score < scores[i - 1])));
  assert.throws(() => rankScore(-1), { message: "rankScore: rank must be an integer ≥ 0, got -1" });
});
