import assert from "node:assert/strict";
import { testDirections } from "../../packages/cli/reproduce_directions.ts";
import { findStudyModel } from "../../packages/cli/reproduce_models.ts";
import { slugOf, type Table, TABLE_NAMES, tableOf } from "../../packages/cli/reproduce_rows.ts";
import type { TablePlan } from "../../packages/cli/reproduce_plan.ts";
import type { RowResult } from "../../packages/cli/reproduce_result.ts";
import { tableMarkdown } from "../../packages/cli/reproduce_words.ts";

const [mae, dino, random, colour] = await Promise.all(
  ["mae-tiny", "dino-tiny", "random", "colour"].map(findStudyModel),
);
const tables = TABLE_NAMES.map((name) =>
  tableOf(name, name === "table2" ? [mae, dino, random, colour] : [mae])
);

/** A row whose segmenter has one number in all metrics, and its proposals another. */
function resultOf(value: number, { metrics }: Table, spread = 0): RowResult {
  const score = (value: number) => ({
    metrics: Object.fromEntries(metrics.map((metric) => [metric, value])),
    draws: [-1, 1, -1, 1].map((sign) =>
      Object.fromEntries(metrics.map((metric) => [metric, value + sign * spread]))
    ),
  });
  return {
    about: {},
    trained: score(value),
    proposals: score(value / 2),
    counts: { training: 1, heldOut: 1, found: 1 },
    seconds: 1,
  };
}

Deno.test("rows that tables share have one folder, and no others do", () => {
  const slugs = tables.map(({ rows }) =>
    rows.map(({ name, config }) =>
      config && [name, slugOf(config, config.model === "colour" ? colour : mae)] as const
    )
  );
  const of = (table: number, row: string) => slugs[table].find((it) => it?.[0] === row)![1];
  const shared = of(0, "mae-tiny");
  for (const [table, row] of [[1, "k2-5"], [2, "dino"], [3, "on"], [4, "solov2"]] as const) {
    assert.equal(of(table, row), shared);
  }
  assert.match(shared, /^mae-tiny-[0-9a-f]{8}-k2345-dino-split$/);
  assert.equal(of(0, "colour"), "colour-k2345-dino-split");
  const distinct = new Set(slugs.flat().flatMap((it) => it ? [it[1]] : []));
  assert.equal(distinct.size, 4 + 4 + 2 + 1); // table 2; each k; two saliencies; no split
});

Deno.test("the paper's numbers are as many as a table's metrics, and show its directions", () => {
  for (const table of tables) {
    for (const { paper, title } of table.rows) {
      assert.ok(paper === null || paper.length === table.metrics.length, title);
    }
    for (const { text, paper } of testDirections(table, new Map())) {
      assert.equal(paper, text.startsWith("ours: ") ? null : true, `${table.name}: ${text}`);
    }
  }
});

Deno.test("a direction holds by more than two errors against every other row", () => {
  const table = tables[1];
  const singles = ["k2", "k3", "k4", "k5"];
  const results = (best: number, spread: number) =>
    new Map([
      ...singles.map((name, i) => [name, resultOf(0.1 + 0.01 * i, table)] as const),
      ["k2-5", resultOf(best, table, spread)] as const,
    ]);
  const verdicts = (of: ReturnType<typeof results>) =>
    testDirections(table, of).map(({ verdict }) => verdict);
  assert.deepEqual(verdicts(results(0.2, 0.01)), ["holds", "holds", "holds", "holds"]);
  // k5 has 0.13: the difference of 0.01 has the error 0.0115 of four draws of ±0.01.
  assert.deepEqual(verdicts(results(0.14, 0.01)).slice(0, 2), ["within error", "within error"]);
  assert.deepEqual(verdicts(results(0.12, 0)).slice(0, 2), ["does not hold", "does not hold"]);
  const [{ compared }] = testDirections(table, results(0.2, 0.01));
  assert.deepEqual(compared.map(({ what }) => what), singles.map((name) => `k2-5 − ${name}`));
  const some = results(0.2, 0.01);
  some.delete("k3");
  assert.deepEqual(verdicts(some).slice(0, 3), ["untested", "untested", "untested"]);
  const worse = resultOf(0.1, table);
  const lost = new Map([["k2", { ...worse, trained: worse.proposals, proposals: worse.trained! }]]);
  assert.equal(testDirections(table, lost).at(-1)!.verdict, "does not hold");
  const unlearnt = new Map([["k2", { ...worse, trained: null }]]);
  assert.equal(testDirections(table, unlearnt).at(-1)!.verdict, "untested");
});

Deno.test("tables of one extractor refuse several, and baselines", () => {
  assert.throws(() => tableOf("table4", [mae, dino]), /table4 takes one extractor with weights/);
  assert.throws(() => tableOf("table5", [colour]), /table5 takes one extractor with weights/);
  const [row] = tableOf("table2", [colour]).rows;
  assert.deepEqual([row.name, row.paper], ["colour", null]);
  assert.deepEqual(tableOf("table2", [colour]).directions, []);
});

Deno.test("a table as text has our numbers with errors, the paper's, and what is not there", () => {
  const table = tables[1];
  const plan = {
    table,
    scenes: { training: 150, heldOut: 10 },
    steps: 400,
    seed: 3,
    train: { preset: "tiny" },
    resize: "auto",
  } as TablePlan; // what the text is made of
  const k5 = { ...resultOf(0.1234, table, 0.01), about: { "held-out": 10 } };
  const trained = { ...k5.trained!, metrics: { ...k5.trained!.metrics, APs: NaN } };
  const results = new Map([["k5", { ...k5, trained, proposals: k5.trained! }]]);
  const text = tableMarkdown(plan, results, testDirections(table, results));
  assert.match(
    text,
    /150 generated scenes of 128 px \(24 × 24 patches\); SOLOv2 \(preset tiny, 400/,
  );
  assert.match(text, /Small is below 8², large above 24² pixels/);
  assert.match(text, /\| ours +\| +AP \| +AP_S \| +AP_M \| +AP_L \| +AR100 \|/);
  assert.match(text, /\| k = 2 \(not measured\) +\| +– \|/);
  // Four draws of ±0.01 have the deviation 0.0115.
  assert.match(text, /\| k = 5 +\| 12\.3 ± 1\.2 \| +– \| 12\.3 ± 1\.2 \|.* 0\.1 \|/);
  assert.match(text, /\| k = 5: proposals +\| 12\.3 ± 1\.2 \| 12\.3 ± 1\.2 \|/);
  assert.match(text, /\| k = 2–5 +\| +4\.5 \| +1\.4 \| +6\.0 \| 12\.8 \| +16\.5 \| +1\.7 \|/);
  assert.match(text, /- all of k = 2–5 above each k alone, AP: \*\*untested\*\*\n/);
  assert.match(
    text,
    /above the proposals of the same row, AP: \*\*within error\*\*: k5 \+0\.0 ± 0\.0\n/,
  );
  const other = tableMarkdown({ ...plan, table: tables[0] }, new Map(), []);
  assert.match(other, /\| MAE ViT-B\/16 +\| +12\.1 \|/); // not our mae-tiny, which stands above
  assert.doesNotMatch(other, /\| colour +\| +– \|/); // which the paper has not
  const below = tableMarkdown(plan, results, [{
    ...{ text: "up", metric: "AR100", paper: null, verdict: "does not hold" },
    compared: [{
      what: "a − b",
      difference: { value: -0.05, error: 0.01 },
      verdict: "does not hold",
    }],
  }]);
  assert.match(below, /- up, AR100: \*\*does not hold\*\*: a − b −5\.0 ± 1\.0\n$/);
});
