import { makeScene, SCENE_CATEGORIES, SCENE_MODES, sceneInstances, scenes } from "@fiedler/scenes";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** One hash of the pictures and masks of scenes 0 to 5. */
function hashOf(mode: (typeof SCENE_MODES)[number]): string {
  const hash = createHash("sha256");
  for (const { data, instances } of scenes({ seed: 7, mode, count: 6, size: 96 })) {
    hash.update(data);
    for (const { category, mask } of instances) hash.update(Uint8Array.of(category)).update(mask);
  }
  return hash.digest("hex").slice(0, 16);
}

// When a picture changes on purpose, raise GENERATOR and write the new hashes here.
const GOLDEN: Readonly<Record<string, string>> = {
  scene: "b3e92b5f09f338a8",
  object: "6559cc901c1e2d4a",
  product: "d96dceccec2b145c",
  single: "45f390f81b9b01e0",
  crowd: "a74cd7b7466a47e4",
};

for (const mode of SCENE_MODES) {
  Deno.test(`scenes of mode ${mode} have the same bytes everywhere`, () => {
    assert.equal(hashOf(mode), GOLDEN[mode]);
  });
}

Deno.test("a scene depends on seed, index and mode, and on nothing that was made before", () => {
  const options = { seed: 3, index: 9, mode: "crowd", size: 64 } as const;
  const first = sha256(makeScene(options).data);
  const others = [{ seed: 4 }, { index: 10 }, { mode: "scene" as const }]
    .map((other) => sha256(makeScene({ ...options, ...other }).data));
  assert.equal(new Set([first, ...others]).size, 4);
  assert.equal(sha256(makeScene(options).data), first);
});

Deno.test("masks are disjoint, fit their boxes and areas, and hold 0.3 % of the picture", () => {
  for (const mode of SCENE_MODES) {
    for (let index = 0; index < 12; index++) {
      const { width, height, instances } = makeScene({ index, mode });
      const times = new Uint8Array(width * height);
      for (const { category, mask, bbox: [left, top, across, down], area } of instances) {
        assert.ok(category >= 0 && category < SCENE_CATEGORIES.length);
        let [inBox, all] = [0, 0];
        const rows = new Set<number>(), columns = new Set<number>();
        for (const [i, bit] of mask.entries()) {
          if (bit === 0) continue;
          const [x, y] = [i % width, Math.floor(i / width)];
          all++;
          times[i]++;
          rows.add(y);
          columns.add(x);
          if (x >= left && x < left + across && y >= top && y < top + down) inBox++;
        }
        assert.deepEqual([all, inBox], [area, area]);
        // A box has something in its first and last row and column.
        assert.ok([top, top + down - 1].every((y) => rows.has(y)));
        assert.ok([left, left + across - 1].every((x) => columns.has(x)));
        // Judged on a raster of 64, 12.3 pixels: a shape of thin legs may lose a third of that.
        assert.ok(area >= 0.002 * width * height, `${mode} ${index}: ${area} pixels`);
      }
      assert.ok(times.every((count) => count <= 1), `${mode} ${index}: masks overlap`);
    }
  }
});

Deno.test("sceneInstances gives what makeScene gives", () => {
  for (let index = 0; index < 30; index++) {
    const options = { seed: 1, index, mode: SCENE_MODES[index % 5], size: 100 };
    assert.deepEqual(sceneInstances(options), makeScene(options).instances);
  }
});

Deno.test("a scene has the same objects in the same places at every size", () => {
  const overlaps: number[] = [];
  for (let index = 0; index < 60; index++) {
    const options = { seed: 2, index, mode: SCENE_MODES[index % 5] };
    const small = sceneInstances({ ...options, size: 128 });
    const large = sceneInstances({ ...options, size: 256 });
    assert.deepEqual(
      large.map(({ category }) => category),
      small.map(({ category }) => category),
    );
    for (const [i, { mask }] of large.entries()) {
      overlaps.push(iou(halved(mask, 256), small[i].mask));
    }
  }
  const mean = overlaps.reduce((sum, value) => sum + value) / overlaps.length;
  // Halving a mask by majority moves an outline by up to a pixel of 128; the mean object is some
  // 30 pixels across, which is 3 to 6 % of its area, more for legs and stalks.
  assert.ok(mean >= 0.93, `mean IoU ${mean}`);
  const worst = Math.min(...overlaps);
  assert.ok(worst >= 0.7, `worst IoU ${worst}`);
});

/** 1 where at least two of the four pixels are. */
function halved(mask: Uint8Array, size: number): Uint8Array {
  const half = size / 2;
  return Uint8Array.from({ length: half * half }, (_, i) => {
    const at = 2 * Math.floor(i / half) * size + 2 * (i % half);
    return mask[at] + mask[at + 1] + mask[at + size] + mask[at + size + 1] >= 2 ? 1 : 0;
  });
}

function iou(a: Uint8Array, b: Uint8Array): number {
  let [both, either] = [0, 0];
  for (const [i, bit] of a.entries()) {
    both += bit & b[i];
    either += bit | b[i];
  }
  return both / either;
}

Deno.test("at twice the size a scene looks the same", () => {
  // Means of 16 × 16 blocks hardly see noise, compression and blur: 0 to 255.
  for (let index = 0; index < 15; index++) {
    const options = { seed: 5, index, mode: SCENE_MODES[index % 5] };
    const small = blockMeans(makeScene({ ...options, size: 128 }).data, 128, 8);
    const large = blockMeans(makeScene({ ...options, size: 256 }).data, 256, 8);
    const off = small.reduce((sum, value, i) => sum + Math.abs(value - large[i]), 0) / small.length;
    // Measured: below 2; another scene is off by some 40.
    assert.ok(off < 4, `scene ${index}: block means are off by ${off}`);
  }
});

function blockMeans(data: Uint8Array, size: number, count: number): number[] {
  const side = size / count;
  const sums = new Array<number>(count * count * 3).fill(0);
  for (const [i, value] of data.entries()) {
    const [x, y] = [Math.floor(i / 3) % size, Math.floor(i / 3 / size)];
    sums[(Math.floor(y / side) * count + Math.floor(x / side)) * 3 + i % 3] += value;
  }
  return sums.map((sum) => sum / (side * side));
}

Deno.test("options out of range are refused", () => {
  const refused = (options: object, what: RegExp) =>
    assert.throws(() => makeScene({ index: 0, ...options }), { name: "RangeError", message: what });
  refused({ size: 31 }, /size must be a whole number from 32 to 4096, got 31/);
  refused({ size: 64.5 }, /size/);
  refused({ index: -1 }, /index/);
  refused({ seed: 2 ** 32 }, /seed/);
  refused({ mode: "herd" }, /mode must be one of scene, .*got herd/);
  assert.throws(() => [...scenes({ count: 1, size: 8 })], /size/);
  assert.throws(() => [...scenes({ count: -1 })], /count must be a whole number from 0/);
});
