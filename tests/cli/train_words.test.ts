import assert from "node:assert/strict";
import type { GainSummary, TrainingStep } from "@fiedler/report";
import { gainTable, lossEnds, trainingEnd, trainingLine } from "../../packages/cli/train_words.ts";

const terms: TrainingStep = {
  step: 120,
  rate: 1e-3,
  category: 0.314,
  maxProjection: 0.4,
  meanProjection: 0.018,
  pairwise: 0.2,
  dice: null,
  total: 1.234,
  gradientNorm: 2,
};

Deno.test("trainingLine() says where a training stands", () => {
  assert.equal(
    trainingLine({ terms, steps: 400, viewsPerSecond: 4.1, secondsLeft: 80 }),
    "step 120 of 400 · loss 1.23 (cells 0.31, extent 0.42, pairs 0.20) · 4.1 views/s · " +
      "1 min 20 s left",
  );
  assert.equal(
    trainingLine({
      terms: { ...terms, dice: 0.05, pairwise: null },
      steps: 120,
      viewsPerSecond: 0.05,
      secondsLeft: 0,
    }),
    "step 120 of 120 · loss 1.23 (cells 0.31, extent 0.42, pixels 0.050) · 3.0 views/min",
  );
});

Deno.test("trainingLine() leaves out what is not known", () => {
  const none = {
    ...terms,
    category: null,
    maxProjection: null,
    meanProjection: null,
    pairwise: null,
  };
  const unknown = { steps: 400, viewsPerSecond: null, secondsLeft: null };
  assert.equal(trainingLine({ terms: none, ...unknown }), "step 120 of 400 · loss 1.23");
  assert.equal(trainingLine({ terms: { ...none, total: null }, ...unknown }), "step 120 of 400");
  assert.match(
    trainingLine({
      terms: { ...none, meanProjection: 0.5, total: 1234.6 },
      ...unknown,
      viewsPerSecond: 412.3,
    }),
    /loss 1235 \(extent 0.50\) · 412 views\/s$/,
  );
});

Deno.test("trainingEnd() says what was learnt from, what was left out, and where it is", () => {
  assert.equal(
    trainingEnd({
      stepsDone: 400,
      steps: 400,
      pictures: 1,
      instances: 7,
      dropped: [{ reason: "no mask was kept", pictures: 2 }],
      seconds: 80,
      loss: { first: 4.25, last: 1.5 },
      files: [["weights", "a/segmenter.safetensors"], ["report", "a/report.html"]],
    }),
    "400 steps on 7 proposals in 1 picture, 1 min 20 s\n" +
      "loss 4.25 at first, 1.50 at last\n" +
      "2 pictures left out: no mask was kept\n" +
      "weights  a/segmenter.safetensors\n" +
      "report   a/report.html",
  );
  assert.equal(
    trainingEnd({
      stepsDone: 0,
      steps: 400,
      pictures: 2,
      instances: 7,
      dropped: [],
      seconds: 0.04,
      loss: null,
      files: [],
    }),
    "0 of 400 steps on 7 proposals in 2 pictures, 0.0 s",
  );
});

Deno.test("lossEnds() averages a twentieth at either end, and at least one step", () => {
  const steps = (totals: readonly (number | null)[]) =>
    totals.map((total, i) => ({ ...terms, step: i + 1, total }));
  assert.equal(lossEnds([]), null);
  assert.equal(lossEnds(steps([null])), null);
  assert.deepEqual(lossEnds(steps([3, null])), { first: 3, last: 3 });
  const forty = Array.from({ length: 40 }, (_, i) => i);
  assert.deepEqual(lossEnds(steps(forty)), { first: 0.5, last: 38.5 });
});

Deno.test("gainTable() holds proposals against the segmenter, and says what came of it", () => {
  const numbers = (values: readonly number[]) => ({
    metrics: Object.fromEntries(
      ["AP50", "AP75", "AP", "AR1", "AR10"].map((name, i) => [name, values[i]]),
    ),
    errors: null,
    detections: 3,
  });
  const gain: GainSummary = {
    noun: "scene",
    pictures: 200,
    objects: 812,
    raw: numbers([0.098, -1, 0.037, 0.06, 0.153]),
    trained: numbers([0.388, 0.062, 0.143, 0.083, 0.251]),
    start: null,
    differenceErrors: null,
    examples: [],
  };
  assert.equal(
    gainTable(gain),
    `masks, all categories as one, in %: 812 objects in 200 scenes

                   AP50  AP75    AP  AR1  AR10  AR100
raw proposals       9.8     –   3.7  6.0  15.3      –
trained segmenter  38.8   6.2  14.3  8.3  25.1      –

On 200 scenes kept aside, training raised AP from 3.7 to 14.3: 3.9 times as much.`,
  );
});
