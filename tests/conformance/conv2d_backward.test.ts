import assert from "node:assert/strict";
import { Gpu } from "@fiedler/gpu";
import { columnSums } from "../../kernels/column_sums/column_sums.ts";
import { conv2d } from "../../kernels/conv2d/conv2d.ts";
import { conv2dBackwardData, type ConvWindows } from "../../kernels/conv2d/conv2d_backward.ts";
import { conv2dBackwardWeight } from "../../kernels/conv2d/conv2d_backward_weight.ts";
import { convForms, productForms } from "../../kernels/conv2d/forms.ts";
import * as reference from "../../kernels/conv2d/reference.ts";
import { type MatmulForm, SHARED_FORMS } from "../../kernels/matmul/forms.ts";
import { assertClose, assertSame, conformance, hostTest } from "../support/conformance.ts";
import { dot, finiteDifferences } from "../support/gradients.ts";
import { uniform } from "../support/random.ts";

/** `[images, height, width, channels]` and `[kernelHeight, kernelWidth, outChannels]`. */
type Sizes = readonly [
  readonly [number, number, number, number],
  readonly [number, number, number],
];

/** Seeded operands, the sizes of the reference, and the shapes of the output and the weight. */
function operands(sizes: Sizes, windows: ConvWindows) {
  const [[images, height, width, channels], [kernelHeight, kernelWidth, outChannels]] = sizes;
  const { stride = 1, padding = 0, dilation = 1 } = windows;
  const windowsOn = (length: number, taps: number) =>
    Math.floor((length + 2 * padding - dilation * (taps - 1) - 1) / stride) + 1;
  const outShape = [
    images,
    windowsOn(height, kernelHeight),
    windowsOn(width, kernelWidth),
    outChannels,
  ];
  const weightShape = [kernelHeight, kernelWidth, channels, outChannels];
  const random = (shape: readonly number[], seed: number) =>
    uniform(shape.reduce((a, b) => a * b), { seed });
  return {
    ...{ outShape, weightShape, inputSize: [height, width] as const },
    kernel: [kernelHeight, kernelWidth] as const,
    formSizes: { outShape, kernel: [kernelHeight, kernelWidth] as const, stride, dilation },
    input: {
      ...{ images, height, width, channels, kernelHeight, kernelWidth, outChannels },
      ...{ stride, padding, dilation },
    },
    x: random(sizes[0], height),
    weight: random(weightShape, outChannels),
    dOut: random(outShape, 7),
  };
}

// As of conv2d: n products of values in [-1, 1], n √n · 4/3 · 2^-24. Cutting the sum into slices
// only shortens the partial sums.
const tolerance = (terms: number) => ({ absolute: 1e-6 + terms ** 1.5 * 8e-8 });

// Every way the kernels tile: pixels in tiles of 4 … 64, taps · channels and channels of the output
// in tiles of 4 … 64, on both sides of each.
const CASES: [Sizes, ConvWindows][] = [
  [[[1, 1, 1, 4], [1, 1, 4]], {}],
  [[[1, 3, 5, 8], [1, 1, 36]], {}],
  [[[2, 5, 4, 32], [1, 1, 64]], {}], // whole tiles
  [[[1, 4, 4, 4], [3, 3, 32]], { padding: 1 }],
  [[[2, 3, 11, 12], [3, 3, 68]], { padding: 1 }], // 108 rows, 66 pixels
  [[[1, 6, 5, 20], [3, 3, 12]], {}],
  [[[1, 5, 5, 4], [3, 3, 8]], { padding: 2 }],
  [[[1, 4, 3, 4], [3, 3, 4]], { padding: 3 }], // more than the window: the gradient shrinks
  [[[1, 9, 7, 4], [3, 3, 4]], { padding: 2, dilation: 2 }],
  [[[1, 1, 17, 4], [1, 7, 8]], { padding: 3 }], // not square
  [[[2, 8, 8, 4], [3, 3, 68]], { padding: 1, stride: 2 }],
  [[[1, 9, 7, 8], [3, 3, 8]], { padding: 1, stride: 2 }], // phases of different size
  [[[3, 6, 7, 8], [3, 3, 8]], { padding: 1, stride: 2, dilation: 2 }],
  [[[2, 7, 9, 8], [1, 1, 16]], { stride: 2 }], // three phases without a tap
  [[[1, 13, 18, 4], [7, 7, 64]], { padding: 3, stride: 2 }],
  [[[1, 8, 11, 4], [3, 1, 8]], { stride: 3 }], // pixels in no window
  [[[1, 5, 6, 4], [2, 4, 8]], { padding: 3, stride: 2 }],
  [[[1, 8, 8, 4], [3, 3, 4]], { stride: 3, dilation: 3, padding: 2 }],
  [[[2, 6, 34, 12], [2, 2, 8]], { stride: 2 }], // windows side by side, 17 in a line
  [[[1, 9, 6, 4], [3, 3, 20]], { stride: 3 }],
  [[[1, 7, 8, 4], [2, 2, 8]], { stride: 2 }], // all but the last line
  // Stacks of 4 and 8: 3, 4, 5, 8, 9 pixels below each other, over two images; not square.
  [[[2, 3, 4, 8], [3, 3, 16]], { padding: 1 }],
  [[[1, 4, 7, 16], [3, 3, 20]], { padding: 1 }],
  [[[2, 5, 8, 36], [1, 1, 16]], {}],
  [[[1, 8, 9, 20], [3, 5, 12]], { padding: 2 }],
  [[[3, 9, 3, 4], [3, 3, 36]], { padding: 1 }],
  // Tiles of 128 in workgroup memory: phases of 156 pixels, skipped and not; 180 rows of a weight.
  [[[1, 24, 26, 20], [3, 3, 68]], { padding: 1, stride: 2 }],
];

const named = ([sizes, windows]: [Sizes, ConvWindows]) =>
  `[${sizes[0]}] * [${sizes[1]}]` +
  Object.entries(windows).map(([name, value]) => ` ${name} ${value}`).join();

conformance("conv2dBackwardData()", (test) => {
  for (const [sizes, windows] of CASES) {
    test(`agrees with f64 on ${named([sizes, windows])}`, async (gpu) => {
      const { x, weight, dOut, ...rest } = operands(sizes, windows);
      const { outShape, weightShape, inputSize, input, formSizes, kernel } = rest;
      const expected = reference.conv2dBackwardData(dOut, weight, input);
      const gradient = gpu.upload(dOut, outShape);
      const weights = gpu.upload(weight, weightShape);
      const terms = input.kernelHeight * input.kernelWidth * input.outChannels;
      const mirrored = input.dilation * (kernel[0] - 1) - input.padding;
      const isConvolution = kernel[0] === kernel[1] && mirrored >= 0;
      const forms = isConvolution ? convForms(gpu, formSizes) : productForms(gpu);
      for (const form of forms) {
        const options = { inputSize, ...windows, form };
        const dx = conv2dBackwardData(gpu, gradient, weights, options);
        assert.deepEqual(dx.shape, [...sizes[0]]);
        const values = await gpu.read(dx);
        assertClose(values, expected, tolerance(terms));
        await assertAdjoint(gpu, { x, dx: values, dOut }, { sizes, windows });
      }
    });
  }

  /** ⟨conv(x), dOut⟩ = ⟨x, dx⟩, both from the GPU. */
  async function assertAdjoint(
    gpu: Gpu,
    { x, dx, dOut }: Record<"x" | "dx" | "dOut", Float32Array>,
    { sizes, windows }: { sizes: Sizes; windows: ConvWindows },
  ) {
    const { weight, weightShape } = operands(sizes, windows);
    const bias = gpu.zeros([sizes[1][2]]);
    const weights = { weight: gpu.upload(weight, weightShape), bias };
    const tensor = gpu.upload(Float32Array.from(x), sizes[0]);
    const out = await gpu.read(conv2d(gpu, tensor, weights, windows));
    const [left, right] = [dot(out, dOut), dot(x, dx)];
    // Each element is off by less than its tolerance, with random signs: √elements of them.
    const terms = weight.length / Math.min(sizes[0][3], sizes[1][2]);
    const limit = 4 * Math.sqrt(out.length + x.length) * tolerance(terms).absolute;
    assert.ok(Math.abs(left - right) < limit, `${left} and ${right}, limit ${limit}`);
  }

  test("reads nothing outside a picture: a batch of two is two singles, bit for bit", async (gpu) => {
    // The first gradient is NaN, so that a pixel of it taken for padding shows in the second.
    for (const windows of [{ padding: 1 }, { padding: 1, stride: 2 }]) {
      const { weight, weightShape, dOut, outShape, inputSize } = operands(
        [[2, 5, 5, 4], [3, 3, 4]],
        windows,
      );
      dOut.fill(NaN, 0, dOut.length / 2);
      const weights = gpu.upload(weight, weightShape);
      const options = { inputSize, ...windows };
      const both = conv2dBackwardData(gpu, gpu.upload(dOut, outShape), weights, options);
      const second = gpu.upload(dOut.slice(dOut.length / 2), [1, ...outShape.slice(1)]);
      const single = await gpu.read(conv2dBackwardData(gpu, second, weights, options));
      assertSame((await gpu.read(both)).subarray(single.length), single);
    }
  });

  test("runs more tiles than one axis of workgroups holds", async (gpu) => {
    // More than 65,535 workgroups of 64 pixels, and of 32, the fewest in workgroup memory.
    const weight = new Float32Array(16);
    for (let c = 0; c < 4; c++) weight[4 * c] = c + 1;
    const weights = gpu.upload(weight, [1, 1, 4, 4]);
    const forms = productForms(gpu);
    for (const kernel of new Set(forms.map((form) => form.kernel))) {
      const own = forms.filter((form) => form.kernel === kernel);
      const [form, height] = kernel === "shared" ? [own[0], 1028] : [own.at(-1)!, 2056];
      const width = 2046;
      const [outHeight, outWidth] = [height / 2, width / 2];
      const dOut = new Float32Array(outHeight * outWidth * 4);
      for (let i = 0; i < outHeight * outWidth; i++) dOut[4 * i] = 1 + i % 8191;
      const gradient = gpu.upload(dOut, [1, outHeight, outWidth, 4]);
      const options = { inputSize: [height, width] as const, stride: 2, form };
      const dx = await gpu.read(conv2dBackwardData(gpu, gradient, weights, options));
      const off = dx.findIndex((value, at) => {
        const [x, y] = [(at >> 2) % width, Math.floor((at >> 2) / width)];
        const from = (y >> 1) * outWidth + (x >> 1);
        return value !== (x % 2 + y % 2 === 0 ? (1 + from % 8191) * (at % 4 + 1) : 0);
      });
      assert.equal(off, -1, `${kernel}: element ${off} is ${dx[off]}`);
      gpu.free(gradient);
    }
  });

  test("sums more terms than llvmpipe has rounds in an invocation", async (gpu) => {
    // 9 windows of 8192 ones meet in each pixel; what llvmpipe leaves out is missing in the sum.
    const dOut = gpu.upload(new Float32Array(49 * 8192).fill(1), [1, 7, 7, 8192]);
    const weight = gpu.upload(new Float32Array(36 * 8192).fill(1), [3, 3, 4, 8192]);
    const form = productForms(gpu).find(({ kernel }) => kernel === "broadcast");
    const options = { inputSize: [3, 3] as const, padding: 3, form };
    const dx = await gpu.read(conv2dBackwardData(gpu, dOut, weight, options));
    assertSame(dx, new Float32Array(36).fill(9 * 8192));
  });

  test("rejects stacks where it is no convolution", (gpu) => {
    const form = { kernel: "stack", rows: 4, columns: 1 } as const;
    const options = { inputSize: [4, 4] as const, stride: 2, form };
    assert.throws(
      () => conv2dBackwardData(gpu, gpu.empty([1, 2, 2, 4]), gpu.empty([2, 2, 8, 4]), options),
      {
        name: "RangeError",
        message: "conv2dBackwardData: stacks need a stride of 1, a square window and less padding",
      },
    );
  });

  test("rejects sizes that disagree", (gpu) => {
    const weight = gpu.empty([3, 3, 8, 4]);
    const refused = (message: string, body: () => unknown) =>
      assert.throws(body, { name: "ShapeError", message });
    refused(
      "conv2dBackwardData: dOut must be [2, 5, 6, 4], got [2, 5, 5, 4]",
      () =>
        conv2dBackwardData(gpu, gpu.empty([2, 5, 5, 4]), weight, {
          ...{ inputSize: [5, 6], padding: 1 },
        }),
    );
    refused(
      "conv2dBackwardData: channels must be a multiple of 4, got 6",
      () =>
        conv2dBackwardData(gpu, gpu.empty([1, 5, 5, 4]), gpu.empty([1, 1, 6, 4]), {
          inputSize: [5, 5],
        }),
    );
  });
});

conformance("conv2dBackwardWeight()", (test) => {
  for (const [sizes, windows] of CASES) {
    test(`agrees with f64 on ${named([sizes, windows])}`, async (gpu) => {
      const { x, dOut, outShape, weightShape, kernel, input, formSizes } = operands(sizes, windows);
      const expected = reference.conv2dBackwardWeight(x, dOut, input);
      const [tensor, gradient] = [gpu.upload(x, sizes[0]), gpu.upload(dOut, outShape)];
      const terms = outShape[0] * outShape[1] * outShape[2];
      for (const form of convForms(gpu, formSizes)) {
        const options = { kernel, ...windows, form };
        const dWeight = conv2dBackwardWeight(gpu, tensor, gradient, options);
        assert.deepEqual(dWeight.shape, weightShape);
        assertClose(await gpu.read(dWeight), expected, tolerance(terms));
      }
    });
  }

  // 255, 256, 257 pixels of the shortest slice; two images whose border falls into a slice.
  for (const [images, height, width] of [[1, 15, 17], [1, 16, 16], [1, 1, 257], [2, 23, 29]]) {
    test(`cuts ${images} × ${height} × ${width} pixels into slices`, async (gpu) => {
      const sizes = [[images, height, width, 8], [3, 3, 4]] as const;
      const windows = { padding: 1 };
      const { x, dOut, outShape, kernel, input, formSizes } = operands(sizes, windows);
      const expected = reference.conv2dBackwardWeight(x, dOut, input);
      for (const form of convForms(gpu, formSizes)) {
        const dWeight = await gpu.read(
          conv2dBackwardWeight(gpu, gpu.upload(x, sizes[0]), gpu.upload(dOut, outShape), {
            ...{ kernel, ...windows, form },
          }),
        );
        assertClose(dWeight, expected, tolerance(images * height * width));
        assertClose(dWeight, expected, { relative: 5e-5 }); // what training is specified to need
      }
    });
  }

  for (const held of [1, 2, 5]) {
    test(`adds up slices in rounds, with memory for ${held} of 6`, async (gpu) => {
      // 1500 pixels are six slices of the least length; whole numbers are exact in any order.
      const [images, height, width, channels, columns] = [3, 20, 25, 4, 8];
      const input = { images, height, width, channels, outChannels: columns };
      const pixels = images * height * width;
      const x = Float32Array.from({ length: pixels * channels }, (_, at) => at % 97);
      const dOut = Float32Array.from({ length: pixels * columns }, (_, at) => at % 89);
      const sizes = { ...input, kernelHeight: 1, kernelWidth: 1 };
      const expected = reference.conv2dBackwardWeight(x, dOut, sizes);
      const [kernel, outShape] = [[1, 1] as const, [images, height, width, columns]];
      for (const form of convForms(gpu, { outShape, kernel, stride: 1, dilation: 1 })) {
        const dWeight = await gpu.read(conv2dBackwardWeight(
          gpu,
          gpu.upload(x, [images, height, width, channels]),
          gpu.upload(dOut, outShape),
          { kernel, scratchBytes: held * 4 * channels * columns, form },
        ));
        assertSame(dWeight, expected);
      }
    });
  }

  test("adds up alike in registers and in workgroup memory, for tiles of one size", async (gpu) => {
    const sizes = [[1, 17, 21, 20], [3, 3, 68]] as const; // cut by the tiles of the invocations
    const { x, dOut, outShape, kernel } = operands(sizes, { padding: 1 });
    const [tensor, gradient] = [gpu.upload(x, sizes[0]), gpu.upload(dOut, outShape)];
    const run = (form: MatmulForm) =>
      gpu.read(conv2dBackwardWeight(gpu, tensor, gradient, { kernel, padding: 1, form }));
    for (const form of SHARED_FORMS) {
      const { rows, columns } = form;
      const [direct, shared] = [await run({ kernel: "direct", rows, columns }), await run(form)];
      // Compilers of GPUs may fuse products into sums in one kernel and not in another.
      if (gpu.adapter.software) assertSame(shared, direct);
      else assertClose(shared, direct, tolerance(17 * 21));
    }
  });

  test("gives the same bytes each time", async (gpu) => {
    const sizes = [[1, 20, 30, 8], [3, 3, 8]] as const;
    const { x, dOut, outShape, kernel } = operands(sizes, { padding: 1 });
    const [tensor, gradient] = [gpu.upload(x, sizes[0]), gpu.upload(dOut, outShape)];
    const run = () => conv2dBackwardWeight(gpu, tensor, gradient, { kernel, padding: 1 });
    const [first, second] = await gpu.readAll([run(), run()]);
    assertSame(first, second);
  });

  test("rejects sizes that disagree", (gpu) => {
    assert.throws(
      () =>
        conv2dBackwardWeight(gpu, gpu.empty([2, 5, 6, 4]), gpu.empty([1, 5, 6, 4]), {
          ...{ kernel: [3, 3], padding: 1 },
        }),
      {
        name: "ShapeError",
        message: "conv2dBackwardWeight: dOut must be [2, 5, 6, 4], got [1, 5, 6, 4]",
      },
    );
  });
});

// The references themselves, against differences of the f64 forward pass.
for (const [sizes, windows] of CASES.filter(([[, [, , outChannels]]]) => outChannels <= 8)) {
  hostTest(`conv2d reference gradients are slopes on ${named([sizes, windows])}`, () => {
    const { x, weight, dOut, input } = operands(sizes, windows);
    const bias = new Float64Array(input.outChannels);
    const loss = (at: ArrayLike<number>, w: ArrayLike<number>, b: ArrayLike<number>) =>
      dot(reference.conv2d(at, w, b, input), dOut);
    const few = (array: ArrayLike<number>) => Array.from(array).slice(0, 64);
    const replaced = (array: ArrayLike<number>, head: Float64Array) =>
      Float64Array.from(array, (value, at) => head[at] ?? value);
    const dx = finiteDifferences((head) => loss(replaced(x, head), weight, bias), few(x));
    const dWeight = finiteDifferences((head) => loss(x, replaced(weight, head), bias), few(weight));
    const dBias = finiteDifferences((at) => loss(x, weight, at), bias);
    const expected = [
      reference.conv2dBackwardData(dOut, weight, input),
      reference.conv2dBackwardWeight(x, dOut, input),
    ];
    assertClose(dx, few(expected[0]), { relative: 1e-6, absolute: 1e-9 });
    assertClose(dWeight, few(expected[1]), { relative: 1e-6, absolute: 1e-9 });
    const sums = Float64Array.from(
      bias,
      (_, o) => dOut.reduce((sum, value, at) => at % bias.length === o ? sum + value : sum, 0),
    );
    assertClose(dBias, sums, { relative: 1e-6 });
  });
}

conformance("the gradient of a bias", (test) => {
  test("is columnSums of dOut", async (gpu) => {
    const { dOut, outShape } = operands([[2, 5, 7, 4], [3, 3, 8]], { padding: 1 });
    const rows = dOut.length / 8;
    const dBias = await gpu.read(columnSums(gpu, gpu.upload(dOut, [rows, 8])));
    const expected = new Float64Array(8);
    dOut.forEach((value, at) => expected[at % 8] += value);
    assert.deepEqual(outShape, [2, 5, 7, 8]);
    assertClose(dBias, expected, tolerance(rows));
  });
});

hostTest("convolutions are the same bytes through textures and from buffers", async () => {
  const sizes = [[2, 9, 11, 8], [3, 3, 36]] as const; // no stacks
  const { x, weight, dOut, outShape, weightShape, kernel } = operands(sizes, { padding: 1 });
  const outputs: (readonly Float32Array[])[] = [];
  for (const texels of [true, false]) {
    const gpu = await Gpu.open({ texels });
    const [input, taps] = [gpu.upload(x, sizes[0]), gpu.upload(weight, weightShape)];
    const gradient = gpu.upload(dOut, outShape);
    outputs.push(
      await gpu.readAll([
        conv2d(gpu, input, { weight: taps, bias: gpu.zeros([36]) }, { padding: 1 }),
        conv2dBackwardWeight(gpu, input, gradient, { kernel, padding: 1 }),
      ]),
    );
    gpu.close();
  }
  outputs[0].forEach((values, i) => assertSame(values, outputs[1][i]));
});
