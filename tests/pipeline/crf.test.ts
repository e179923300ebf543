import assert from "node:assert/strict";
import { refineMasks } from "../../packages/pipeline/crf.ts";
import { makeLattice } from "../../packages/pipeline/permutohedral.ts";
import { generator, uniform } from "../support/random.ts";

for (const dims of [1, 2, 3, 5]) {
  Deno.test(`makeLattice() filters like a Gaussian in ${dims} dimensions`, () => {
    const points = 400;
    const features = uniform(points * dims, { seed: dims, low: 0, high: 3 });
    const values = uniform(points * 2, { seed: 7, low: 0, high: 1 });
    const lattice = makeLattice(features, dims);
    const sums = lattice.filter(new Float32Array(points).fill(1), 1);
    const out = lattice.filter(values, 2);
    let worst = 0;
    for (let i = 0; i < points; i++) {
      let [weight, first] = [0, 0];
      for (let j = 0; j < points; j++) {
        let distance = 0;
        for (let d = 0; d < dims; d++) {
          distance += (features[i * dims + d] - features[j * dims + d]) ** 2;
        }
        weight += Math.exp(-distance / 2);
        first += Math.exp(-distance / 2) * values[2 * j];
      }
      worst = Math.max(worst, Math.abs(out[2 * i] / sums[i] - first / weight));
    }
    // Weighted means of values in 0 … 1. The lattice's kernel is a spline close to a Gaussian: the
    // source gives a few percent; random values leave that as differences between neighbours.
    assert.ok(worst < 0.06, `a mean differs by ${worst}`);
  });
}

Deno.test("refineMasks() moves a coarse outline to the edge of a colour", () => {
  const [width, height] = [96, 64];
  const next = generator(1);
  const inside = (x: number, y: number) => Math.hypot(x - 50, y - 30) < 18;
  const data = new Uint8Array(width * height * 3);
  const truth = new Uint8Array(width * height);
  const coarse = new Uint8Array(width * height);
  for (let i = 0; i < width * height; i++) {
    const [x, y] = [i % width, Math.floor(i / width)];
    truth[i] = +inside(x, y);
    coarse[i] = +inside(Math.floor(x / 8) * 8 + 4, Math.floor(y / 8) * 8 + 4);
    for (let c = 0; c < 3; c++) data[3 * i + c] = (truth[i] ? 180 : 60) + 10 * next();
  }
  const iou = (a: Uint8Array) => {
    const both = a.filter((value, i) => value && truth[i]).length;
    return both / a.filter((value, i) => value || truth[i]).length;
  };
  const [refined, other] = refineMasks({ width, height, data }, [coarse, truth]);
  assert.ok(iou(coarse) < 0.9, `the coarse mask has ${iou(coarse)}`);
  assert.ok(iou(refined) > 0.98, `the refined mask has ${iou(refined)}`);
  assert.ok(iou(other) > 0.98, "an exact mask stays");
});
