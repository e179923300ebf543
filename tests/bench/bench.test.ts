import assert from "node:assert/strict";
import { ratioChart } from "../../tools/bench/chart.ts";
import { type Match, match } from "../../tools/bench/contest.ts";
import { type Machine, peakOf } from "../../tools/bench/machine.ts";
import { calibrate, median } from "../../tools/bench/measure.ts";
import { type Contender, permute } from "../../tools/bench/peers/contender.ts";
import { OnnxGraph } from "../../tools/bench/peers/onnx_graph.ts";
import { uniform, type Workload } from "../../tools/bench/peers/workloads.ts";
import { peerTables, ratiosOf } from "../../tools/bench/table.ts";

/** A clock that moves only when work is done; CPU time runs twice as fast. */
function fakeClock() {
  let now = 0;
  return {
    clock: { wall: () => now, cpu: () => 2 * now },
    work: (ms: number) => void (now += ms),
  };
}

const MACHINE: Machine = {
  ...{ adapter: "some card", adapterClass: "unknown", software: false, subgroupSize: null },
  ...{ runtime: "Deno 2.9.5", date: "2026-01-02T03:04:05.678Z", peak: null },
};
const WORKLOAD: Workload = { name: "sum of two", kind: "matmul", inputs: {}, flops: 2 };

/** Takes 1 ms for waiting and `ms` a call, and finds `result`. */
function fake(name: string, ms: number, result: number[], work: (ms: number) => void): Contender {
  return {
    ...{ name, webgpu: true },
    prepare: () =>
      Promise.resolve({
        run: (calls) => Promise.resolve(work(1 + calls * ms)),
        read: () => Promise.resolve(Float32Array.from(result)),
        free: () => {},
      }),
  };
}

Deno.test("calibrate() batches calls until waiting is a small part", async () => {
  const { clock, work } = fakeClock();
  const { calls, first } = await calibrate(clock, (n) => Promise.resolve(work(11 + 0.5 * n)), 100);
  assert.ok(11 + 0.5 * calls >= 100, `${calls} calls`);
  assert.equal(first.wallMs, (11 + 0.5 * calls) / calls);
  assert.equal(first.cpuMs, 2 * first.wallMs);
});

Deno.test("calibrate() refuses calls that are left out", async () => {
  const { clock, work } = fakeClock();
  const lazy = (calls: number) => Promise.resolve(work(200 + 0.1 * calls)); // but one is computed
  await assert.rejects(calibrate(clock, lazy, 250), {
    message:
      "a call alone took 200.1 ms, but 0.491 ms among others: most of them were not computed",
  });
  let alone = 0;
  const another = (calls: number) => calls === 1 && ++alone === 2 ? 60 : 0; // job, once
  const run = (calls: number) => Promise.resolve(work(11 + calls + another(calls)));
  assert.ok((await calibrate(clock, run, 100)).calls >= 89);
});

Deno.test("median() of an even count is the lower of the middle ones", () => {
  assert.equal(median([5, 1, 3]), 3);
  assert.equal(median([4, 1, 3, 2]), 2);
  assert.equal(median([7]), 7);
});

Deno.test("peakOf() tells cards of similar names apart", () => {
  assert.equal(peakOf("NVIDIA H100 80GB HBM3")?.teraflops, 67);
  assert.equal(peakOf("NVIDIA H100 PCIe")?.teraflops, 51);
  assert.equal(peakOf("Apple M4")?.teraflops, 4.3);
  assert.equal(peakOf("Apple M4 Max")?.teraflops, 17);
  assert.equal(peakOf("Apple M1 Pro"), null);
});

Deno.test("match() compares times, and refuses results that differ", async () => {
  const { clock, work } = fakeClock();
  const log: string[] = [];
  const rules = {
    ...{ clock, rounds: 3, mostMs: 1e6, leastMs: 10 },
    log: (line: string) => void log.push(line),
  };
  const found = await match(
    [
      fake("ours", 100, [1, 2], work),
      fake("twice", 201, [1, 2.0001], work),
      fake("wrong", 10, [1, 2.1], work),
      fake("short", 10, [1], work),
    ],
    WORKLOAD,
    rules,
  );
  const [{ ratios, best }] = ratiosOf([found], true);
  assert.deepEqual([...ratios], [["twice", 2], ["wrong", null], ["short", null]]);
  assert.equal(best, 2);
  assert.match(log.join("\n"), /wrong failed: its result differs by 5\.0e-2/);
  assert.match(peerTables([found], true), /\| sum of two \| 202 \| 404 \| failed \| failed \|/);
});

Deno.test("the chart shows every ratio, above and below 1", () => {
  const outcome = (contender: string, ms: number) => ({
    ...{ contender, webgpu: true, difference: 0 },
    ...{ wallMs: ms, leastWallMs: ms, cpuMs: ms, leastCpuMs: ms },
  });
  const matches: Match[] = [{
    workload: "matmul <1>",
    flops: 1,
    outcomes: [outcome("ours", 10), outcome("a", 123), outcome("b", 3)],
  }];
  const svg = ratioChart(ratiosOf(matches, true), MACHINE);
  assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  assert.match(svg, />12<\/text>/);
  assert.match(svg, />0\.30<\/text>/);
  assert.match(svg, /&lt;1&gt;/);
  const heights = [...svg.matchAll(/class="s\d"[^>]*height="([\d.]+)"/g)].map(([, h]) => Number(h));
  // Of both legend squares and both columns; log 12.3 : log 1/0.3 = 2.08.
  assert.equal(heights.length, 4);
  assert.ok(Math.abs(heights[2] / heights[3] - 2.08) < 0.02, `${heights}`);
});

Deno.test("permute() moves axes", () => {
  const data = Float32Array.from({ length: 24 }, (_, i) => i); // [2, 3, 4]
  const out = permute(data, [2, 3, 4], [2, 0, 1]); // [4, 2, 3]
  for (let a = 0; a < 4; a++) {
    for (let b = 0; b < 2; b++) {
      for (let c = 0; c < 3; c++) assert.equal(out[(a * 2 + b) * 3 + c], (b * 3 + c) * 4 + a);
    }
  }
});

Deno.test("OnnxGraph writes protocol buffers", () => {
  const graph = new OnnxGraph();
  graph.declare("input", "x", [300]);
  graph.declare("output", graph.node("Relu", ["x"]));
  const text = [...graph.bytes()].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  assert.ok(text.startsWith("08093a"), text); // IR version 9, then the graph
  assert.ok(text.includes("08ac02"), text); // dim_value 300 as a varint
  assert.ok(text.includes("220452656c75"), text); // op_type "Relu"
  assert.ok(text.endsWith("42040a001012" + "42110a0d636f6d2e6d6963726f736f66741001"), text);
});

Deno.test("uniform() is the same each time and within its scale", () => {
  const { data } = uniform([1000], 3);
  assert.deepEqual(data, uniform([1000], 3).data);
  assert.ok(data.every((x) => Math.abs(x) <= 3));
  assert.ok(data.some((x) => x > 2.5) && data.some((x) => x < -2.5));
});
