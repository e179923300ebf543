import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type CocoSegmentation,
  compressRle,
  encodeRle,
  type Rle,
  rleArea,
  rleBox,
  rleFromBox,
  rleFromPolygons,
  rleFromSegmentation,
  rleToString,
} from "@fiedler/coco";

Deno.test("rleFromPolygons() draws the vectors of the COCO API", () => {
  const vectors: readonly [number[], [number, number], string, number, number[] | null][] = [
    [[0, 0, 0, 9, 9, 9, 9, 0], [12, 12], "093000000000000000T1", 81, [0, 0, 9, 9]],
    [[2.5, 1.5, 9.5, 1.5, 9.5, 6.5, 2.5, 6.5], [10, 12], "P15500000000000b0", 35, [3, 2, 7, 5]],
    [[1, 1, 8, 2, 5, 8], [10, 10], ";192N1O2OO0N2Nd0", 23, null],
    [[-3, -3, 20, -3, 20, 20, -3, 20], [6, 7], "0Z1", 42, [0, 0, 7, 6]],
    [[3.2, 3.2, 3.4, 3.2, 3.3, 3.4], [10, 10], "T3", 0, [0, 0, 0, 0]],
  ];
  for (const [polygon, [height, width], text, area, box] of vectors) {
    const { counts } = rleFromPolygons([polygon], height, width);
    assert.equal(rleToString(counts), text);
    assert.equal(rleArea(counts), area);
    if (box) assert.deepEqual(rleBox(counts, height), box);
  }
});

/**
 * The rule of the COCO API, word for word: every step of the walk is built, scaled coordinates and
 * all, and its changes of x are looked at.
 */
function walk(polygon: readonly number[], height: number, width: number): Rle {
  const points: [number, number][] = [];
  const corner = (i: number) =>
    [0, 1].map((axis) => Math.trunc(5 * polygon[(2 * i + axis) % polygon.length] + 0.5));
  for (let i = 0; i < polygon.length / 2; i++) {
    const [from, to] = [corner(i), corner(i + 1)];
    const size = [Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1])];
    const long = size[0] >= size[1] ? 0 : 1;
    const backwards = from[long] > to[long];
    const [start, end] = backwards ? [to, from] : [from, to];
    const slope = size[long] === 0 ? 0 : (end[1 - long] - start[1 - long]) / size[long];
    const steps = Array.from({ length: size[long] + 1 }, (_, d) => {
      const across = Math.trunc(start[1 - long] + slope * d + 0.5);
      const along = start[long] + d;
      return (long === 0 ? [along, across] : [across, along]) as [number, number];
    });
    points.push(...(backwards ? steps.reverse() : steps));
  }
  const flips = Array.from({ length: height * width + 1 }, () => 0);
  for (let i = 1; i < points.length; i++) {
    const [[before, yBefore], [now, y]] = [points[i - 1], points[i]];
    if (now === before) continue;
    const column = ((now < before ? now : now - 1) + 0.5) / 5 - 0.5;
    if (!Number.isInteger(column) || column < 0 || column > width - 1) continue;
    const row = Math.ceil(Math.min(Math.max((Math.min(y, yBefore) + 0.5) / 5 - 0.5, 0), height));
    flips[column * height + row]++;
  }
  let inside = 0;
  const columns = flips.slice(0, -1).map((count) => inside = (inside + count) % 2);
  const mask = Uint8Array.from(
    columns,
    (_, i) => columns[(i % width) * height + Math.floor(i / width)],
  );
  return { size: [height, width], counts: encodeRle(mask, height, width) };
}

Deno.test("rleFromPolygons() equals the walk of the rule, step by step", () => {
  // Whole, half, fifth and arbitrary coordinates, partly outside: rounding ties and cut edges.
  const coordinate = fc.oneof(
    fc.integer({ min: -8, max: 20 }),
    fc.integer({ min: -80, max: 200 }).map((n) => n / 10),
    fc.double({ min: -40, max: 60, noNaN: true }),
  );
  const polygon = fc.integer({ min: 3, max: 9 }).chain((vertices) =>
    fc.array(coordinate, { minLength: 2 * vertices, maxLength: 2 * vertices })
  );
  const side = fc.integer({ min: 1, max: 16 });
  fc.assert(
    fc.property(polygon, side, side, (vertices, height, width) => {
      assert.deepEqual(rleFromPolygons([vertices], height, width), walk(vertices, height, width));
    }),
    { seed: 8, numRuns: 5_000 },
  );
});

Deno.test("long, steep and distant edges equal the walk too", () => {
  const coordinate = fc.double({ min: -3_000, max: 3_000, noNaN: true });
  fc.assert(
    fc.property(fc.array(coordinate, { minLength: 6, maxLength: 6 }), (vertices) => {
      assert.deepEqual(rleFromPolygons([vertices], 40, 60), walk(vertices, 40, 60));
    }),
    { seed: 9, numRuns: 100 },
  );
});

Deno.test("vertices at the far end of 32 bits cost no time and no memory", () => {
  const far = 4e8;
  const { counts } = rleFromPolygons([[-far, -far, far, -far, far, far, -far, far]], 6, 7);
  assert.deepEqual(counts, [0, 42]);
});

Deno.test("parts of a mask are united, wherever they overlap", () => {
  const square = (at: number) => [at, at, at, at + 4, at + 4, at + 4, at + 4, at];
  const parts = rleFromPolygons([square(0), square(2), square(5)], 10, 10);
  assert.equal(rleArea(parts.counts), 16 + 16 - 4 + 16 - 1);
});

Deno.test("a box is the polygon of its corners", () => {
  assert.deepEqual(
    rleFromBox([1.2, 0.5, 4.4, 3], 8, 9),
    rleFromPolygons([[1.2, 0.5, 1.2, 3.5, 5.6000000000000005, 3.5, 5.6000000000000005, 0.5]], 8, 9),
  );
  const whole = rleFromBox([2, 1, 4, 3], 8, 9);
  assert.deepEqual(rleBox(whole.counts, 8), [2, 1, 4, 3]);
  assert.equal(rleArea(whole.counts), 12);
});

Deno.test("rleFromSegmentation() reads every form that COCO JSON has", () => {
  const polygon = [2, 1, 2, 4, 6, 4, 6, 1];
  const rle = rleFromPolygons([polygon], 8, 9);
  const forms: CocoSegmentation[] = [
    [polygon],
    [polygon, polygon],
    [[2, 1, 4, 3]], // four numbers are a box
    { size: [8, 9], counts: Array.from(rle.counts) },
    compressRle(rle),
  ];
  for (const form of forms) assert.deepEqual(rleFromSegmentation(form, 8, 9), rle);
});

Deno.test("segmentations that are none are refused with the reason", () => {
  const cases: readonly [CocoSegmentation, string][] = [
    [[], "rleFromPolygons: needs at least one polygon"],
    [
      [[1, 1, 2, 2, 3, 3], [1, 1, 2, 2]],
      "rleFromPolygons: polygons[1] must be x, y of at least three vertices, got 4 numbers",
    ],
    [
      [[1, 1, 2, 2, 3, 3, 4]],
      "rleFromPolygons: polygons[0] must be x, y of at least three vertices, got 7 numbers",
    ],
    [
      [[1, 1, 2, NaN, 3, 3]],
      "rleFromPolygons: polygons[0][3] must be a number within ±429496728, got NaN",
    ],
    [
      [[1, 1, 2, 2, 3, 1e9]],
      "rleFromPolygons: polygons[0][5] must be a number within ±429496728, got 1000000000",
    ],
    [
      [[1, 1, Infinity, 2]],
      "rleFromBox: box must be four finite numbers within ±429496728, got [1, 1, Infinity, 2]",
    ],
    [
      { size: [9, 8], counts: [72] },
      "rleFromSegmentation: size must be that of the picture, 8 × 9, got 9 × 8",
    ],
    [{ size: [8, 9], counts: [71] }, "rleFromSegmentation: counts must sum to 8 × 9, got 71"],
    [
      { size: [8, 9], counts: "é" },
      'rleFromString: characters must be "0" to "o", got "é" at 0',
    ],
  ];
  for (const [form, message] of cases) {
    assert.throws(() => rleFromSegmentation(form, 8, 9), { name: "RangeError", message });
  }
  for (const side of [-1, 0.5, 2 ** 20]) {
    assert.throws(() => rleFromPolygons([[0, 0, 1, 1, 2, 0]], side, 2 ** 20), {
      name: "RangeError",
      message: "rleFromPolygons: the picture must have whole sides and at most 4294967295 " +
        `pixels, got ${side} × 1048576`,
    });
  }
});

/** A folder of COCO pictures with the official `instances.json`; its licences forbid a copy here. */
const cocoTrain = Deno.env.get("FIEDLER_COCO_TRAIN") ?? "../shared/data/coco-train";
const instances = `${cocoTrain}/instances.json`;
const there = await Deno.stat(instances).then(() => true, () => false);

Deno.test({
  name: "masks of COCO train2017 agree with the areas and boxes of the file" +
    (there ? "" : ` (skipped: no ${instances}; set FIEDLER_COCO_TRAIN)`),
  ignore: !there,
  fn: async () => {
    const { images, annotations } = JSON.parse(await Deno.readTextFile(instances));
    const sizes = new Map<number, [number, number]>(
      images.map((i: { id: number; height: number; width: number }) => [i.id, [i.height, i.width]]),
    );
    let [excess, length, polygons, crowds] = [0, 0, 0, 0];
    for (const { id, image_id, segmentation, area, bbox, iscrowd } of annotations) {
      const [height, width] = sizes.get(image_id)!;
      const { counts } = rleFromSegmentation(segmentation, height, width);
      if (iscrowd) { // drawn by pixel: the file's box is to the last pixel, not past it
        const [x, y, across, down] = rleBox(counts, height);
        assert.deepEqual([x, y, across - 1, down - 1], bbox, `annotation ${id}`);
        crowds++;
        continue;
      }
      // The file's area is that of the polygon. In each column the mask rounds every place where
      // the outline crosses the column's middle by at most half a pixel, plus 0.2 for the fifths
      // of a pixel it works in; the outline crosses at most as many middles as it is long.
      const outline = segmentation.reduce((sum: number, part: number[]) => sum + around(part), 0);
      const difference = rleArea(counts) - area;
      assert.ok(Math.abs(difference) < 0.7 * outline, `annotation ${id}: ${difference} pixels`);
      excess += difference;
      length += outline;
      polygons++;
    }
    assert.deepEqual([polygons, crowds], [1565, 15]);
    // Rounding has no direction: over 550,000 pixels of outline, with a standard deviation of 0.29
    // each, chance leaves 0.0004 a pixel. Corners as pixel centres would leave 0.3, a fifth 0.2.
    assert.ok(Math.abs(excess / length) < 0.01, `${excess} pixels over ${length}`);
  },
});

/** Length of a closed outline `[x0, y0, x1, y1, …]`. */
function around(part: readonly number[]): number {
  let length = 0;
  for (let i = 0; i < part.length; i += 2) {
    const next = (i + 2) % part.length;
    length += Math.hypot(part[next] - part[i], part[next + 1] - part[i + 1]);
  }
  return length;
}
