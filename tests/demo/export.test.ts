import assert from "node:assert/strict";
import { encodeRle, loadCocoInstances, rleToString } from "@fiedler/coco";
import { vocPalette } from "@fiedler/data";
import { decodeImage, decodePngIndices } from "@fiedler/io";
import type { MaskRecord, PictureRecord } from "@fiedler/pipeline";
import { decode as fastPng } from "fast-png";
import { unzipSync } from "fflate";
import { cocoJson, cutouts, palettePng, zipFiles } from "../../packages/demo/export.ts";

const [height, width] = [3, 5];
/** Ranks 1, 0 and, of the dropped one, none: by rank the second comes first. */
const MASKS = [
  "11100 11100 00000",
  "00110 00110 00110",
  "00000 00000 11111",
].map((text) => Uint8Array.from(text.replaceAll(" ", ""), Number));

const record: PictureRecord = {
  ...{ image: "a.b.jpg", id: 1, sha256: "00", size: [height, width] },
  ...{ resized: [height, width], crop: [height, width], grid: [height, width], patch: 1 },
  ...{ seed: 7, flags: [], saliencyModel: null, saliency: null },
  model: { name: "mae-tiny", sha256: "11", centred: true },
  eigen: { values: [], residuals: [], gaps: {} },
  counts: { clusters: 3, components: 3, afterArea: 3, afterSaliency: 3, kept: 2 },
  masks: [
    maskOf(0, { rank: 1, bbox: [0, 0, 3, 2], areaPixels: 6 }),
    maskOf(1, { rank: 0, bbox: [2, 0, 2, 3], areaPixels: 6 }),
    {
      ...maskOf(2, { rank: 2, bbox: [0, 2, 5, 1], areaPixels: 5 }),
      dropped: { rule: "nms", rival: 1, iou: 0.9, threshold: 0.8 },
    },
  ],
};

function maskOf(id: number, facts: Pick<MaskRecord, "rank" | "bbox" | "areaPixels">): MaskRecord {
  const size = [height, width] as const;
  const segmentation = { size, counts: rleToString(encodeRle(MASKS[id], height, width)) };
  return {
    ...{ id, k: 2, cluster: id, component: 0, areaPatches: 6, borderPatches: 4, dropped: null },
    ...{ ioa: 0.75, iou: 0.5, coherence: 0.9, grid: segmentation, segmentation, ...facts },
  };
}

/** Every pixel and channel of its own. */
const rgb = Uint8Array.from({ length: 3 * height * width }, (_, i) => 5 * i);

Deno.test("cocoJson() is read by our own reader, and says where masks come from", async () => {
  const text = cocoJson({ record }, { name: "a.b.jpg", width, height });
  const { images, annotations, categories } = await loadCocoInstances(new Blob([text]).stream());
  assert.deepEqual(images, [{ id: 1, width, height, file_name: "a.b.jpg" }]);
  assert.deepEqual(categories, [{ id: 1, name: "object" }]);
  const kept = [record.masks[1], record.masks[0]];
  assert.deepEqual(
    annotations.map(({ id, bbox, area, segmentation }) => ({ id, bbox, area, segmentation })),
    kept.map(({ bbox, areaPixels, segmentation }, i) => ({
      ...{ id: i + 1, bbox, area: areaPixels, segmentation },
    })),
  );
  const written = JSON.parse(text);
  assert.deepEqual(written.info.model, record.model);
  assert.deepEqual(written.annotations.map(({ score }: { score: number }) => score), [1, 0.5]);
  assert.deepEqual(written.annotations[0].provenance, {
    ...{ mask: 1, k: 2, cluster: 1, component: 0, rank: 0, ioa: 0.75, iou: 0.5, coherence: 0.9 },
  });
});

Deno.test("cutouts() are the masks' pixels in their boxes, the rest is clear", async () => {
  const files = cutouts(rgb, record);
  assert.deepEqual(files.map(({ name }) => name), ["a.b-1.png", "a.b-2.png"]);
  for (const [i, id] of [1, 0].entries()) {
    const { bytes } = files[i];
    const [left, top, columns, rows] = record.masks[id].bbox!;
    const png = fastPng(bytes);
    assert.deepEqual([png.width, png.height, png.channels], [columns, rows, 4]);
    const onWhite = await decodeImage(bytes);
    for (let at = 0; at < rows * columns; at++) {
      const pixel = (top + Math.floor(at / columns)) * width + left + at % columns;
      const inside = MASKS[id][pixel] === 1;
      const colour = [...rgb.subarray(3 * pixel, 3 * pixel + 3)];
      const expected = inside ? [...colour, 255] : [0, 0, 0, 0];
      assert.deepEqual([...png.data.subarray(4 * at, 4 * at + 4)], expected);
      const shown = [...onWhite.data.subarray(3 * at, 3 * at + 3)];
      assert.deepEqual(shown, inside ? colour : [255, 255, 255]);
    }
  }
  assert.throws(() => cutouts(rgb.subarray(3), record), {
    message: "cutouts: a.b.jpg must be 3 × 5 × 3 bytes, got 42",
  });
});

Deno.test("palettePng() numbers masks by rank, the better one above", async () => {
  const { png, lost, overlapped } = palettePng(record);
  const { data } = await decodePngIndices(png);
  const expected = MASKS[0].map((value, i) => MASKS[1][i] === 1 ? 1 : 2 * value);
  assert.deepEqual([...data], [...expected]);
  assert.deepEqual([lost, overlapped], [0, 2]);
  const { data: colours } = await decodeImage(png);
  assert.deepEqual(colours.subarray(0, 3), vocPalette().subarray(6, 9));
});

Deno.test("zipFiles() keeps names and bytes, and is the same each time", () => {
  const files = cutouts(rgb, record);
  const zip = zipFiles(files);
  assert.deepEqual(
    Object.entries(unzipSync(zip)).map(([name, bytes]) => ({ name, bytes })),
    files.map(({ name, bytes }) => ({ name, bytes })),
  );
  assert.deepEqual(zipFiles(files), zip);
});
