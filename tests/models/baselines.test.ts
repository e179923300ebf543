import { colourBackbone, randomBackbone, TINY_VIT } from "@fiedler/models";
import assert from "node:assert/strict";
import { centreRows, patchStatistics } from "../../kernels/patch_statistics/reference.ts";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { packPictures } from "../support/pictures.ts";
import { integers } from "../support/random.ts";

const GRID = [3, 5] as const;
const picture = (seed: number) => Uint8Array.from(integers(3 * 15 * 64, { seed, limit: 256 }));

conformance("colourBackbone()", (test) => {
  test("describes patches by their centred colours", async (gpu) => {
    const pictures = [picture(1), picture(2)];
    const packed = packPictures(pictures);
    const rgb = gpu.upload(packed, [2, packed.length / 2]);
    const backbone = colourBackbone();
    const out = backbone.features(gpu, rgb, GRID);
    assert.deepEqual(out.shape, [2, 15, backbone.dim]);
    const expected = pictures.flatMap((one) => [
      ...centreRows(patchStatistics(one, GRID, 8), 15, backbone.dim),
    ]);
    // Differences of numbers in 0 … 1 that are known to 1e-6: see the kernels' own tests.
    assertClose(await gpu.read(out), expected, { absolute: 2e-6 });
  });

  test("refuses what it does not have", (gpu) => {
    const rgb = gpu.empty([1, 720], "u32");
    assert.throws(() => colourBackbone().features(gpu, rgb, GRID, { facet: "token" }), {
      name: "RangeError",
      message:
        "colourBackbone: there are keys of layer 0 without offset, got facet token, layer -1",
    });
  });
});

conformance("randomBackbone()", (test) => {
  test("is the same for the same seed, another for another, and depends on the picture", async (gpu) => {
    const keys = async (seed: number, which: number) => {
      const packed = packPictures([picture(which)]);
      const backbone = randomBackbone(gpu, { seed });
      const rgb = gpu.upload(packed, [1, packed.length]);
      const out = await gpu.read(backbone.features(gpu, rgb, GRID));
      gpu.free(...backbone.parameters);
      return out;
    };
    const first = await keys(0, 1);
    assert.equal(first.length, 15 * TINY_VIT.dim);
    assertSame(await keys(0, 1), first);
    const different = (other: Float32Array) =>
      first.reduce((most, value, i) => Math.max(most, Math.abs(value - other[i])), 0);
    assert.ok(different(await keys(1, 1)) > 0.1);
    assert.ok(different(await keys(0, 2)) > 0.01);
  });

  test("starts as timm does: keys of unit tokens deviate by 0.02 √dim", async (gpu) => {
    const packed = packPictures([picture(3)]);
    const backbone = randomBackbone(gpu, { seed: 3 });
    const rgb = gpu.upload(packed, [1, packed.length]);
    const out = await gpu.read(backbone.features(gpu, rgb, GRID));
    const deviation = Math.sqrt(out.reduce((sum, value) => sum + value ** 2, 0) / out.length);
    // A normed token has length √128, so a key has deviation 0.02 · √128 = 0.226. All tokens share
    // 128 · 128 weights; their directions are alike, so about 128 independent values: ± 6 %, × 4.
    assert.ok(Math.abs(deviation / 0.2263 - 1) < 0.25, `${deviation}`);
  });
});
