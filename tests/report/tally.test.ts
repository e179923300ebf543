import assert from "node:assert/strict";
import { add, droppedBy, emptyTally, medianKept } from "../../packages/report/tally.ts";
import { decodeImage } from "@fiedler/io";
import { samplePicture } from "./sample.ts";

Deno.test("medianKept() is the middle, or the mean of the two in the middle", () => {
  const median = (kept: readonly number[]) => {
    const tally = emptyTally();
    for (const masks of kept) tally.perPicture.set(masks, (tally.perPicture.get(masks) ?? 0) + 1);
    return medianKept({ ...tally, pictures: kept.length });
  };
  assert.equal(median([]), 0);
  assert.equal(median([7]), 7);
  assert.equal(median([9, 1, 4]), 4);
  assert.equal(median([1, 1, 4, 9]), 2.5);
});

Deno.test("a tally accounts for every mask of a photo once", async () => {
  const photo = await decodeImage(await Deno.readFile("fixtures/photos/coffee.png"));
  const { record } = await samplePicture(photo, "coffee.png", 1, "short:112");
  const tally = emptyTally();
  add(tally, record);
  const dropped = (["area", "size", "saliency", "nms"] as const)
    .map((rule) => droppedBy(tally, rule))
    .reduce((sum, masks) => sum + masks);
  assert.equal(tally.kept + dropped, record.masks.length);
  assert.equal(tally.kept, record.counts.kept);
  assert.deepEqual([...tally.perPicture], [[record.counts.kept, 1]]);
});
