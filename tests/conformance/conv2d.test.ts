import assert from "node:assert/strict";
import { type Gpu, openPlanner, PORTABLE_DEVICE } from "@fiedler/gpu";
import { conv2d, type Conv2dOptions } from "../../kernels/conv2d/conv2d.ts";
import {
  classConvForm,
  type ConvForm,
  convForms,
  defaultWeightForm,
} from "../../kernels/conv2d/forms.ts";
import * as reference from "../../kernels/conv2d/reference.ts";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { uniform } from "../support/random.ts";

/** `[images, height, width, channels]` and `[kernelHeight, kernelWidth, outChannels]`. */
type Sizes = readonly [
  readonly [number, number, number, number],
  readonly [number, number, number],
];

function operands(
  [[images, height, width, channels], [kernelHeight, kernelWidth, columns]]: Sizes,
) {
  return {
    sizes: { images, height, width, channels, kernelHeight, kernelWidth, outChannels: columns },
    x: uniform(images * height * width * channels, { seed: height }),
    weight: uniform(kernelHeight * kernelWidth * channels * columns, { seed: columns }),
    bias: uniform(columns, { seed: 3 }),
  };
}

/** Every form that computes it here. */
function forms(
  gpu: Gpu,
  [[images, height, width], [kernelHeight, kernelWidth, columns]]: Sizes,
  { stride = 1, dilation = 1 }: Conv2dOptions,
): ConvForm[] {
  const outShape = [images, height, width, columns]; // more pixels than there are, if anything
  return convForms(gpu, { outShape, kernel: [kernelHeight, kernelWidth], stride, dilation });
}

/** The convolution on the GPU. */
function run(gpu: Gpu, sizes: Sizes, options: Conv2dOptions) {
  const [[images, height, width, channels], [kernelHeight, kernelWidth, columns]] = sizes;
  const { x, weight, bias } = operands(sizes);
  return conv2d(gpu, gpu.upload(x, [images, height, width, channels]), {
    weight: gpu.upload(weight, [kernelHeight, kernelWidth, channels, columns]),
    bias: gpu.upload(bias, [columns]),
  }, options);
}

// As of matmul: partial sums of n products of values in [-1, 1] walk to at most 4 √(n/9), and each
// of the n additions rounds by 2^-24 of that: n √n · 4/3 · 2^-24. Bias and residual add 2 ulp of 10.
const tolerance = (inner: number) => ({ absolute: 2e-6 + inner ** 1.5 * 8e-8 });

conformance("conv2d()", (test) => {
  // Rows of the product are images · outHeight · outWidth, in tiles of 4, 8, 16, 32 and 64 pixels and, of
  // the direct form, workgroups of 32 and 64; channels of the output in tiles of 4 … 64.
  const cases: [Sizes, Pick<Conv2dOptions, "stride" | "padding" | "dilation">][] = [
    [[[1, 1, 1, 4], [1, 1, 4]], {}],
    [[[1, 3, 5, 8], [1, 1, 36]], {}], // 15 pixels
    [[[1, 4, 4, 4], [3, 3, 32]], { padding: 1 }], // 16
    [[[1, 1, 17, 4], [1, 7, 60]], { padding: 3 }], // 17 wide, mostly padding
    [[[1, 3, 11, 12], [3, 3, 64]], { padding: 1 }], // 33
    [[[2, 8, 8, 4], [3, 3, 68]], { padding: 1, stride: 2 }], // 2 images of 16
    [[[1, 9, 7, 4], [3, 3, 4]], { padding: 2, dilation: 2 }], // 63
    [[[3, 6, 7, 8], [3, 3, 8]], { padding: 1, stride: 2, dilation: 2 }],
    [[[1, 13, 5, 8], [3, 3, 4]], { padding: 4, dilation: 4 }], // 65, taps far outside
    [[[2, 10, 9, 4], [3, 3, 12]], { dilation: 4 }], // 2 rows of one window
    [[[2, 13, 18, 4], [7, 7, 64]], { padding: 3, stride: 2 }], // the stem of a ResNet
    [[[2, 7, 9, 8], [1, 1, 16]], { stride: 2 }], // a shortcut
    [[[1, 5, 4, 4], [1, 1, 8]], { padding: 2 }], // bias alone at the rim
    [[[1, 6, 9, 4], [3, 1, 8]], { padding: 0, stride: 3 }],
    [[[1, 5, 6, 4], [2, 4, 8]], { padding: 3, stride: 2 }],
    // Stacks of 4 and 8: 3, 4, 5, 8, 9 pixels below each other, lines of 7 to 9 over two images,
    // windows that are not square.
    [[[2, 3, 4, 8], [3, 3, 16]], { padding: 1 }],
    [[[1, 4, 7, 4], [3, 3, 20]], { padding: 1 }],
    [[[2, 5, 8, 4], [1, 1, 16]], {}],
    [[[1, 8, 9, 20], [3, 5, 12]], { padding: 2 }],
    [[[3, 9, 3, 4], [3, 3, 36]], { padding: 1 }],
    // Tiles in workgroup memory: 130 pixels, 68 channels, 45 quads of the sum in rounds of four.
    [[[1, 10, 13, 20], [3, 3, 68]], { padding: 1 }],
  ];
  for (const [sizes, options] of cases) {
    const named = Object.entries(options).map(([name, value]) => ` ${name} ${value}`).join();
    test(`agrees with f64 on [${sizes[0]}] * [${sizes[1]}]${named}`, async (gpu) => {
      const { x, weight, bias, sizes: input } = operands(sizes);
      const expected = reference.conv2d(x, weight, bias, { ...input, ...options });
      const inner = input.kernelHeight * input.kernelWidth * input.channels;
      for (const form of forms(gpu, sizes, options)) {
        const out = await gpu.read(run(gpu, sizes, { ...options, form }));
        assertClose(out, expected, tolerance(inner));
      }
    });
  }

  for (const kernel of [1, 3] as const) {
    test(`adds bias, residual and ReLU in this order, ${kernel} × ${kernel}`, async (gpu) => {
      const sizes: Sizes = [[2, 5, 5, 8], [kernel, kernel, 12]];
      const { x, weight, bias, sizes: input } = operands(sizes);
      const padding = (kernel - 1) / 2;
      const residual = uniform(2 * 5 * 5 * 12, { seed: 9, low: -4, high: 4 });
      for (const relu of [false, true]) {
        const expected = reference.conv2d(x, weight, bias, { ...input, padding, residual, relu });
        assert.equal(expected.every((value) => value >= 0), relu);
        const form = { residual: gpu.upload(residual, [2, 5, 5, 12]), padding, relu };
        for (const choice of forms(gpu, sizes, {})) {
          const out = await gpu.read(run(gpu, sizes, { ...form, form: choice }));
          assertClose(out, expected, tolerance(kernel * kernel * 8));
        }
      }
    });
  }

  test("reads nothing outside a picture: a batch of two is two singles, bit for bit", async (gpu) => {
    // The first picture is NaN, so that a pixel of it taken for padding shows in the second.
    const sizes: Sizes = [[2, 3, 3, 4], [3, 3, 4]];
    const { x, weight, bias } = operands(sizes);
    x.fill(NaN, 0, x.length / 2);
    const weights = { weight: gpu.upload(weight, [3, 3, 4, 4]), bias: gpu.upload(bias, [4]) };
    const both = gpu.upload(x, [2, 3, 3, 4]);
    const second = gpu.upload(x.slice(x.length / 2), [1, 3, 3, 4]);
    for (const windows of [{ padding: 2, dilation: 2 }, { padding: 1 }]) {
      for (const form of forms(gpu, sizes, windows)) {
        const options = { ...windows, form };
        const out = await gpu.read(conv2d(gpu, both, weights, options));
        const single = await gpu.read(conv2d(gpu, second, weights, options));
        assertSame(out.subarray(out.length / 2), single);
      }
    }
  });

  test("runs more tiles than one axis of workgroups holds", async (gpu) => {
    // 2,200,000 pixels: 68,750 workgroups of 32, the smallest of the direct form.
    const [height, width] = [1100, 2000];
    const x = new Float32Array(height * width * 4);
    for (let i = 0; i < height * width; i++) x[4 * i] = i % 8191;
    const weight = new Float32Array(16);
    for (let o = 0; o < 4; o++) weight[o] = o + 1;
    const tensor = gpu.upload(x, [1, height, width, 4]);
    const weights = { weight: gpu.upload(weight, [1, 1, 4, 4]), bias: gpu.zeros([4]) };
    const all = forms(gpu, [[1, height, width, 4], [1, 1, 4]], {});
    for (const kernel of new Set(all.map((form) => form.kernel))) {
      const form = all.find((form) => form.kernel === kernel)!;
      const out = await gpu.read(conv2d(gpu, tensor, weights, { form }));
      const off = out.findIndex((value, at) => value !== ((at >> 2) % 8191) * (at % 4 + 1));
      assert.equal(off, -1, `element ${off} is ${out[off]}`);
    }
  });

  test("sums more terms than llvmpipe has rounds in an invocation", async (gpu) => {
    // 9 · 8192 ones; what llvmpipe leaves out from round 65,536 on is missing in the sum.
    const [x, weight] = [new Float32Array(9 * 8192).fill(1), new Float32Array(36 * 8192).fill(1)];
    const weights = { weight: gpu.upload(weight, [3, 3, 8192, 4]), bias: gpu.zeros([4]) };
    const form = forms(gpu, [[1, 3, 3, 8192], [3, 3, 4]], { stride: 2 })
      .find(({ kernel }) => kernel === "broadcast");
    const out = await gpu.read(conv2d(gpu, gpu.upload(x, [1, 3, 3, 8192]), weights, { form }));
    assertSame(out, new Float32Array(4).fill(9 * 8192));
  });

  test("takes the tile of products where textures are read, and stacks either way", async () => {
    const like = (texels: boolean) =>
      openPlanner({
        device: { ...PORTABLE_DEVICE.device, features: new Set(["subgroups"]) },
        adapter: { ...PORTABLE_DEVICE.adapter, software: true, subgroupSize: 8, texels },
      });
    const [textures, buffers] = [await like(true), await like(false)];
    const sizes = (columns: number) =>
      ({ outShape: [1, 16, 32, columns], kernel: [3, 3], stride: 1, dilation: 1 }) as const;
    const broadcast = (rows: number, columns: number) => ({ kernel: "broadcast", rows, columns });
    assert.deepEqual(classConvForm(textures, sizes(64)), broadcast(16, 1));
    assert.deepEqual(classConvForm(buffers, sizes(64)), broadcast(32, 2));
    assert.equal(classConvForm(textures, sizes(32)).kernel, "stack");
    // What sums in another order, or cuts a sum elsewhere, is chosen by size alone.
    for (const columns of [4, 16, 32, 36]) {
      const [one, other] = [
        classConvForm(textures, sizes(columns)),
        classConvForm(buffers, sizes(columns)),
      ];
      assert.equal(one.kernel, other.kernel);
      assert.deepEqual(
        defaultWeightForm(textures, sizes(columns), 64),
        defaultWeightForm(buffers, sizes(columns), 64),
      );
    }
    textures.close();
    buffers.close();
  });

  test("takes the tiles of matrix products on cards, in workgroup memory by class", async () => {
    const like = (vendor: string) =>
      openPlanner({ ...PORTABLE_DEVICE, adapter: { ...PORTABLE_DEVICE.adapter, vendor } });
    const [nvidia, intel] = [await like("nvidia"), await like("intel")];
    const sizes = (side: number, columns: number) => ({
      outShape: [1, side, side, columns],
      kernel: [3, 3],
      stride: 2,
      dilation: 1,
    } as const);
    const shared = (rows: number, columns: number, down: number) => (
      { kernel: "shared", rows, columns, across: 8, down }
    );
    assert.deepEqual(classConvForm(nvidia, sizes(128, 128)), shared(8, 2, 16));
    assert.deepEqual(classConvForm(nvidia, sizes(14, 512)), shared(4, 1, 8)); // 32 tiles of 64 × 64
    assert.deepEqual(classConvForm(nvidia, sizes(256, 32)), shared(4, 1, 8)); // not half empty
    assert.equal(classConvForm(nvidia, sizes(256, 16)).kernel, "direct");
    assert.equal(classConvForm(intel, sizes(128, 128)).kernel, "direct");
    // Slices of the pixels count as products: 36 tiles of the weight, 16 slices at most.
    assert.deepEqual(defaultWeightForm(nvidia, sizes(64, 256), 64), shared(8, 2, 16));
    assert.deepEqual(defaultWeightForm(nvidia, sizes(8, 256), 64), shared(4, 1, 8));
    // And they run there: launches are checked by the planner, too.
    const x = nvidia.empty([1, 28, 28, 64]);
    const weights = { weight: nvidia.empty([3, 3, 64, 512]), bias: nvidia.empty([512]) };
    assert.deepEqual(conv2d(nvidia, x, weights, { stride: 2, padding: 1 }).shape, [1, 14, 14, 512]);
    nvidia.close();
    intel.close();
  });

  test("rejects stacks of windows that are not theirs", (gpu) => {
    const weights = { weight: gpu.empty([3, 3, 8, 4]), bias: gpu.empty([4]) };
    const form = { kernel: "stack", rows: 4, columns: 1 } as const;
    assert.throws(() => conv2d(gpu, gpu.empty([1, 5, 5, 8]), weights, { stride: 2, form }), {
      name: "RangeError",
      message: "conv2d: stacks need windows of 1 or 3 taps below each other without stride and " +
        "dilation, got 3 × 3, stride 2, dilation 1",
    });
  });

  test("rejects sizes that disagree", (gpu) => {
    const x = gpu.empty([1, 5, 5, 8]);
    const weights = (shape: number[], bias = shape[3]) => ({
      weight: gpu.empty(shape),
      bias: gpu.empty([bias]),
    });
    const refused = (message: string, body: () => unknown, name = "ShapeError") =>
      assert.throws(body, { name, message });
    refused(
      "conv2d: x must be [images, height, width, channels], got [5, 8]",
      () => conv2d(gpu, gpu.empty([5, 8]), weights([1, 1, 8, 4])),
    );
    refused(
      "conv2d: weight must be [kernelHeight, kernelWidth, 8, columns], got [1, 1, 4, 8]",
      () => conv2d(gpu, x, weights([1, 1, 4, 8])),
    );
    refused(
      "conv2d: bias must be [4], got [8]",
      () => conv2d(gpu, x, weights([1, 1, 8, 4], 8)),
    );
    refused(
      "conv2d: outChannels must be a multiple of 4, got 6",
      () => conv2d(gpu, x, weights([1, 1, 8, 6])),
    );
    refused(
      "conv2d: residual must be [1, 3, 3, 4], got [1, 5, 5, 4]",
      () => conv2d(gpu, x, weights([3, 3, 8, 4]), { residual: gpu.empty([1, 5, 5, 4]) }),
    );
    refused(
      "conv2d: a window of 9 pixels exceeds the 7 padded ones",
      () => conv2d(gpu, x, weights([3, 3, 8, 4]), { padding: 1, dilation: 4 }),
    );
    for (
      const [name, value, least] of [["stride", 0, 1], ["dilation", 1.5, 1], ["padding", -1, 0]]
    ) {
      refused(
        `conv2d: ${name} must be a whole number from ${least} on, got ${value}`,
        () => conv2d(gpu, x, weights([1, 1, 8, 4]), { [name]: value }),
        "RangeError",
      );
    }
  });
});
