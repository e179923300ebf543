import assert from "node:assert/strict";
import { testDirections } from "../../packages/cli/reproduce_directions.ts";
import { findStudyModel } from "../../packages/cli/reproduce_models.ts";
import { slugOf, type Table, TABLE_NAMES, tableOf } from "../../packages/cli/reproduce_rows.ts";
import type { RowResult } from "../../packages/cli/reproduce_row.ts";

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
