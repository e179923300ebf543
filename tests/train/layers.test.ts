import assert from "node:assert/strict";
import { Gpu, type Tensor } from "@fiedler/gpu";
import { inferenceLayers, type Layers } from "@fiedler/models";
import { conv, deconv, planes, Tape, tapeLayers, view } from "@fiedler/train";
import * as convolution from "../../kernels/conv2d/reference.ts";
import * as coordinates from "../../kernels/coordinates/reference.ts";
import * as norm from "../../kernels/group_norm/reference.ts";
import * as resizing from "../../kernels/resize/reference.ts";
import * as sampling from "../../kernels/subsample/reference.ts";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { dot, finiteDifferences } from "../support/gradients.ts";
import { uniform } from "../support/random.ts";

const [IMAGES, ROWS, COLUMNS] = [2, 4, 3];
const GROUPS = 2;
const PLANES = 3;

/** Shapes of what the network is given. */
const SHAPES = {
  x: [IMAGES, ROWS, COLUMNS, 4],
  weight1: [3, 3, 8, 8],
  gamma: [8],
  beta: [8],
  weight2: [1, 1, 8, 8],
  bias2: [8],
  weight3: [3, 3, 8, 4],
  bias3: [4],
};
type Name = keyof typeof SHAPES;
const NAMES = Object.keys(SHAPES) as Name[];
const OUT_SHAPE = [PLANES, IMAGES, 2, 2];

const count = (shape: readonly number[]) => shape.reduce((a, b) => a * b);
const VALUES = Object.fromEntries(
  NAMES.map((name, seed) => [name, uniform(count(SHAPES[name]), { seed })]),
) as Record<Name, Float32Array<ArrayBuffer>>;
const TARGET = uniform(count(OUT_SHAPE), { seed: 20 });

/** Every layer once or more, with branches that join. */
function network(layers: Layers, t: Readonly<Record<Name, Tensor>>): Tensor {
  const placed = layers.addCoordinates(t.x); // [2, 4, 3, 8]
  const first = layers.conv(placed, { weight: t.weight1, bias: null }, { padding: 1 });
  const h = layers.groupNormRelu(first, { weight: t.gamma, bias: t.beta }, GROUPS);
  const doubled = layers.doubleNearest(layers.subsample(h)); // [2, 4, 4, 8]
  const sum = layers.add(doubled, layers.resizeBilinear(h, [4, 4]));
  const mixed = layers.conv(sum, { weight: t.weight2, bias: t.bias2 }, { residual: doubled });
  const windows = { stride: 2, padding: 1 };
  const last = layers.conv(mixed, { weight: t.weight3, bias: t.bias3 }, windows); // [2, 2, 2, 4]
  return layers.planes(last, PLANES);
}

/** The same in f64. */
function reference(t: Readonly<Record<Name, ArrayLike<number>>>): Float64Array {
  const maps = { images: IMAGES, height: ROWS, width: COLUMNS };
  const three = { kernelHeight: 3, kernelWidth: 3, padding: 1 };
  const placed = coordinates.addCoordinates(t.x, [IMAGES, ROWS, COLUMNS, 4]);
  const first = convolution.conv2d(placed, t.weight1, new Float64Array(8), {
    ...{ ...maps, ...three, channels: 8, outChannels: 8 },
  });
  const pixels = ROWS * COLUMNS;
  const groups = { images: IMAGES, pixels, channels: 8, groups: GROUPS, relu: true };
  const h = norm.groupNorm({ x: first, weight: t.gamma, bias: t.beta }, groups).out;
  const sizes = [IMAGES, ROWS, COLUMNS, 8] as const;
  const doubled = resizing.doubleNearest(sampling.subsample(h, sizes), [IMAGES, 2, 2, 8]);
  const resized = resizing.resizeBilinearNhwc(h, sizes, [4, 4]);
  const square = { images: IMAGES, height: 4, width: 4, channels: 8 };
  const mixed = convolution.conv2d(doubled.map((v, i) => v + resized[i]), t.weight2, t.bias2, {
    ...{ ...square, kernelHeight: 1, kernelWidth: 1, outChannels: 8, residual: doubled },
  });
  const last = convolution.conv2d(mixed, t.weight3, t.bias3, {
    ...{ ...square, ...three, stride: 2, outChannels: 4 },
  });
  const outPixels = IMAGES * 4;
  return Float64Array.from(
    { length: PLANES * outPixels },
    (_, i) => last[i % outPixels * 4 + Math.floor(i / outPixels)],
  );
}

function upload(gpu: Gpu): Record<Name, Tensor> {
  const tensors = NAMES.map((name) => [name, gpu.upload(VALUES[name], SHAPES[name])]);
  return Object.fromEntries(tensors) as Record<Name, Tensor>;
}

/** Gradients of Σ TARGET · out with respect to what is named. */
function train(gpu: Gpu, tensors: Readonly<Record<Name, Tensor>>, names: readonly Name[]) {
  const tape = new Tape(gpu, names.map((name) => tensors[name]));
  const out = network(tapeLayers(tape), tensors);
  return tape.backward([[out, gpu.upload(TARGET, OUT_SHAPE)]]);
}

conformance("tapeLayers()", (test) => {
  test("agrees with finite differences in every operand", async (gpu) => {
    const tensors = upload(gpu);
    const gradients = train(gpu, tensors, NAMES);
    const found = await gpu.readAll(NAMES.map((name) => gradients.get(tensors[name])!));
    NAMES.forEach((name, i) => {
      const loss = (moved: Float64Array) => dot(TARGET, reference({ ...VALUES, [name]: moved }));
      // So small a step that none crosses a kink of the ReLU; differences are then good to 1e-9.
      const expected = finiteDifferences(loss, VALUES[name], 1e-6);
      // Sums of up to 72 terms through four layers: √72 · 2^-24 each, and as much in the norm.
      assertClose(found[i], expected, { relative: 5e-6 });
    });
  });

  test("runs forward as inference does, to the byte, and as f64", async (gpu) => {
    const tensors = upload(gpu);
    const layers = inferenceLayers(gpu);
    const inferred = layers.scope(() => network(layers, tensors));
    const taped = network(tapeLayers(new Tape(gpu, [tensors.weight1])), tensors);
    assert.deepEqual(inferred.shape, OUT_SHAPE);
    const [a, b] = await gpu.readAll([inferred, taped]);
    assertSame(a, b);
    assertClose(a, reference(VALUES), { relative: 2e-6 });
  });

  test("finds the same bits when other parameters are frozen", async (gpu) => {
    const tensors = upload(gpu);
    const all = train(gpu, tensors, NAMES);
    const some = train(gpu, tensors, ["gamma", "bias3"]);
    assert.deepEqual([...some.keys()], [tensors.bias3, tensors.gamma]);
    for (const parameter of some.keys()) {
      const [a, b] = await gpu.readAll([all.get(parameter)!, some.get(parameter)!]);
      assertSame(a, b);
    }
  });

  test("gives no gradient to the channels behind the planes", async (gpu) => {
    const x = gpu.upload(uniform(2 * 3 * 4, { seed: 1 }), [1, 2, 3, 4]);
    const tape = new Tape(gpu, [x]);
    const out = planes(tape, x, 2);
    const dOut = uniform(12, { seed: 2 });
    const dx = tape.backward([[out, gpu.upload(dOut, out.shape)]]).get(x)!;
    const expected = Array.from({ length: 24 }, (_, i) => {
      const [pixel, channel] = [Math.floor(i / 4), i % 4];
      return channel < 2 ? dOut[channel * 6 + pixel] : 0;
    });
    assertSame(await gpu.read(dx), expected);
  });

  for (const side of [2, 3]) {
    test(`transposes convolutions of ${side} × ${side} as f64 and finite differences`, async (gpu) => {
      const sizes = { images: 2, height: 3 * side, width: 2 * side, channels: 8 };
      const windows = { kernelHeight: side, kernelWidth: side, outChannels: 4, stride: side };
      const input = { ...sizes, ...windows };
      const x = uniform(2 * 3 * 2 * 4, { seed: 1 });
      const weight = uniform(side ** 2 * 8 * 4, { seed: 2 });
      const dOut = uniform(2 * 3 * 2 * side ** 2 * 8, { seed: 3 });
      const tensors = [
        gpu.upload(x, [2, 3, 2, 4]),
        gpu.upload(weight, [side, side, 8, 4]),
      ] as const;
      const tape = new Tape(gpu, tensors);
      const out = deconv(tape, ...tensors);
      assert.deepEqual(out.shape, [2, 3 * side, 2 * side, 8]);
      const values = await gpu.read(inferenceLayers(gpu).deconv(...tensors));
      assertSame(await gpu.read(out), values);
      // Sums of 4, 72 and 12 terms: √72 · 2^-24 = 5e-7.
      assertClose(values, convolution.conv2dBackwardData(x, weight, input), { relative: 1e-6 });
      const gradients = tape.backward([[out, gpu.upload(dOut, out.shape)]]);
      const losses = [
        (moved: Float64Array) => dot(dOut, convolution.conv2dBackwardData(moved, weight, input)),
        (moved: Float64Array) => dot(dOut, convolution.conv2dBackwardData(x, moved, input)),
      ];
      for (const [i, at] of [x, weight].entries()) {
        const expected = finiteDifferences(losses[i], at);
        assertClose(await gpu.read(gradients.get(tensors[i])!), expected, { relative: 1e-6 });
      }
    });
  }

  test("passes the gradient of a view on under its own shape", async (gpu) => {
    const x = gpu.upload(uniform(8, { seed: 1 }), [2, 4]);
    const tape = new Tape(gpu, [x]);
    const out = view(tape, x, [8]);
    const dOut = uniform(8, { seed: 2 });
    const dx = tape.backward([[out, gpu.upload(dOut, [8])]]).get(x)!;
    assert.deepEqual(dx.shape, [2, 4]);
    assertSame(await gpu.read(dx), dOut);
  });

  test("refuses sizes that do not fit", (gpu) => {
    const x = gpu.empty([1, 2, 3, 4]);
    const tape = new Tape(gpu, []);
    assert.throws(() => planes(tape, x, 5), {
      name: "RangeError",
      message: "planes: count must be from 1 to 4 channels, got 5",
    });
    assert.throws(() => conv(tape, x, { weight: gpu.empty([1, 1, 8, 4]), bias: null }), {
      message: "conv2d: weight must be [kernelHeight, kernelWidth, 4, columns], got [1, 1, 8, 4]",
    });
  });
});

Deno.test("tapeLayers() gives back all but the gradients", async () => {
  const gpu = await Gpu.open(); // a pool that reuses, without poison
  const tensors = upload(gpu);
  const before = gpu.memory.liveBytes;
  const kept = [...train(gpu, tensors, NAMES).values()];
  assert.equal(
    gpu.memory.liveBytes - before,
    kept.reduce((sum, { buffer }) => sum + buffer.size, 0),
  );
  gpu.free(...kept);
  await gpu.settle();
  gpu.close();
});
