import assert from "node:assert/strict";
import { Gpu, tensorsIn } from "@fiedler/gpu";
import {
  PADDING_RGB,
  resnetBlocks,
  type ResNetConfig,
  resnetFeatures,
  resnetFlops,
  resnetLargestTensor,
  resnetMaps,
  resnetMapsFlops,
  resnetPatch,
} from "../../packages/models/resnet.ts";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { packPictures } from "../support/pictures.ts";
import {
  type GoldenCase,
  goldens,
  hashedResNet,
  IMAGENET,
  mapGoldens,
  picture,
  sampled,
  SHAPES,
} from "./resnet_parameters.ts";

const titleOf = ({ height, width, dilate, enlarge }: GoldenCase) =>
  `${height} × ${width}${dilate ? ", dilated" : ""}${enlarge > 1 ? ", enlarged" : ""}`;

const gridOf = (config: ResNetConfig, { height, width }: { height: number; width: number }) =>
  [height / resnetPatch(config), width / resnetPatch(config)] as const;

/** Features of pictures of the size of a case. */
async function run(
  gpu: Gpu,
  model: Awaited<ReturnType<typeof hashedResNet>>,
  one: GoldenCase,
  pictures = [picture(one.height, one.width)],
) {
  const config = { ...model.config, dilateLayer4: one.dilate, enlarge: one.enlarge };
  const words = packPictures(pictures);
  const rgb = gpu.upload(words, [pictures.length, words.length / pictures.length]);
  const features = resnetFeatures(gpu, { ...model, config }, rgb, gridOf(config, one));
  gpu.free(rgb);
  const values = await gpu.read(features);
  gpu.free(features);
  return values;
}

// A sum of n f32 terms rounds by about √n · 2^-24 of its size: 4e-6 for the longest, n = 4608. What
// fifty or a hundred convolutions lose adds up as their branches do, incoherently, and most sums
// are shorter. llvmpipe is off by 1.2e-6 at most; an ε of 1e-6 in the batch norms, by 6e-5.
const PRECISION = { relative: 1e-5 };

conformance("resnetFeatures()", (test) => {
  for (const one of goldens("narrow")) {
    test(`narrow, ${titleOf(one)}: what torchvision has in f64`, async (gpu) => {
      const actual = await run(gpu, await hashedResNet(gpu, "narrow"), one);
      assertClose(actual, one.expected, PRECISION);
    });
  }

  test("a batch of two is two singles, bit for bit", async (gpu) => {
    const model = await hashedResNet(gpu, "narrow");
    const one = goldens("narrow")[0];
    const first = picture(64, 64);
    const second = first.map((value) => 255 - value);
    const both = await run(gpu, model, one, [first, second]);
    const half = both.length / 2;
    assertSame(both.subarray(0, half), await run(gpu, model, one, [first]));
    assertSame(both.subarray(half), await run(gpu, model, one, [second]));
  });

  test("rejects pictures that do not fit the grid", async (gpu) => {
    const model = await hashedResNet(gpu, "narrow");
    assert.throws(() => resnetFeatures(gpu, model, gpu.empty([1, 3072], "u32"), [2, 3]), {
      name: "ShapeError",
      message: "normalisePictures: 18432 bytes need 4608 words, got 3072",
    });
  });

  test("keeps nothing but its result on the GPU", async (gpu) => {
    const model = await hashedResNet(gpu, "narrow");
    const before = gpu.memory.liveBytes;
    await run(gpu, model, goldens("narrow")[0]);
    assert.equal(gpu.memory.liveBytes, before);
    gpu.free(...tensorsIn(model.weights));
    assert.ok(gpu.memory.liveBytes < before);
  });
});

conformance("resnetMaps()", (test) => {
  const size = [64, 96] as const;
  const upload = (gpu: Gpu) => {
    const words = packPictures([picture(...size), new Uint8Array(64 * 96 * 3)]);
    return gpu.upload(words, [2, words.length / 2]);
  };

  test("narrow: what torchvision has in f64 of every layer", async (gpu) => {
    // The configuration of the last map of other uses is without effect.
    const model = await hashedResNet(gpu, "narrow", { dilateLayer4: true, enlarge: 2 });
    const maps = gpu.scope(() => resnetMaps(gpu, model, upload(gpu), size));
    const { channels } = SHAPES.narrow;
    const shapes = channels.map((count, i) => [2, 16 >> i, 24 >> i, count]);
    assert.deepEqual(maps.map(({ shape }) => shape), shapes);
    const expected = mapGoldens(shapes.map((shape) => shape.slice(1)));
    const found = await gpu.readAll(maps);
    found.forEach((values, i) =>
      assertClose(values.subarray(0, values.length / 2), expected[i], PRECISION)
    );
  });

  test("keeps nothing but its maps on the GPU", async (gpu) => {
    const model = await hashedResNet(gpu, "narrow");
    const before = gpu.memory.liveBytes;
    const rgb = upload(gpu);
    const maps = resnetMaps(gpu, model, rgb, size);
    assert.ok(gpu.memory.liveBytes > before);
    gpu.free(rgb, ...maps);
    assert.equal(gpu.memory.liveBytes, before);
  });

  test("refuses sizes that the last map does not divide", async (gpu) => {
    const model = await hashedResNet(gpu, "narrow");
    assert.throws(() => resnetMaps(gpu, model, upload(gpu), [64, 100]), {
      name: "RangeError",
      message: "resnetMaps: size must be of multiples of 32 pixels, got 64,100",
    });
  });
});

// Without poison, which would be written over 100 MB of weights and every activation.
for (const name of ["resnet50", "resnet101"]) {
  Deno.test(`resnetFeatures() ${name}: what torchvision has in f64`, async (context) => {
    const gpu = await Gpu.open();
    try {
      const model = await hashedResNet(gpu, name);
      for (const one of goldens(name)) {
        await context.step(titleOf(one), async () => {
          const actual = sampled(await run(gpu, model, one), 2048, one.step);
          assertClose(actual, one.expected, PRECISION);
        });
      }
    } finally {
      gpu.close();
    }
  });
}

const config = (name: string, options: Partial<ResNetConfig> = {}): ResNetConfig => ({
  ...{ ...SHAPES[name], mean: [0, 0, 0], std: [1, 1, 1], dilateLayer4: false, enlarge: 1 },
  ...options,
});

Deno.test("resnetPatch() is the stride of the last layer, in pixels of the picture", () => {
  assert.equal(resnetPatch({ dilateLayer4: false, enlarge: 1 }), 32);
  assert.equal(resnetPatch({ dilateLayer4: true, enlarge: 1 }), 16);
  assert.equal(resnetPatch({ dilateLayer4: false, enlarge: 2 }), 16);
  assert.equal(resnetPatch({ dilateLayer4: true, enlarge: 2 }), 8);
});

Deno.test("resnetBlocks() dilates the last layer behind its first block", () => {
  const last = (dilateLayer4: boolean) =>
    resnetBlocks(config("resnet50", { dilateLayer4 })).slice(-3).map(({ stride, dilation }) => ({
      stride,
      dilation,
    }));
  const plain = { stride: 1, dilation: 1 };
  assert.deepEqual(last(false), [{ stride: 2, dilation: 1 }, plain, plain]);
  assert.deepEqual(last(true), [plain, { stride: 1, dilation: 2 }, { stride: 1, dilation: 2 }]);
});

Deno.test("resnetFlops() counts what the paper counts", () => {
  // He et al. 2016, Table 1: 3.8e9 and 7.6e9 multiply-adds at 224 × 224 with the stride in the first
  // 1 × 1 convolution; in the 3 × 3 they are 4.1e9 and 7.8e9 (torchvision: 4.09 and 7.80).
  const gigaAdds = (name: string) => resnetFlops(config(name), [7, 7]) / 2e9;
  assert.equal(gigaAdds("resnet50").toFixed(2), "4.09");
  assert.equal(gigaAdds("resnet101").toFixed(2), "7.80");
  // Enlarged or dilated, the same number of features costs what is in the layers.
  const doubled = config("resnet50", { enlarge: 2 });
  assert.equal(resnetFlops(doubled, [7, 7]), resnetFlops(config("resnet50"), [7, 7]));
  const dilated = config("resnet50", { dilateLayer4: true });
  assert.ok(resnetFlops(dilated, [14, 14]) > resnetFlops(config("resnet50"), [7, 7]));
});

Deno.test("resnetLargestTensor() is the first layer's output, or the pixels", () => {
  const bytes = 4 * 56 * 56 * 256;
  assert.equal(resnetLargestTensor(config("resnet50"), [7, 7]), bytes);
  assert.equal(resnetLargestTensor(config("narrow"), [7, 7]), 4 * 224 * 224 * 4);
});

Deno.test("resnetMapsFlops() counts ResNet-101 at 800 × 1344", () => {
  // 7.80e9 multiply-adds of 224 × 224, times 21.43 as many pixels: 167e9.
  assert.equal(Math.round(resnetMapsFlops(config("resnet101"), [800, 1344]) / 2e9), 167);
  const doubled = config("resnet101", { enlarge: 2, dilateLayer4: true });
  assert.equal(
    resnetMapsFlops(doubled, [64, 96]),
    resnetMapsFlops(config("resnet101"), [64, 96]),
  );
});

Deno.test("PADDING_RGB is as close to nothing as bytes allow", () => {
  const { mean, std } = IMAGENET;
  PADDING_RGB.forEach((byte, i) => {
    const left = (value: number) => Math.abs(value / 255 - mean[i]) / std[i];
    assert.ok(left(byte) <= 0.009);
    assert.ok(left(byte) < left(byte - 1) && left(byte) < left(byte + 1));
  });
});
