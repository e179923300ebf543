import assert from "node:assert/strict";
import { decodeImage, decodePngIndices, encodePng, ImageError } from "@fiedler/io";
import { fixture, imageError, seeded } from "./fixtures.ts";

Deno.test("decodePngIndices() painted with its palette is what decodeImage() shows", async () => {
  for (const depth of [1, 2, 4, 8]) {
    for (const ending of ["", "_interlaced"]) {
      const bytes = fixture(`images/palette${depth}${ending}.png`);
      const { data, palette, width, height } = await decodePngIndices(bytes);
      const shown = await decodeImage(bytes);
      assert.deepEqual([width, height], [shown.width, shown.height]);
      const painted = Uint8Array.from(
        shown.data,
        (_, i) => palette[3 * data[Math.floor(i / 3)] + i % 3],
      );
      assert.deepEqual(painted, shown.data, `${depth}${ending}`);
    }
  }
});

Deno.test("decodePngIndices() keeps apart what looks alike, and reads grey label maps", async () => {
  const random = seeded(7);
  const data = Uint8Array.from({ length: 13 * 9 }, () => random(256));
  const black = new Uint8Array(3 * 256);
  const picture = { width: 13, height: 9, data };
  assert.deepEqual((await decodePngIndices(encodePng({ ...picture, palette: black }))).data, data);
  const grey = await decodePngIndices(encodePng({ ...picture, channels: 1 }));
  assert.deepEqual(grey.data, data);
  assert.equal(grey.palette.length, 0);
});

Deno.test("decodePngIndices() refuses what is no label map", async () => {
  const rgb = encodePng({ width: 2, height: 1, data: new Uint8Array(6) });
  await assert.rejects(decodePngIndices(rgb), imageError("unsupported", /must have a palette/));
  const jpeg = fixture("images/grey.jpg");
  await assert.rejects(decodePngIndices(jpeg), imageError("unsupported", /must be a PNG/));
  const label = encodePng({ width: 4, height: 4, data: new Uint8Array(16), channels: 1 });
  await assert.rejects(
    decodePngIndices(label, { maxPixels: 15 }),
    imageError("too-large", /4 × 4 is over 15 pixels/),
  );
  await assert.rejects(decodePngIndices(label.subarray(0, 40)), ImageError);
});
