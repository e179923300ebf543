import assert from "node:assert/strict";
import type { Gpu, Tensor } from "@fiedler/gpu";
import {
  fpn,
  fpnWeights,
  inferenceLayers,
  type Layers,
  padded,
  type ParameterPlan,
  solov2,
  solov2Weights,
} from "@fiedler/models";
import { Tape, tapeLayers } from "@fiedler/train";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { hashedValues, headGoldens, namedOutputs } from "../support/golden_heads.ts";
import { hashed } from "../support/hashed.ts";

const { facts: golden, shapes, results } = headGoldens<
  { readonly maps: readonly (readonly [number, number, number, number])[] }
>("solov2");

/** The network of the goldens, its inputs and its parameters. */
function makeNetwork(gpu: Gpu) {
  const { config, maps } = golden;
  const parameters: { plan: ParameterPlan; tensor: Tensor }[] = [];
  const make = (plan: ParameterPlan) => {
    const tensor = gpu.upload(padded(hashedValues(plan), plan.used, plan.shape), plan.shape);
    parameters.push({ plan, tensor });
    return tensor;
  };
  const inputs = maps.map(([, , , channels]) => channels);
  const pyramid = fpnWeights({ inputs, channels: config.channels }, make);
  const heads = solov2Weights(config, make);
  const pictures = maps.map((shape, i) => gpu.upload(hashed(`res${i + 2}`, shape), shape));
  const run = (layers: Layers) => solov2(layers, fpn(layers, pictures, pyramid), heads, config);
  return { parameters, run };
}

conformance("solov2()", (test) => {
  test("has the outputs of torch, for inference and on a tape", async (gpu) => {
    const { run, parameters } = makeNetwork(gpu);
    const layers = inferenceLayers(gpu);
    const inferred = namedOutputs(layers.scope(() => run(layers)));
    const tape = new Tape(gpu, parameters.map(({ tensor }) => tensor));
    const taped = namedOutputs(run(tapeLayers(tape)));
    const values = await gpu.readAll(inferred.map(([, tensor]) => tensor));
    const again = await gpu.readAll(taped.map(([, tensor]) => tensor));
    inferred.forEach(([name, tensor], i) => {
      assert.deepEqual(tensor.shape, shapes[name], name);
      // Ten layers deep, each of up to 108 terms: √108 · 2^-24 = 6e-7 a layer.
      assertClose(values[i], results.get(name)!, { relative: 5e-6 });
      assertSame(again[i], values[i]);
    });
  });

  test("has the gradients of torch autograd, and none outside of what is used", async (gpu) => {
    const { run, parameters } = makeNetwork(gpu);
    const tape = new Tape(gpu, parameters.map(({ tensor }) => tensor));
    const roots = namedOutputs(run(tapeLayers(tape))).map(([name, output]) =>
      [output, gpu.upload(hashed(`d.${name}`, output.shape), output.shape)] as const
    );
    const gradients = tape.backward(roots);
    assert.equal(gradients.size, parameters.length);
    const found = await gpu.readAll(parameters.map(({ tensor }) => gradients.get(tensor)!));
    const outputs = roots.length;
    assert.deepEqual(
      parameters.map(({ plan }) => plan.name).sort(),
      Object.keys(shapes).slice(outputs).sort(),
    );
    parameters.forEach(({ plan: { name, used, shape } }, i) => {
      assert.deepEqual(used, shapes[name], name);
      const expected = padded(Float32Array.from(results.get(name)!), used, shape);
      // Twice as deep, with sums over up to 384 pixels.
      assertClose(found[i], expected, { relative: 2e-5 });
    });
  });
});
