import assert from "node:assert/strict";
import {
  decodeImage,
  flatness,
  normaliseImage,
  planSize,
  prepareImage,
  resizeImage,
  type RgbImage,
  sha256Hex,
} from "@fiedler/io";
import { fixture, golden, imageError } from "./fixtures.ts";

const constant: RgbImage = { width: 31, height: 17, data: new Uint8Array(3 * 31 * 17).fill(200) };

Deno.test("resizeImage() gives Pillow's bytes", async () => {
  const images = new Map<string, RgbImage>();
  for (const [path, width, height, filter, hash] of golden.resized) {
    const image = images.get(path) ?? await decodeImage(fixture(path));
    images.set(path, image);
    const resized = resizeImage(image, { width, height, filter });
    assert.equal(await sha256Hex(resized.data), hash, `${path} ${width} × ${height} ${filter}`);
  }
});

Deno.test("resizeImage() keeps constants, is the identity at the same size, never aliases", () => {
  for (const filter of ["bilinear", "bicubic", "lanczos"] as const) {
    for (const [width, height] of [[1, 1], [7, 40], [62, 34]]) {
      const { data } = resizeImage(constant, { width, height, filter });
      assert.ok(data.every((level) => level === 200), `${filter} ${width} × ${height}`);
    }
    const same = resizeImage(constant, { width: 31, height: 17, filter });
    assert.deepEqual(same.data, constant.data);
    assert.notEqual(same.data, constant.data);
  }
});

Deno.test("resizeImage() commutes with mirroring", async () => {
  const mirror = ({ width, height, data }: RgbImage): RgbImage => ({
    width,
    height,
    data: data.map((_, i) => {
      const column = Math.floor(i / 3) % width;
      return data[i + 3 * (width - 1 - 2 * column)];
    }),
  });
  const image = await decodeImage(fixture("images/noise.png"));
  // Powers of two, so that the weights of both sides are exact.
  const size = { width: 74, height: 58 };
  assert.deepEqual(resizeImage(mirror(image), size), mirror(resizeImage(image, size)));
});

Deno.test("resizeImage() refuses sizes and filters that make no sense", () => {
  for (const width of [0, -1, 1.5, NaN, Infinity]) {
    assert.throws(() => resizeImage(constant, { width, height: 1 }), RangeError);
  }
  const filter = "nearest" as "bilinear";
  assert.throws(() => resizeImage(constant, { width: 1, height: 1, filter }), {
    message: "resizeImage: filter must be one of bilinear, bicubic, lanczos, got nearest",
  });
});

Deno.test("planSize() resizes by rule and crops to whole patches", () => {
  // width, height, rule, patch, resized, columns × rows
  const table: [number, number, string, number, [number, number], [number, number]][] = [
    [640, 427, "native", 16, [640, 427], [40, 26]],
    [640, 427, "native", 8, [640, 427], [80, 53]],
    [640, 427, "short:240", 16, [360, 240], [22, 15]],
    [427, 640, "short:240", 16, [240, 360], [15, 22]],
    [640, 427, "long:480", 16, [480, 320], [30, 20]],
    [640, 427, "long:192", 8, [192, 128], [24, 16]],
    [640, 427, "fixed:224x336", 14, [336, 224], [24, 16]],
    [333, 333, "short:112", 16, [112, 112], [7, 7]],
    [16, 16, "native", 16, [16, 16], [1, 1]],
    [1, 65535, "native", 1, [1, 65535], [1, 65535]],
  ];
  for (const [width, height, rule, patch, resized, [columns, rows]] of table) {
    const plan = planSize(width, height, rule, patch);
    assert.deepEqual(plan, {
      source: { width, height },
      resized: { width: resized[0], height: resized[1] },
      crop: { width: columns * patch, height: rows * patch },
      grid: { rows, columns },
    });
  }
});

Deno.test("planSize() makes the named side exact for every size", () => {
  for (let side = 1; side < 3000; side += 7) {
    const { resized } = planSize(side, side + 13, "short:37", 1);
    assert.equal(resized.width, 37);
    assert.equal(planSize(side, side + 13, "long:999", 1).resized.height, 999);
  }
});

Deno.test("planSize() names what is wrong", () => {
  assert.throws(
    () => planSize(15, 400, "native", 16),
    imageError("too-small", /15 × 400 pixels .* less than one patch of 16 × 16/),
  );
  assert.throws(
    () => planSize(10000, 3, "long:100", 16),
    imageError("too-small", /100 × 0 pixels \(10000 × 3 by rule long:100\)/),
  );
  const rules = [
    "",
    "Native",
    "short",
    "short:0",
    "short:-4",
    "short:1.5",
    "long:1e3",
    "fixed:224",
  ];
  for (const rule of [...rules, "fixed:0x224", "fixed:224X224", " native", "short:99999999"]) {
    assert.throws(() => planSize(100, 100, rule, 8), {
      name: "RangeError",
      message: /rule must be native, short:N, long:N or fixed:HxW/,
    });
  }
  for (const bad of [0, -8, 1.5, NaN]) {
    assert.throws(() => planSize(100, 100, "native", bad), RangeError);
    assert.throws(() => planSize(bad, 100, "native", 8), RangeError);
  }
});

Deno.test("prepareImage() keeps the top left corner", async () => {
  const photo = await decodeImage(fixture("photos/chelsea.png"));
  const { image, plan } = prepareImage(photo, "native", 16);
  assert.deepEqual({ width: image.width, height: image.height }, plan.crop);
  const row = 3 * 100 * photo.width;
  const cropped = image.data.subarray(3 * 100 * image.width, 3 * 101 * image.width);
  assert.deepEqual(cropped, photo.data.subarray(row, row + 3 * image.width));
  assert.equal(image.data.length, 3 * image.width * image.height);
});

Deno.test("normaliseImage() is planar", () => {
  const image = { width: 2, height: 1, data: Uint8Array.of(0, 51, 102, 255, 204, 153) };
  const planes = normaliseImage(image, [0.5, 0.5, 0], [0.5, 0.5, 2]);
  const expected = [-1, 1, -0.6, 0.6, 0.2, 0.3];
  assert.deepEqual(planes, Float32Array.from(expected.map((value) => Math.fround(value))));
  assert.throws(() => normaliseImage(image, [0, 0, 0], [1, 0, 1]), RangeError);
  assert.throws(() => normaliseImage(image, [0, NaN, 0], [1, 1, 1]), RangeError);
});

Deno.test("flatness() is the standard deviation of each channel", () => {
  assert.deepEqual(flatness(constant), [0, 0, 0]);
  const image = { width: 2, height: 1, data: Uint8Array.of(0, 10, 7, 255, 20, 7) };
  assert.deepEqual(flatness(image), [127.5, 5, 0]);
});
