import assert from "node:assert/strict";
import { decode as fastPng } from "fast-png";
import {
  applyOrientation,
  decodeImage,
  encodeJpeg,
  encodePng,
  imageHeader,
  type Orientation,
  readOrientation,
  sha256Hex,
} from "@fiedler/io";
import { fixture, golden, imageError, seeded } from "./fixtures.ts";

Deno.test("decodeImage() gives the pixels of Pillow and of the PNG specification", async () => {
  for (const [path, [width, height, hash]] of Object.entries(golden.pixels)) {
    const bytes = fixture(path);
    const image = await decodeImage(bytes);
    assert.deepEqual([image.width, image.height], [width, height], path);
    assert.equal(await sha256Hex(image.data), hash, path);
    const { format, orientation } = imageHeader(bytes);
    assert.deepEqual(imageHeader(bytes), { format, orientation, width, height, warnings: [] });
    assert.deepEqual(image.warnings, [], path);
  }
});

Deno.test("decodeImage() decodes every kind of JPEG as Pillow does", async () => {
  for (const name of ["444", "422", "420", "progressive", "grey"]) {
    const { data } = await decodeImage(fixture(`images/${name}.jpg`));
    const pillow = await decodeImage(fixture(`images/${name}.jpg.png`));
    const worst = data.reduce((most, v, i) => Math.max(most, Math.abs(v - pillow.data[i])), 0);
    assert.equal(worst, 0, `${name}: largest error ${worst} levels`);
  }
});

Deno.test("decodeImage() agrees with fast-png on opaque 8-bit RGB", async () => {
  for (const path of ["photos/astronaut.png", "photos/coffee.png", "images/noise.png"]) {
    const bytes = fixture(path);
    assert.deepEqual((await decodeImage(bytes)).data, fastPng(bytes, { checkCrc: true }).data);
  }
});

Deno.test("all eight orientations of one picture look the same", async () => {
  const upright = await decodeImage(fixture("images/orientation1.png"));
  for (let orientation = 1; orientation <= 8; orientation++) {
    const bytes = fixture(`images/orientation${orientation}.png`);
    assert.equal(imageHeader(bytes).orientation, orientation);
    const image = await decodeImage(bytes);
    // The fixtures hold the same stored pixels, so undoing each turn gives them back.
    const inverse = ([0, 1, 2, 3, 4, 5, 8, 7, 6] as const)[orientation] as Orientation;
    assert.deepEqual(applyOrientation(image, inverse).data, upright.data, `${orientation}`);
  }
});

Deno.test("readOrientation() reads both byte orders and refuses nonsense", () => {
  const tiff = (order: "II" | "MM", value: number, type = 3) => {
    const view = new DataView(new ArrayBuffer(26));
    const little = order === "II";
    view.setUint16(0, little ? 0x4949 : 0x4d4d);
    view.setUint16(2, 42, little);
    view.setUint32(4, 8, little);
    view.setUint16(8, 1, little);
    view.setUint16(10, 0x0112, little);
    view.setUint16(12, type, little);
    view.setUint32(14, 1, little);
    view.setUint16(18, value, little);
    return new Uint8Array(view.buffer);
  };
  assert.equal(readOrientation(tiff("II", 6)), 6);
  assert.equal(readOrientation(tiff("MM", 6)), 6);
  assert.equal(readOrientation(tiff("II", 6).with(10, 0)), undefined);
  assert.throws(() => readOrientation(tiff("MM", 9)), RangeError);
  assert.throws(() => readOrientation(tiff("MM", 1, 2)), RangeError);
  for (let length = 0; length < 20; length++) {
    assert.throws(() => readOrientation(tiff("II", 6).subarray(0, length)), RangeError);
  }
});

Deno.test("a broken EXIF block is a warning, not an error", async () => {
  const bytes = fixture("images/orientation6.jpg");
  const exif = new TextDecoder("latin1").decode(bytes).indexOf("Exif\0\0");
  const image = await decodeImage(bytes.with(exif + 6, 0));
  assert.equal(image.orientation, 1);
  assert.deepEqual(image.warnings, ["jpeg: EXIF ignored: no byte order mark"]);
});

Deno.test("encodePng() and decodeImage() are inverse for every colour type", async () => {
  const random = seeded(1);
  for (const [width, height] of [[1, 1], [1, 7], [7, 1], [33, 20]]) {
    const bytes = (count: number, bound = 256) =>
      Uint8Array.from({ length: count }, () => random(bound));
    const rgb = bytes(3 * width * height);
    assert.deepEqual((await decodeImage(encodePng({ width, height, data: rgb }))).data, rgb);

    const grey = bytes(width * height);
    const decoded = await decodeImage(encodePng({ width, height, data: grey, channels: 1 }));
    assert.deepEqual(
      decoded.data,
      Uint8Array.from({ length: 3 * grey.length }, (_, i) => grey[Math.floor(i / 3)]),
    );

    const rgba = bytes(4 * width * height).map((value, i) => i % 4 === 3 ? 255 : value);
    const opaque = await decodeImage(encodePng({ width, height, data: rgba, channels: 4 }));
    assert.equal(opaque.hadAlpha, false);
    assert.deepEqual(opaque.data, rgba.filter((_, i) => i % 4 !== 3));

    const palette = bytes(3 * 17);
    const indices = bytes(width * height, 17);
    const picture = { width, height, data: indices, palette, paletteAlpha: Uint8Array.of(0) };
    const coloured = await decodeImage(encodePng(picture));
    const shown = palette.map((value, i) => i < 3 ? 255 : value); // colour 0 is clear: white
    assert.deepEqual(
      coloured.data,
      Uint8Array.from(
        { length: 3 * indices.length },
        (_, i) => shown[3 * indices[Math.floor(i / 3)] + i % 3],
      ),
    );
    assert.equal(coloured.hadAlpha, indices.includes(0));
    assert.deepEqual(encodePng(picture), encodePng(picture));
  }
});

Deno.test("encodePng() is small on label maps and refuses what does not fit", () => {
  const width = 640, height = 480;
  const data = Uint8Array.from({ length: width * height }, (_, i) => (i % width) >> 7);
  const palette = Uint8Array.from({ length: 15 }, (_, i) => 17 * i);
  assert.ok(encodePng({ width, height, data, palette }).length < 3000);
  const cases: [Parameters<typeof encodePng>[0], RegExp][] = [
    [{ width: 0, height: 1, data: new Uint8Array(0) }, /positive integers, got 0 and 1/],
    [{ width: 2, height: 1, data: new Uint8Array(5) }, /\[1, 2, 3\], 6 bytes, got 5/],
    [{ width: 1, height: 1, data: Uint8Array.of(5), palette }, /colour 5 of a palette of 5/],
    [{ width: 1, height: 1, data: Uint8Array.of(0), palette: Uint8Array.of(1) }, /palette must/],
    [{ width: 1, height: 1, data: new Uint8Array(3), paletteAlpha: Uint8Array.of(1) }, /Alpha/],
  ];
  for (const [picture, message] of cases) {
    assert.throws(() => encodePng(picture), { name: "RangeError", message });
  }
});

Deno.test("encodeJpeg() comes back nearly the same, and smaller at lower quality", async () => {
  const photo = await decodeImage(fixture("photos/coffee.png"));
  const fine = await encodeJpeg(photo, 95);
  const coarse = await encodeJpeg(photo, 40);
  assert.ok(coarse.length < fine.length / 2);
  assert.deepEqual(await encodeJpeg(photo, 40), coarse);
  const { data } = await decodeImage(fine);
  const error = data.reduce((sum, v, i) => sum + Math.abs(v - photo.data[i]), 0) / data.length;
  assert.ok(error < 2.5, `mean error ${error} levels`);
  await assert.rejects(encodeJpeg(photo, 0), RangeError);
  await assert.rejects(encodeJpeg({ ...photo, width: 1 }), RangeError);
});

Deno.test("decodeImage() refuses CMYK and other unread JPEGs by name", async () => {
  await assert.rejects(decodeImage(fixture("images/cmyk.jpg")), imageError("unsupported", /CMYK/));
  const jpeg = fixture("images/444.jpg");
  const frame = jpeg.findIndex((byte, i) => byte === 0xff && jpeg[i + 1] === 0xc0);
  const cases: [number, number, RegExp][] = [
    [frame + 1, 0xc3, /lossless/],
    [frame + 1, 0xc9, /arithmetic/],
    [frame + 4, 12, /12 bits a channel/],
    [frame + 9, 2, /2 channels/],
  ];
  for (const [at, value, message] of cases) {
    await assert.rejects(decodeImage(jpeg.with(at, value)), imageError("unsupported", message));
  }
});
