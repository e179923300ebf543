import assert from "node:assert/strict";
import { compressRle } from "@fiedler/coco";
import {
  gainSentence,
  type GainSummary,
  renderReport,
  type ReportInput,
  type ReportPicture,
} from "@fiedler/report";
import { bestMatches } from "../../packages/report/gain_match.ts";
import { samplePicture, sampleRun } from "./sample.ts";
import {
  disc,
  sampleGain,
  samplePair,
  samplePrediction,
  sampleTraining,
} from "./sample_training.ts";
import { checkPage, HOSTILE } from "./support.ts";

const pair = await samplePair("pair.png");
const gain = sampleGain([pair]);
const grey = { width: 64, height: 48, data: new Uint8Array(64 * 48 * 3).map((_, i) => i % 251) };
const picture = await samplePicture(grey, "grey.png", 7, "short:48");

async function render(
  rest: Partial<ReportInput>,
  pictures: readonly ReportPicture[] = [picture],
): Promise<string> {
  const stream = (async function* () {
    yield* pictures;
  })();
  const input = { run: sampleRun, pictures: stream, skipped: [], galleryLimit: 9, ...rest };
  return (await Array.fromAsync(renderReport(input))).join("");
}

/** A gain of AP, and of AR100 where it is given, with the error of both differences. */
function changed(AP: readonly [number, number], error?: number, AR100 = [0.2, 0.2]): GainSummary {
  const numbers = (i: number) => ({
    metrics: { AP: AP[i], AR100: AR100[i] },
    errors: null,
    detections: 10,
  });
  const differenceErrors = error === undefined ? null : { AP: error, AR100: error };
  return { ...gain, raw: numbers(0), trained: numbers(1), differenceErrors, examples: [] };
}

Deno.test("gainSentence() says what was measured, and no more", () => {
  const where = "On 200 scenes kept aside, ";
  const cases: readonly [GainSummary, string][] = [
    [changed([0.037, 0.143]), "training raised AP from 3.7 to 14.3: 3.9 times as much."],
    [
      changed([0.037, 0.143], 0.009),
      "training raised AP from 3.7 to 14.3 (difference +10.6 ± 0.9): 3.9 times as much.",
    ],
    [
      { ...changed([0.037, 0.143]), start: "scenes-tiny" },
      "training raised AP from 3.7 to 14.3: 3.9 times as much. It started from scenes-tiny, a " +
      "segmenter that had learnt before.",
    ],
    [changed([0.3, 0.33]), "training raised AP from 30.0 to 33.0."],
    [changed([0, 0.1]), "training raised AP from 0.0 to 10.0."],
    [changed([0.143, 0.037]), "training did not help: AP fell from 14.3 to 3.7."],
    [
      changed([0.037, 0.043], 0.004),
      "AP went from 3.7 to 4.3, a difference of +0.6 ± 0.4: too small to say that training " +
      "helped, or that it did not.",
    ],
    [changed([0.1, 0.1]), "training changed nothing: AP is 10.0 before and after."],
    [changed([-1, -1]), "there was nothing to measure AP on."],
    [
      changed([0.1, 0.2], undefined, [0.3, 0.25]),
      "training raised AP from 10.0 to 20.0: 2 times as much. It finds fewer of the objects, " +
      "though: AR100 fell from 30.0 to 25.0.",
    ],
    [
      changed([0.2, 0.1], 0.01, [0.25, 0.3]),
      "training did not help: AP fell from 20.0 to 10.0 (difference −10.0 ± 1.0). It finds more " +
      "of the objects, though: AR100 rose from 25.0 to 30.0.",
    ],
  ];
  for (const [summary, words] of cases) assert.equal(gainSentence(summary), where + words);
});

Deno.test("a report with training, prediction and gain is a whole page without script", async () => {
  const prediction = samplePrediction([{ id: 7, masks: pair.trained }]);
  const page = await render({ gain, prediction, training: sampleTraining(30) });
  checkPage(page);
  for (const id of ["gain", "prediction", "training"]) {
    assert.match(page, new RegExp(`<section id="${id}"`));
    assert.match(page, new RegExp(`<a href="#${id}"`));
  }
  assert.ok(page.indexOf('id="gain"') < page.indexOf('id="summary"'));
  assert.equal(page.split(pair.jpeg).length, 2); // stored once
  assert.doesNotMatch(await render({}), /id="(gain|prediction|training)"/);
});

Deno.test("only a gain is called a gain", async () => {
  assert.match(await render({ gain }), /<h2>What training gained/);
  const lost = await render({ gain: changed([0.2, 0.1]) });
  assert.match(lost, /<h2>What training changed/);
  assert.doesNotMatch(lost, /gained/);
});

Deno.test("metrics that were not measured have no row; a ratio to nothing is a dash", async () => {
  const page = await render({ gain: changed([0, 0.1]) });
  assert.match(page, /scope="row">AP\s[\s\S]*?<td>–/);
  assert.doesNotMatch(page, /scope="row">APs/);
  const empty = await render({ gain: { ...changed([-1, -1]), pictures: 0, objects: 0 } });
  checkPage(empty);
});

Deno.test("bestMatches() takes as many masks as there are objects, the surest first", () => {
  const trained = bestMatches(pair.trained, pair);
  assert.deepEqual(trained.map(({ score, object }) => [score, object]), [[0.9, 1], [0.8, 0]]);
  const raw = bestMatches(pair.raw, pair);
  assert.deepEqual(raw.map(({ score, object }) => [score, object]), [[0.9, null], [0.4, null]]);
  assert.ok(raw[0].iou > 0.1 && raw[0].iou < 0.5, `${raw[0].iou}`);
});

Deno.test("bestMatches() gives an object to one mask only, and takes none for no object", () => {
  const [first] = pair.objects;
  const twice = [{ score: 0.5, mask: first }, { score: 0.6, mask: first }];
  const matches = bestMatches(twice, pair);
  assert.deepEqual(matches.map(({ object, iou }) => [object, iou]), [[0, 1], [null, 1]]);
  assert.deepEqual(bestMatches(twice, { ...pair, objects: [] }).map(({ iou }) => iou), [0]);
  assert.deepEqual(bestMatches([], pair), []);
});

Deno.test("a mask of many pixels is drawn from some of them, at its place", async () => {
  const [height, width] = [1100, 1500];
  const mask = compressRle(disc(height, width, 500, 900, 300));
  const large = { ...pair, size: [height, width] as const, objects: [mask], raw: [], trained: [] };
  const page = await render({ gain: { ...gain, examples: [large] } });
  const [, scale, path] = page.match(/transform="scale\(([\d.]+) [\d.]+\)"[^>]*d="M([\d. ]+)/)!;
  assert.equal(scale, "3");
  const [x, y] = path.split(" ").map((value) => 3 * Number(value));
  // The outline starts at the disc's top: row 200, within the 42 pixels either side of column 900
  // that two thinned rows (6 pixels) below the top span: √(300² − 294²) = 60.
  assert.ok(Math.abs(y - 200) <= 6 && Math.abs(x - 900) <= 60, `${x}, ${y}`);
});

Deno.test("masks of another size, and a picture that is no base64, are refused by name", async () => {
  const small = { ...pair, size: [9, 9] as const };
  await assert.rejects(render({ gain: { ...gain, examples: [small] } }), {
    name: "RangeError",
    message: "gain: masks of pair.png must be [9, 9], got [48, 64]",
  });
  await assert.rejects(render({ gain: { ...gain, examples: [{ ...pair, jpeg: HOSTILE }] } }), {
    name: "RangeError",
    message: "gain: the JPEG of pair.png must be base64",
  });
});

Deno.test("hostile text in names and options is shown, not run", async () => {
  const prediction = {
    ...samplePrediction([]),
    options: [{ name: HOSTILE, value: HOSTILE, source: HOSTILE }],
  };
  const examples = [{ ...pair, name: HOSTILE }];
  const page = await render({ gain: { ...gain, examples }, prediction });
  checkPage(page);
  // 3 of the options; the title, 3 labels and 4 rows of the example
  assert.equal(page.split("&lt;img src=x onerror=&quot;").length - 1, 3 + 1 + 3 + 4);
});

Deno.test("the pictures of the run show what was found in them", async () => {
  const masks = pair.trained;
  const page = await render({ prediction: samplePrediction([{ id: 7, masks }]) });
  assert.match(page, /3 found after training/);
  assert.match(page, /grey.png with 3 objects that the trained segmenter found/);
  const many = Array.from({ length: 5 }, () => masks).flat();
  const crowded = await render({ prediction: samplePrediction([{ id: 7, masks: many }]) });
  assert.match(crowded, /15 found after training, the best 12 drawn/);
  assert.match(crowded, /grey.png with 12 objects that the trained segmenter found/);
  const other = await render({ prediction: samplePrediction([{ id: 8, masks }]) });
  assert.doesNotMatch(other, /found after training/);
  const small = [{ score: 1, mask: compressRle(disc(9, 9, 4, 4, 3)) }];
  await assert.rejects(render({ prediction: samplePrediction([{ id: 7, masks: small }]) }), {
    name: "RangeError",
    message: "renderReport: masks found in grey.png must be [48, 64], got [9, 9]",
  });
});

Deno.test("a metric that cannot be told apart says so, and only then is that explained", async () => {
  const page = await render({ gain: changed([0.1, 0.2], 0.01, [0.2, 0.21]) });
  assert.match(page, /detections a picture; not told apart/);
  assert.match(page, /Not told apart: /);
  const sure = await render({ gain: changed([0.1, 0.2], 0.01, [0.2, 0.3]) });
  assert.doesNotMatch(sure, /told apart/i);
});
