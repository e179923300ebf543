import assert from "node:assert/strict";
import { reshape, type Tensor } from "@fiedler/gpu";
import { readNpy } from "@fiedler/io";
import {
  addCoordinates,
  columnSums,
  conv2d,
  conv2dBackwardData,
  groupNorm,
  resizeBilinearNhwc,
} from "@fiedler/kernels";
import {
  addCoordinatesBackward,
  conv2dBackwardWeight,
  groupNormBackward,
  resizeBilinearBackward,
} from "@fiedler/kernels/training";
import { assertClose, conformance } from "../support/conformance.ts";
import { readFixture, readJsonFixture } from "../support/fixtures.ts";
import { hashed } from "../support/hashed.ts";

/** Shapes and values of the results, by name. */
async function golden() {
  const { shapes } = await readJsonFixture<{ shapes: Record<string, number[]> }>(
    "training/chain.json",
  );
  const values = readNpy(await readFixture("training/chain.npy")).data as Float32Array;
  let at = 0;
  const results = new Map<string, { shape: number[]; values: Float32Array }>();
  for (const [name, shape] of Object.entries(shapes)) {
    const size = shape.reduce((a, b) => a * b);
    results.set(name, { shape, values: values.subarray(at, at += size) });
  }
  assert.equal(at, values.length);
  return results;
}

/** Rows of zeros for the two channels behind the coordinates: `[3, 3, 10, 16]` to `[3, 3, 12, 16]`. */
function padded(weight: Float32Array): Float32Array<ArrayBuffer> {
  const out = new Float32Array(9 * 12 * 16);
  for (let tap = 0; tap < 9; tap++) {
    out.set(weight.subarray(tap * 160, (tap + 1) * 160), tap * 192);
  }
  return out;
}

conformance("a chain of layers", (test) => {
  test("has the output and the gradients of torch autograd", async (gpu) => {
    const expected = await golden();
    const shapeOf = (name: string) => expected.get(name)!.shape;
    const upload = (name: string, key = name) =>
      gpu.upload(hashed(name, shapeOf(key)), shapeOf(key));
    const [x, gamma, beta] = ["x", "gamma", "beta"].map((name) => upload(name));
    const conv1 = {
      weight: gpu.upload(padded(hashed("weight1", shapeOf("weight1"))), [3, 3, 12, 16]),
      bias: upload("bias1"),
    };
    const conv2 = { weight: upload("weight2"), bias: upload("bias2") };

    const placed = addCoordinates(gpu, x);
    const first = conv2d(gpu, placed, conv1, { padding: 1 });
    const norm = { groups: 4, relu: true };
    const weights = { weight: gamma, bias: beta };
    const { out: normal, ...statistics } = groupNorm(gpu, first, weights, norm);
    const resized = resizeBilinearNhwc(gpu, normal, [13, 20]);
    const windows = { stride: 2, padding: 1 };
    const out = conv2d(gpu, resized, conv2, windows);

    const dOut = upload("dOut", "out");
    const biasGradient = (gradient: Tensor) => {
      const channels = gradient.shape[3];
      const pixels = gradient.shape.slice(0, 3).reduce((a, b) => a * b);
      return columnSums(gpu, reshape(gradient, [pixels, channels]));
    };
    const dResized = conv2dBackwardData(gpu, dOut, conv2.weight, {
      ...windows,
      inputSize: [13, 20],
    });
    const dNormal = resizeBilinearBackward(gpu, dResized, [9, 7]);
    const record = { x: first, ...weights, ...statistics };
    const { dx: dFirst, dWeight: dGamma, dBias: dBeta } = groupNormBackward(
      gpu,
      dNormal,
      record,
      norm,
    );
    const dPlaced = conv2dBackwardData(gpu, dFirst, conv1.weight, {
      inputSize: [9, 7],
      padding: 1,
    });
    const actual = {
      out,
      x: addCoordinatesBackward(gpu, dPlaced),
      weight1: conv2dBackwardWeight(gpu, placed, dFirst, { kernel: [3, 3], padding: 1 }),
      bias1: biasGradient(dFirst),
      gamma: dGamma,
      beta: dBeta,
      weight2: conv2dBackwardWeight(gpu, resized, dOut, { kernel: [3, 3], ...windows }),
      bias2: biasGradient(dOut),
    };
    const values = await gpu.readAll(Object.values(actual));
    for (const [i, name] of Object.keys(actual).entries()) {
      const { values: stored } = expected.get(name)!;
      const wanted = name === "weight1" ? padded(stored) : stored;
      // Sums of up to 280 terms walk off by √n · 2^-24 = 1e-6 of their size, through four layers.
      assertClose(values[i], wanted, { relative: 5e-6 });
    }
  });
});
