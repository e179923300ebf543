import assert from "node:assert/strict";
import {
  bytes,
  count,
  duration,
  percent,
  plural,
  significant,
} from "../../packages/report/format.ts";

Deno.test("numbers read as people write them", () => {
  assert.equal(count(241_690), "241,690");
  assert.equal(count(999), "999");
  assert.equal(plural(1, "mask"), "1 mask");
  assert.equal(plural(1_000, "patch", "patches"), "1,000 patches");
  assert.equal(percent(0.914), "91 %");
  assert.equal(significant(0.0421), "0.042");
  assert.equal(significant(12.34), "12.3");
  assert.equal(bytes(512), "512 B");
  assert.equal(bytes(187 * 2 ** 20), "187 MiB");
});

Deno.test("what is neither none nor all is not rounded to it", () => {
  assert.deepEqual([0, 0.001, 0.999, 1].map(percent), ["0 %", "< 1 %", "> 99 %", "100 %"]);
});

Deno.test("durations go up in units", () => {
  assert.deepEqual(
    [0.42, 3_120, 59_990, 252_000, 25_380_000].map(duration),
    ["0.42 ms", "3.1 s", "60 s", "4 min 12 s", "7 h 03 min"],
  );
});
