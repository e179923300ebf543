import assert from "node:assert/strict";
import { Gpu, reshape, type Tensor } from "@fiedler/gpu";
import { add, matmul, matmulTransposed, transpose } from "@fiedler/kernels";
import { reluBackward } from "@fiedler/kernels/training";
import { type Gradients, Tape } from "@fiedler/train";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { finiteDifferences } from "../support/gradients.ts";
import { uniform } from "../support/random.ts";

/** x · weight, with ReLU. */
function linearRelu(tape: Tape, x: Tensor, weight: Tensor): Tensor {
  const { gpu } = tape;
  const out = matmul(gpu, x, weight, { relu: true });
  return tape.record(out, [x, weight], (dOut) => {
    const d = reluBackward(gpu, dOut, out);
    return [
      tape.tracks(x) ? matmulTransposed(gpu, d, weight) : null,
      matmul(gpu, transpose(gpu, x), d),
    ];
  });
}

/** a + b, whose gradient is that of both. */
function sumOf(tape: Tape, a: Tensor, b: Tensor): Tensor {
  return tape.record(add(tape.gpu, a, b), [a, b], (dOut) => [dOut, dOut]);
}

function view(tape: Tape, x: Tensor, shape: readonly number[]): Tensor {
  return tape.record(reshape(x, shape), [x], (dOut) => [reshape(dOut, x.shape)]);
}

const [ROWS, WIDTH] = [5, 8];

/** The network of the tests: a residual layer and another one, y = relu((h + h) w₂), h = relu(x w₁). */
function network(tape: Tape, x: Tensor, first: Tensor, second: Tensor): Tensor {
  const h = linearRelu(tape, x, first);
  const flat = view(tape, sumOf(tape, h, h), [ROWS * WIDTH]);
  return linearRelu(tape, view(tape, flat, [ROWS, WIDTH]), second);
}

/** Σ target · y of the same network, in f64. */
function loss(x: ArrayLike<number>, first: ArrayLike<number>, second: ArrayLike<number>): number {
  const layer = (input: ArrayLike<number>, weight: ArrayLike<number>) =>
    Float64Array.from({ length: ROWS * WIDTH }, (_, at) => {
      const [i, j] = [Math.floor(at / WIDTH), at % WIDTH];
      let sum = 0;
      for (let k = 0; k < WIDTH; k++) sum += input[i * WIDTH + k] * weight[k * WIDTH + j];
      return Math.max(sum, 0);
    });
  const out = layer(layer(x, first).map((h) => 2 * h), second);
  return out.reduce((sum, y, i) => sum + y * TARGET[i], 0);
}

const TARGET = uniform(ROWS * WIDTH, { seed: 4 });
const X = uniform(ROWS * WIDTH, { seed: 1 });
const FIRST = uniform(WIDTH * WIDTH, { seed: 2 });
const SECOND = uniform(WIDTH * WIDTH, { seed: 3 });

/** Uploads the inputs, and runs the network forth and back. */
function train(gpu: Gpu, parameters: readonly Tensor[], [x, first, second]: readonly Tensor[]) {
  const tape = new Tape(gpu, parameters);
  const out = network(tape, x, first, second);
  return tape.backward([[out, gpu.upload(TARGET, [ROWS, WIDTH])]]);
}

const upload = (gpu: Gpu) => [
  gpu.upload(X, [ROWS, WIDTH]),
  gpu.upload(FIRST, [WIDTH, WIDTH]),
  gpu.upload(SECOND, [WIDTH, WIDTH]),
];

conformance("Tape", (test) => {
  test("agrees with finite differences in every parameter", async (gpu) => {
    const inputs = upload(gpu);
    const gradients = train(gpu, inputs, inputs);
    const found = await gpu.readAll(inputs.map((input) => gradients.get(input)!));
    const values = [X, FIRST, SECOND];
    values.forEach((value, which) => {
      const expected = finiteDifferences((moved) => {
        const [x, first, second] = values.map((other, i) => i === which ? moved : other);
        return loss(x, first, second);
      }, value);
      // Sums of 8 products, twice, of values below 10: some 20 roundings of 2^-24.
      assertClose(found[which], expected, { absolute: 2e-5 });
    });
  });

  test("gives the same bits every time", async (gpu) => {
    const inputs = upload(gpu);
    const [a, b] = [0, 1].map(() => train(gpu, inputs, inputs).get(inputs[1])!);
    const [first, second] = await gpu.readAll([a, b]);
    assertSame(first, second);
  });

  test("leaves out what is not a parameter", (gpu) => {
    const [x, first, second] = upload(gpu);
    const gradients = train(gpu, [second], [x, first, second]);
    assert.deepEqual([...gradients.keys()], [second]);
    const tape = new Tape(gpu, [second]);
    const h = linearRelu(tape, x, first);
    assert.equal(tape.tracks(h), false);
    assert.equal(tape.tracks(linearRelu(tape, h, second)), true);
  });

  test("adds to the totals of earlier tapes, and several roots of one output", async (gpu) => {
    const inputs = upload(gpu);
    const [x, first, second] = inputs;
    const once = train(gpu, inputs, inputs);
    const half = () => gpu.upload(TARGET.map((value) => value / 2), [ROWS, WIDTH]);
    const totals: Gradients = new Map();
    for (let image = 0; image < 2; image++) {
      const tape = new Tape(gpu, inputs);
      const out = network(tape, x, first, second);
      assert.equal(tape.backward([[out, half()], [out, half()]], totals), totals);
    }
    const [single, double] = await gpu.readAll([once.get(first)!, totals.get(first)!]);
    // Halves and doubles are exact.
    assertSame(double, single.map((value) => 2 * value));
  });

  test("skips what no root depends on", (gpu) => {
    const [x, first, second] = upload(gpu);
    const tape = new Tape(gpu, [first, second]);
    const out = linearRelu(tape, x, first);
    linearRelu(tape, out, second);
    const gradients = tape.backward([[out, gpu.upload(TARGET, [ROWS, WIDTH])]]);
    assert.deepEqual([...gradients.keys()], [first]);
  });

  test("refuses a gradient of another shape", (gpu) => {
    const [x, first] = upload(gpu);
    const tape = new Tape(gpu, [first]);
    const out = tape.record(matmul(gpu, x, first), [x, first], (dOut) => [null, dOut]);
    assert.throws(() => tape.backward([[out, gpu.empty([ROWS, WIDTH])]]), {
      message: "Tape: the gradient of a tensor [8, 8] must be of its shape, got [5, 8]",
    });
  });
});

Deno.test("Tape gives back all but the gradients", async () => {
  const gpu = await Gpu.open(); // a pool that reuses, without poison
  const inputs = upload(gpu);
  const before = gpu.memory.liveBytes;
  const gradients = train(gpu, inputs, inputs);
  const kept = [...gradients.values()];
  assert.equal(
    gpu.memory.liveBytes - before,
    kept.reduce((sum, { buffer }) => sum + buffer.size, 0),
  );
  gpu.free(...kept);
  assert.equal(gpu.memory.liveBytes, before);
  await gpu.settle();
  gpu.close();
});
