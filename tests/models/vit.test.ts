import assert from "node:assert/strict";
import type { Gpu } from "@fiedler/gpu";
import { type Facet, type FeatureOptions, type Vit, vitFeatures } from "@fiedler/models";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { packPictures } from "../support/pictures.ts";
import { uniform } from "../support/random.ts";
import { vitOf } from "../support/vit.ts";
import { array, bytesOf, fixture, partsOf } from "./fixtures.ts";

const GRID = [3, 5] as const; // 12 × 20 pixels in patches of 4
const PATCHES = 15;
const PICTURE = 12 * 20 * 3;
const FACETS: readonly Facet[] = ["query", "key", "value", "token"];
const MODELS = [["vit_class", 32], ["vit_plain", 16]] as const;

const pictures = new Uint8Array(array("pictures"));
const FIRST = pictures.subarray(0, PICTURE);
const SECOND = pictures.subarray(PICTURE);

const load = (gpu: Gpu, model: string) => vitOf(gpu, fixture(`${model}.safetensors`));

/** Features of pictures of 3 × 5 patches. */
function features(gpu: Gpu, vit: Vit, batch: readonly Uint8Array[], options?: FeatureOptions) {
  const rgb = gpu.upload(packPictures(batch), [batch.length, PICTURE / 4]);
  return gpu.read(vitFeatures(gpu, vit, rgb, GRID, options));
}

conformance("vitFeatures()", (test) => {
  for (const [model, dim] of MODELS) {
    const goldens = array(model); // [depth, facets, patches, dim]
    const golden = (layer: number, facet: Facet) => {
      const at = (layer * FACETS.length + FACETS.indexOf(facet)) * PATCHES * dim;
      return goldens.subarray(at, at + PATCHES * dim);
    };

    for (const facet of FACETS) {
      for (const layer of [0, 1]) {
        test(`${model}: the ${facet} of layer ${layer} is PyTorch's in f64`, async (gpu) => {
          const actual = await features(gpu, await load(gpu, model), [FIRST], { facet, layer });
          // proposals.md §9: 1e-5. Weights count as stored, so that f16 costs nothing; the longest
          // f32 sum has 128 terms and rounds by about √128 · 2^-24 = 7e-7 of its size, and some ten
          // sums follow one another. llvmpipe is off by 6e-7 at most.
          assertClose(actual, golden(layer, facet), { relative: 1e-5 });
        });
      }
    }

    test(`${model}: counts negative layers from the end, by default the last keys`, async (gpu) => {
      const vit = await load(gpu, model);
      const keys = (options?: FeatureOptions) => features(gpu, vit, [FIRST], options);
      const last = await keys({ facet: "key", layer: 1 });
      assertSame(await keys({ layer: -1 }), last);
      assertSame(await keys(), last);
      assertSame(await keys({ layer: -2 }), await keys({ layer: 0 }));
    });

    test(`${model}: a batch of two is two singles, bit for bit`, async (gpu) => {
      const vit = await load(gpu, model);
      for (const facet of FACETS) {
        const batch = await features(gpu, vit, [FIRST, SECOND], { facet });
        assertSame(batch.subarray(0, PATCHES * dim), await features(gpu, vit, [FIRST], { facet }));
        assertSame(batch.subarray(PATCHES * dim), await features(gpu, vit, [SECOND], { facet }));
      }
    });

    test(`${model}: adds the offset to the projection of each picture`, async (gpu) => {
      const vit = await load(gpu, model);
      const values = uniform(PATCHES * dim, { seed: dim });
      const offset = gpu.upload(values, [PATCHES, dim]);
      for (const facet of ["query", "key", "value"] as const) {
        const plain = await features(gpu, vit, [FIRST, SECOND], { facet });
        const moved = await features(gpu, vit, [FIRST, SECOND], { facet, offset });
        // One more f32 sum, or one fewer rounding where the adapter fuses it.
        assertClose(moved, plain.map((value, i) => value + values[i % values.length]), {
          relative: 2 ** -23,
        });
      }
    });
  }

  test("keys after another number of heads differ from layer 1 on", async (gpu) => {
    const parts = partsOf(fixture("vit_class.safetensors"));
    parts.metadata.heads = "4";
    const [two, four] = [await load(gpu, "vit_class"), await vitOf(gpu, bytesOf(parts))];
    assert.deepEqual([two.config.heads, four.config.heads], [2, 4]);
    const keys = (vit: Vit, layer: number) => features(gpu, vit, [FIRST], { layer });
    assertSame(await keys(four, 0), await keys(two, 0));
    assert.notDeepEqual(await keys(four, 1), await keys(two, 1));
  });

  test("the picture's statistics come from the metadata", async (gpu) => {
    const parts = partsOf(fixture("vit_plain.safetensors"));
    // ImageNet's statistics of 255 − value: mirrored mean and input, hence minus the pixels.
    const mirrored = FIRST.map((value) => 255 - value);
    parts.metadata.image_mean = "0.515,0.544,0.594";
    const weight = parts.tensors.get("patch_embed.proj.weight")!;
    const negative = new Float32Array(new Uint8Array(weight.data).buffer).map((value) => -value);
    const data = new Uint8Array(negative.buffer);
    parts.tensors.set("patch_embed.proj.weight", { ...weight, data });
    const actual = await features(gpu, await vitOf(gpu, bytesOf(parts)), [mirrored]);
    const expected = await features(gpu, await load(gpu, "vit_plain"), [FIRST]);
    assertClose(actual, expected, { relative: 1e-5 });
  });

  test("rejects a layer that the model lacks", async (gpu) => {
    const vit = await load(gpu, "vit_plain");
    const rgb = gpu.empty([1, PICTURE / 4], "u32");
    for (const layer of [2, -3, 0.5, NaN]) {
      assert.throws(() => vitFeatures(gpu, vit, rgb, GRID, { layer }), {
        name: "RangeError",
        message: `vitFeatures: layer ${layer} of a model of 2 blocks`,
      });
    }
  });

  test("rejects an offset for tokens, and one of another shape", async (gpu) => {
    const vit = await load(gpu, "vit_plain");
    const rgb = gpu.empty([1, PICTURE / 4], "u32");
    const offset = gpu.empty([PATCHES, 16]);
    assert.throws(() => vitFeatures(gpu, vit, rgb, GRID, { facet: "token", offset }), {
      name: "RangeError",
      message: "vitFeatures: an offset is for queries, keys and values, not for tokens",
    });
    assert.throws(() => vitFeatures(gpu, vit, rgb, GRID, { offset: gpu.empty([1, 16]) }), {
      name: "ShapeError",
      message: "vitFeatures: offset must be [15, 16], got [1, 16]",
    });
  });

  test("rejects pictures that do not fit the grid", async (gpu) => {
    const vit = await load(gpu, "vit_plain");
    assert.throws(() => vitFeatures(gpu, vit, gpu.empty([1, 180], "u32"), [3, 4]), {
      name: "ShapeError",
      message: "patchify: 576 bytes need 144 words, got 180",
    });
  });

  test("keeps nothing but its result on the GPU", async (gpu) => {
    const vit = await load(gpu, "vit_class");
    const rgb = gpu.upload(packPictures([FIRST]), [1, PICTURE / 4]);
    const before = gpu.memory.liveBytes;
    const keys = vitFeatures(gpu, vit, rgb, GRID);
    await gpu.settle();
    gpu.free(keys);
    assert.equal(gpu.memory.liveBytes, before);
  });
});
