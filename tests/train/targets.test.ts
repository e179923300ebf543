import assert from "node:assert/strict";
import { assignTargets, type Instance, SOLO_LEVELS, type TargetLevel } from "@fiedler/train";
import { packMaskBits } from "../support/mask_bits.ts";
import { generator } from "../support/random.ts";

type Box = readonly [x: number, y: number, width: number, height: number];

/** A rectangle as an object of a picture. */
function boxOf(size: { width: number; height: number }, [x, y, w, h]: Box, label = 0): Instance {
  const mask = new Uint8Array(size.width * size.height);
  for (let row = y; row < y + h; row++) {
    mask.fill(1, row * size.width + x, row * size.width + x + w);
  }
  return { mask, label };
}

/** The pixels of row `row` of packed masks of `pixels` each. */
function pixelsOf(masks: Uint32Array, row: number, pixels: number): number[] {
  const words = Math.ceil(pixels / 32);
  return Array.from(
    { length: pixels },
    (_, p) => masks[row * words + Math.floor(p / 32)] >>> (p % 32) & 1,
  );
}

const SQUARE = { width: 128, height: 128 };
const ONE_LEVEL = { maskSize: [32, 32], levels: [{ grid: 16, scaleRange: [1, 128] }] } as const;

Deno.test("assignTargets() takes the cells around the centre of mass", () => {
  // Cells of 8 pixels. Centre (43.5, 27.5): cell (5, 3). Half extents 0.1 · 24 = 2.4 across and
  // 0.1 · 40 = 4 down: columns ⌊41.1 / 8⌋ = 5 to ⌊45.9 / 8⌋ = 5, rows ⌊23.5 / 8⌋ = 2 to ⌊31.5 / 8⌋ = 3.
  const view = { ...SQUARE, instances: [boxOf(SQUARE, [32, 8, 24, 40], 2)] };
  const { levels: [level], instances, skipped } = assignTargets(view, ONE_LEVEL);
  assert.deepEqual([...level.cells], [2 * 16 + 5, 3 * 16 + 5]);
  assert.deepEqual([...level.maskOf], [0, 0]);
  assert.deepEqual(instances, [0]);
  assert.deepEqual(skipped, []);
  const expected = new Uint32Array(256);
  expected[2 * 16 + 5] = expected[3 * 16 + 5] = 3; // 1 + the label
  assert.deepEqual(level.categories, expected);
});

Deno.test("assignTargets() takes at most 3 × 3 cells", () => {
  // Half extents of 12.8 pixels reach past the neighbours of cell (7, 7), which ends at 63.
  const view = { ...SQUARE, instances: [boxOf(SQUARE, [0, 0, 128, 128])] };
  const { levels: [level] } = assignTargets(view, {
    maskSize: [32, 32],
    levels: [{ grid: 32, scaleRange: [1, 128] }], // cells of 4: 63.5 ∓ 12.8 is cells 12 to 19
  });
  const expected = [14, 15, 16].flatMap((row) => [14, 15, 16].map((column) => 32 * row + column));
  assert.deepEqual([...level.cells], expected);
});

Deno.test("assignTargets() keeps cells inside the grid", () => {
  // An L along the border: its centre of mass lies near a corner of its box, so that half a box of
  // centre share 1 reaches over the border on both sides.
  const mask = new Uint8Array(128 * 128);
  for (let y = 0; y < 128; y++) mask.fill(1, 128 * y, 128 * y + (y < 4 ? 128 : 4));
  const flipped = mask.slice().reverse();
  const options = {
    maskSize: [32, 32],
    levels: [{ grid: 2, scaleRange: [1, 128] }],
    centreShare: 1,
  } as const;
  for (const each of [mask, flipped]) {
    const view = { ...SQUARE, instances: [{ mask: each, label: 0 }] };
    assert.deepEqual([...assignTargets(view, options).levels[0].cells], [0, 1, 2, 3]);
  }
  // A pixel in the last corner, on the finest grid: the last cell and nothing beyond.
  const corner = { ...SQUARE, instances: [boxOf(SQUARE, [127, 127, 1, 1])] };
  assert.deepEqual([...assignTargets(corner, ONE_LEVEL).levels[0].cells], [255]);
});

Deno.test("assignTargets() decides borders of cells exactly", () => {
  // Cells of one pixel. Five pixels in rows 0, 1, 1, 2 and 3: centre 1.4, half extent 0.1 · 4. In
  // floating point 1.4 − 0.4 is less than 1.
  const size = { width: 40, height: 40 };
  const mask = new Uint8Array(1600).fill(1, 0, 1).fill(1, 40, 42);
  mask[80] = mask[120] = 1;
  const view = { ...size, instances: [{ mask, label: 0 }] };
  const { levels: [level] } = assignTargets(view, {
    maskSize: [10, 10],
    levels: [{ grid: 40, scaleRange: [1, 64] }],
  });
  assert.deepEqual([...new Set(level.cells.map((cell) => Math.floor(cell / 40)))], [1]);
});

Deno.test("assignTargets() measures cells on the padded picture", () => {
  // 100 × 60 pixels in 128 × 64: columns are 8 wide on a grid of 16, rows 4 high.
  const size = { width: 100, height: 60 };
  const view = { ...size, instances: [boxOf(size, [90, 50, 10, 10])] };
  const { levels: [level] } = assignTargets(view, { ...ONE_LEVEL, maskSize: [16, 32] });
  // Centre (94.5, 54.5) ∓ 1: columns ⌊93.5 / 8⌋ = 11 to ⌊95.5 / 8⌋ = 11, rows ⌊53.5 / 4⌋ = 13 to 13.
  assert.deepEqual([...level.cells], [13 * 16 + 11]);
});

Deno.test("assignTargets() gives an object to every level whose range holds it", () => {
  const size = { width: 800, height: 1344 };
  const levelsOf = (box: Box) => {
    const view = { ...size, instances: [boxOf(size, box)] };
    const { levels } = assignTargets(view, { maskSize: [336, 200] });
    return [...levels.keys()].filter((level) => levels[level].cells.length > 0);
  };
  assert.deepEqual(levelsOf([10, 10, 40, 40]), [0]);
  assert.deepEqual(levelsOf([10, 10, 48, 48]), [0, 1]); // both ends of a range belong to it
  assert.deepEqual(levelsOf([10, 10, 64, 144]), [0, 1, 2]); // √(64 · 144) = 96
  assert.deepEqual(levelsOf([10, 10, 97, 97]), [1, 2]);
  assert.deepEqual(levelsOf([10, 10, 192, 192]), [1, 2, 3]);
  assert.deepEqual(levelsOf([0, 0, 800, 1344]), [4]);
});

Deno.test("assignTargets() lets the later object decide a contested cell, and keeps both masks", () => {
  const [wide, tall] = [boxOf(SQUARE, [40, 56, 40, 8], 0), boxOf(SQUARE, [56, 40, 8, 40], 1)];
  for (const instances of [[wide, tall], [tall, wide]]) {
    const { levels: [level], masks } = assignTargets({ ...SQUARE, instances }, ONE_LEVEL);
    // Both have their centre at (59.5, 59.5), cell (7, 7); each alone reaches a second cell, as
    // 59.5 − 4 = 55.5 lies in cell 6.
    const contested = 7 * 16 + 7;
    const of = (row: number) => [...level.cells].filter((_, i) => level.maskOf[i] === row);
    assert.ok(of(0).includes(contested) && of(1).includes(contested));
    assert.equal(of(0).length + of(1).length, 4);
    assert.equal(level.categories[contested], 1 + instances[1].label);
    const alone = of(0).find((cell) => cell !== contested)!;
    assert.equal(level.categories[alone], 1 + instances[0].label);
    const area = (row: number) => pixelsOf(masks, row, 1024).reduce((sum, bit) => sum + bit);
    assert.deepEqual([area(0), area(1)], [20, 20]); // 40 × 8 / 16: nothing is cut from either
  }
});

Deno.test("assignTargets() names what it skips", () => {
  const empty = { mask: new Uint8Array(128 * 128), label: 0 };
  const instances = [empty, boxOf(SQUARE, [8, 8, 100, 100]), boxOf(SQUARE, [8, 8, 16, 16])];
  const { levels: [level], masks, ...rest } = assignTargets({ ...SQUARE, instances }, {
    maskSize: [32, 32],
    levels: [{ grid: 16, scaleRange: [1, 64] }],
  });
  assert.deepEqual(rest, {
    instances: [2],
    skipped: [{ instance: 0, why: "empty" }, { instance: 1, why: "scale" }],
  });
  assert.ok(level.maskOf.length > 0 && level.maskOf.every((row) => row === 0));
  assert.equal(masks.length, 32);
});

Deno.test("assignTargets() of a picture without objects is empty", () => {
  const { levels, masks, instances } = assignTargets({ ...SQUARE, instances: [] }, {
    maskSize: [32, 32],
  });
  assert.deepEqual(levels.map(({ categories }) => categories.length), [1600, 1296, 576, 256, 144]);
  for (const { categories, cells, maskOf } of levels) {
    assert.ok(categories.every((category) => category === 0));
    assert.deepEqual([cells.length, maskOf.length], [0, 0]);
  }
  assert.deepEqual([masks.length, instances.length], [0, 0]);
});

Deno.test("assignTargets() sets a quarter pixel where two of its four middle pixels are", () => {
  // Four blocks of 4 × 4 side by side: one middle pixel; two; the whole border and no middle; all.
  const size = { width: 16, height: 4 };
  const mask = Uint8Array.from(
    ["....", "....", "####", "####"].join("") + [".#..", ".#..", "#..#", "####"].join("") +
      ["....", "..#.", "#..#", "####"].join("") + ["####", "####", "####", "####"].join(""),
    (c) => c === "#" ? 1 : 0,
  );
  const { masks } = assignTargets({ ...size, instances: [{ mask, label: 0 }] }, {
    maskSize: [2, 8],
    levels: [{ grid: 4, scaleRange: [1, 64] }],
  });
  assert.deepEqual([...masks], [0b1010]);
});

Deno.test("assignTargets() shifts the taps of sides that four does not divide", () => {
  // 6 pixels become ⌊6 / 4 + ½⌋ = 2: places 1 and 4, whole, so one tap decides. 3 rows become 1: row 1.
  const size = { width: 6, height: 3 };
  const quarter = (text: string) => {
    const mask = Uint8Array.from(text, (c) => c === "#" ? 1 : 0);
    const options = { maskSize: [1, 2], levels: [{ grid: 1, scaleRange: [1, 64] }] } as const;
    return assignTargets({ ...size, instances: [{ mask, label: 0 }] }, options).masks[0];
  };
  assert.equal(quarter("......" + ".#...." + "......"), 0b01);
  assert.equal(quarter("######" + "#.##.#" + "######"), 0b00);
  assert.equal(quarter("......" + "....#." + "......"), 0b10);
});

/** A scene of blobs, some of them empty, some on the border. */
function randomScene(seed: number) {
  const next = generator(seed);
  const whole = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
  const [width, height] = [whole(3, 130), whole(3, 130)];
  const instances = Array.from({ length: whole(0, 7) }, () => {
    const [cx, cy, rx, ry] = [whole(0, width), whole(0, height), whole(0, 60), whole(0, 60)];
    const holes = [0, 0.3, 0.3, 0, 1][whole(0, 4)]; // the last leaves nothing
    const mask = Uint8Array.from({ length: width * height }, (_, p) => {
      const [x, y] = [p % width, Math.floor(p / width)];
      const inside = ((x - cx) / (rx + 0.5)) ** 2 + ((y - cy) / (ry + 0.5)) ** 2 < 1;
      return inside && next() >= holes ? whole(1, 255) : 0; // any byte but 0 is inside
    });
    return { mask, label: whole(0, 3) };
  });
  const rows = 8 * Math.ceil(height / 32), columns = 8 * Math.ceil(width / 32);
  return { view: { width, height, instances }, maskSize: [rows, columns] as const };
}

const floorDiv = (a: bigint, b: bigint) => a >= 0n ? a / b : -((-a + b - 1n) / b);

/** Cells of one object along one side, in exact fractions, with a centre share of 1 / 5. */
function slowRange(indices: readonly number[], grid: number, pixels: number): number[] {
  const count = BigInt(indices.length);
  const sum = indices.reduce((total, index) => total + BigInt(index), 0n);
  const extent = BigInt(Math.max(...indices) - Math.min(...indices) + 1);
  const cell = (tenths: bigint) =>
    // ⌊(sum / count + tenths · extent / 10) · grid / pixels⌋
    Number(
      floorDiv((10n * sum + tenths * extent * count) * BigInt(grid), 10n * count * BigInt(pixels)),
    );
  const cells = [];
  for (let at = 0; at < grid; at++) {
    if (at >= cell(-1n) && at <= cell(1n) && Math.abs(at - cell(0n)) <= 1) cells.push(at);
  }
  return cells;
}

/** The quarter of a mask by the formula of bilinear interpolation, in floating point. */
function slowQuarter(
  mask: Uint8Array,
  width: number,
  height: number,
  [rows, columns]: readonly [number, number],
) {
  const out = new Array(rows * columns).fill(0);
  const [newHeight, newWidth] = [Math.round(height / 4), Math.round(width / 4)];
  const weight = (place: number, index: number) => Math.max(0, 1 - Math.abs(place - index));
  const placeOf = (i: number, from: number, to: number) =>
    Math.min(from - 1, Math.max(0, (i + 0.5) * from / to - 0.5));
  for (let y = 0; y < newHeight; y++) {
    for (let x = 0; x < newWidth; x++) {
      const [v, u] = [placeOf(y, height, newHeight), placeOf(x, width, newWidth)];
      let sum = 0;
      for (let p = 0; p < mask.length; p++) {
        if (mask[p]) sum += weight(v, Math.floor(p / width)) * weight(u, p % width);
      }
      out[y * columns + x] = sum >= 0.5 - 1e-9 ? 1 : 0; // far below the least step, 1 / 66²
    }
  }
  return out;
}

Deno.test("assignTargets() agrees with a slow statement of it", () => {
  const levels: TargetLevel[] = [
    { grid: 20, scaleRange: [1, 24] },
    { grid: 12, scaleRange: [12, 48] },
    { grid: 5, scaleRange: [24, 96] },
  ];
  const seen = { entries: 0, contested: 0, skipped: 0, several: 0 };
  for (let seed = 0; seed < 60; seed++) {
    const { view, maskSize } = randomScene(seed);
    const expected = levels.map(({ grid }) => ({
      categories: new Uint32Array(grid * grid),
      entries: [] as [cell: number, mask: number][],
    }));
    const kept: number[] = [];
    view.instances.forEach(({ mask, label }, instance) => {
      const pixels = [...mask.keys()].filter((p) => mask[p] > 0);
      const xs = pixels.map((p) => p % view.width),
        ys = pixels.map((p) => Math.floor(p / view.width));
      const product = (Math.max(...xs) - Math.min(...xs) + 1) *
        (Math.max(...ys) - Math.min(...ys) + 1);
      const on = levels.filter(({ scaleRange: [low, high] }) =>
        pixels.length > 0 && product >= low ** 2 && product <= high ** 2
      );
      if (on.length > 1) seen.several++;
      for (const level of on) {
        const { categories, entries } = expected[levels.indexOf(level)];
        for (const row of slowRange(ys, level.grid, 4 * maskSize[0])) {
          for (const column of slowRange(xs, level.grid, 4 * maskSize[1])) {
            const cell = row * level.grid + column;
            if (categories[cell] > 0) seen.contested++;
            categories[cell] = label + 1;
            entries.push([cell, kept.length]);
          }
        }
        seen.entries++;
      }
      if (on.length > 0) kept.push(instance);
      else seen.skipped++;
    });
    const actual = assignTargets(view, { maskSize, levels });
    assert.deepEqual(actual.instances, kept, `seed ${seed}`);
    assert.equal(actual.skipped.length, view.instances.length - kept.length);
    actual.levels.forEach(({ categories, cells, maskOf }, level) => {
      assert.deepEqual(categories, expected[level].categories, `seed ${seed}, level ${level}`);
      assert.deepEqual([...cells].map((cell, i) => [cell, maskOf[i]]), expected[level].entries);
    });
    const slow = kept.flatMap((instance) =>
      slowQuarter(view.instances[instance].mask, view.width, view.height, maskSize)
    );
    assert.deepEqual(actual.masks, packMaskBits(slow, maskSize[0] * maskSize[1]), `seed ${seed}`);
  }
  // The scenes hold what they are for.
  for (const [what, count] of Object.entries(seen)) assert.ok(count >= 10, `${what}: ${count}`);
});

Deno.test("assignTargets() refuses what cannot be", () => {
  const view = { ...SQUARE, instances: [boxOf(SQUARE, [0, 0, 9, 9])] };
  const refused = (change: object, options: object, message: RegExp) =>
    assert.throws(
      () => assignTargets({ ...view, ...change }, { ...ONE_LEVEL, ...options }),
      (error) => error instanceof RangeError && message.test(error.message),
    );
  refused({ height: 64 }, {}, /mask of instance 0 must have 64 × 128 entries, got 16384/);
  refused(
    { instances: [{ ...view.instances[0], label: -1 }] },
    {},
    /label of instance 0 .* got -1/,
  );
  refused({}, { maskSize: [31, 32] }, /128 × 128 pixels does not fit 32 × 31 mask features/);
  refused({}, { maskSize: [0, 32] }, /positive whole numbers/);
  refused({}, { levels: [{ grid: 0, scaleRange: [1, 2] }] }, /level 0 .* got grid 0/);
  refused({}, { levels: [...SOLO_LEVELS, { grid: 3, scaleRange: [9, 2] }] }, /level 5 .* 9 to 2/);
  refused({}, { centreShare: NaN }, /centreShare/);
});
