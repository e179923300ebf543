import assert from "node:assert/strict";
import { steadyColours } from "../../packages/demo/page/steady_colours.ts";
import { generator } from "../support/random.ts";

const [rows, columns] = [4, 5];
const next = generator(1);
/** Levels from 28 to 228, of three channels that have little to do with each other. */
const before = {
  ...{ rows, columns },
  data: Uint8Array.from({ length: 3 * rows * columns }, () => 28 + Math.floor(201 * next())),
};

Deno.test("components in another order and with other signs have the colours they had", () => {
  const order = [2, 0, 1];
  const data = before.data.map((_, i) => 256 - before.data[i - i % 3 + order[i % 3]]);
  assert.notDeepEqual(data, before.data);
  assert.deepEqual(steadyColours({ rows, columns, data }, before), before);
});

Deno.test("colours without any before them, or of another size, stay as they are", () => {
  assert.equal(steadyColours(before, null), before);
  const wide = { rows: 2, columns: 10, data: before.data };
  assert.equal(steadyColours(wide, before), wide);
});

Deno.test("the farthest level stays one when it is turned", () => {
  const data = before.data.slice();
  data.set([0, 0, 0]);
  const turned = data.map((level) => Math.min(256 - level, 255));
  assert.deepEqual(
    steadyColours({ rows, columns, data }, { rows, columns, data: turned }).data,
    turned,
  );
});
