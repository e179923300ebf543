import assert from "node:assert/strict";
import { join } from "node:path";
import { Disk } from "../../packages/cli/disk.ts";
import { readJsonLines, repairJsonLines } from "../../packages/cli/jsonl.ts";
import { inFolder } from "./support.ts";

Deno.test("repairJsonLines() cuts at the first line that is not whole, at every torn length", () =>
  inFolder(async (root) => {
    const path = join(root, "a.jsonl");
    const whole = ['{"a":1}', '{"b":"zwölf"}', '{"c":[1,2]}'].map((line) => `${line}\n`);
    const bytes = new TextEncoder().encode(whole.join(""));
    const ends = [0, 8, 23, bytes.length];
    for (let length = 0; length <= bytes.length; length++) {
      await Deno.writeFile(path, bytes.subarray(0, length));
      const seen: unknown[] = [];
      const cut = await repairJsonLines(new Disk(), path, (value) => seen.push(value));
      const good = ends.findLast((end) => end <= length)!;
      assert.equal(cut, length - good);
      assert.equal((await Deno.stat(path)).size, good);
      assert.equal(seen.length, ends.indexOf(good));
      assert.deepEqual(await Array.fromAsync(readJsonLines(path)), seen);
    }
  }));

Deno.test("repairJsonLines() cuts zeros that a power cut left inside", () =>
  inFolder(async (root) => {
    const path = join(root, "a.jsonl");
    await Deno.writeTextFile(path, '{"a":1}\n\0\0\0\n{"c":1}\n');
    assert.equal(await repairJsonLines(new Disk(), path), 12);
    assert.deepEqual(await Array.fromAsync(readJsonLines(path)), [{ a: 1 }]);
  }));

Deno.test("a file that is not there has no lines", async () => {
  assert.deepEqual(await Array.fromAsync(readJsonLines("/no/such/file.jsonl")), []);
  assert.equal(await repairJsonLines(new Disk(), "/no/such/file.jsonl"), 0);
});
