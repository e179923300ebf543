import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeRle, rleToString } from "@fiedler/coco";
import { assignColours } from "../../packages/demo/page/mask_colours.ts";
import { maskShape, sampleRle } from "../../packages/demo/page/mask_shapes.ts";

/** A mask of any size up to 9 × 9, and a step. */
const sampled = fc.record({
  height: fc.integer({ min: 1, max: 9 }),
  width: fc.integer({ min: 1, max: 9 }),
  step: fc.integer({ min: 1, max: 4 }),
  bits: fc.array(fc.nat(1), { minLength: 81, maxLength: 81 }),
});

Deno.test("sampleRle() takes each step-th pixel", () => {
  fc.assert(fc.property(sampled, ({ height, width, step, bits }) => {
    const mask = Uint8Array.from(bits.slice(0, height * width));
    const [rows, columns] = [Math.ceil(height / step), Math.ceil(width / step)];
    const wanted = Array.from({ length: rows * columns }, (_, i) => {
      return mask[Math.floor(i / columns) * step * width + (i % columns) * step];
    });
    const { data, ...size } = sampleRle(encodeRle(mask, height, width), [height, width], step);
    assert.deepEqual(size, { height: rows, width: columns });
    assert.deepEqual([...data], wanted);
  }));
});

Deno.test("maskShape() follows large masks on fewer pixels", () => {
  const shapeOf = (height: number, width: number) => {
    const mask = new Uint8Array(height * width).fill(1);
    return maskShape({
      size: [height, width],
      counts: rleToString(encodeRle(mask, height, width)),
    });
  };
  assert.deepEqual(shapeOf(3, 640), { path: "M0 0h640v3h-640v-3z", step: 1 });
  assert.deepEqual(shapeOf(4, 1281), { path: "M0 0h427v2h-427v-2z", step: 3 });
});

Deno.test("assignColours() keeps the colours of masks that stay, and gives new ones free ones", () => {
  const masks = (...counts: string[]) =>
    counts.map((counts) => ({ grid: { size: [1, 1] as const, counts } }));
  const first = assignColours(masks("a", "b", "c"));
  assert.deepEqual([...first], [["a", 0], ["b", 1], ["c", 2]]);
  const second = assignColours(masks("d", "c", "a", "e"), first);
  assert.deepEqual(new Map(second), new Map([["c", 2], ["a", 0], ["d", 1], ["e", 3]]));
});
