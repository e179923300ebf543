import assert from "node:assert/strict";
import { renderTraining } from "@fiedler/report";
import { sampleRun } from "./sample.ts";
import { sampleMetrics, sampleTraining } from "./sample_training.ts";
import { checkPage, HOSTILE } from "./support.ts";

Deno.test("a training of any length is a whole page without script", () => {
  for (const steps of [0, 1, 2, 3, 61, 400]) {
    checkPage(renderTraining(sampleTraining(steps)));
  }
});

Deno.test("60,000 steps take no more page than some hundred, and all count", () => {
  const [many, some] = [60_000, 1440].map((steps) => renderTraining(sampleTraining(steps)));
  assert.ok(many.length < 1.1 * some.length, `${many.length} characters, ${some.length}`);
  const [line] = many.match(/class="line" points="([^"]*)"/)!.slice(1);
  assert.equal(line.split(" ").length, 180);
  assert.match(many, /57,001–60,000/); // the last of twenty rows
});

Deno.test("a term that was never computed has no plot and no column; a gap stays a gap", () => {
  const training = sampleTraining(9);
  const page = (metrics: typeof training.metrics) => renderTraining({ ...training, metrics });
  const without = page(training.metrics.map((step) => ({ ...step, dice: null })));
  assert.match(page(training.metrics), /<strong>Pixels<\/strong>/);
  assert.doesNotMatch(without, /Pixels/);
  const lines = (text: string) => text.match(/<polyline/g)?.length;
  const gap = page(training.metrics.map((it) => it.step === 5 ? { ...it, dice: null } : it));
  assert.equal(lines(gap), lines(page(training.metrics))! + 1);
  assert.match(gap, /<td>–/);
});

Deno.test("steps without any term still show their rate", () => {
  const bare = sampleMetrics(4).map(({ step, rate }) => ({
    step,
    rate,
    category: null,
    maxProjection: null,
    meanProjection: null,
    pairwise: null,
    dice: null,
    total: null,
    gradientNorm: null,
  }));
  const page = renderTraining({ ...sampleTraining(4), metrics: bare });
  checkPage(page);
  assert.equal(page.match(/<figure class="curve"/g)?.length, 1);
});

Deno.test("one step is a dot, and says so in numbers", () => {
  const page = renderTraining({
    ...sampleTraining(1),
    metrics: [{ ...sampleMetrics(1)[0], total: 1.5 }],
  });
  assert.equal(page.match(/<circle class="fill"/g)?.length, 8);
  assert.match(page, /<strong>Total<\/strong> <span>1.5<\/span>/);
});

Deno.test("what was left out, and a training that is not finished, are told", () => {
  const page = renderTraining({ ...sampleTraining(3), roundSteps: [200, 200] });
  assert.match(page, /It stands at step 3 of 400: it is not finished/);
  assert.match(page, /no mask was kept<td>12 pictures/);
  assert.doesNotMatch(renderTraining(sampleTraining(3)), /not finished/);
  const none = renderTraining({ ...sampleTraining(0), roundSteps: [400], seconds: 0 });
  assert.match(none, /No step was recorded/);
});

Deno.test("rounds are parted where one ends", () => {
  const page = (roundSteps: readonly number[]) =>
    renderTraining({ ...sampleTraining(101), roundSteps }).match(/class="round" d="M[\d.]*/g) ?? [];
  assert.equal(page([101]).length, 0);
  // Half of the way from step 1 to step 101, between 58 and 400 − 22: 218.
  assert.deepEqual([...new Set(page([51, 50]))], ['class="round" d="M218']);
  assert.equal(page([200, 200]).length, 0); // the first is not over
});

Deno.test("a step that sticks out does not flatten the curve, and is told", () => {
  const metrics = sampleMetrics(2000).map((it) => ({ ...it, total: it.step === 77 ? 1e6 : 2 }));
  const page = renderTraining({ ...sampleTraining(2000), metrics });
  const [total] = page.match(/<figure class="curve">[\s\S]*?<\/figure>/)!;
  assert.match(total, /single steps reach 1,000,000/);
  assert.match(total, />2<\/text>/); // the axis ends where the other 1,999 steps are
  assert.doesNotMatch(total, />5<\/text>/);
});

Deno.test("hostile text in a training is shown, not run", () => {
  const adapter = { description: HOSTILE, vendor: HOSTILE, architecture: HOSTILE, software: true };
  const page = renderTraining({
    ...sampleTraining(2),
    title: HOSTILE,
    command: HOSTILE,
    version: HOSTILE,
    preset: HOSTILE,
    backbone: HOSTILE,
    network: HOSTILE,
    adapter,
    dropped: [{ reason: HOSTILE, pictures: 1 }],
    settings: [{ name: HOSTILE, value: HOSTILE, source: HOSTILE }],
  });
  checkPage(page);
  assert.equal(page.split("&lt;img src=x onerror=&quot;").length - 1, 15);
});

Deno.test("the adapter of the sample is a software one, and the page says it", () => {
  assert.match(renderTraining(sampleTraining(1)), /runs on the processor/);
  const hardware = { ...sampleRun.adapter, software: false };
  assert.doesNotMatch(
    renderTraining({ ...sampleTraining(1), adapter: hardware }),
    /runs on the processor/,
  );
});
