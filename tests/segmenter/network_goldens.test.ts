import assert from "node:assert/strict";
import type { Gpu } from "@fiedler/gpu";
import { inferenceLayers, padded } from "@fiedler/models";
import { makeNetwork } from "@fiedler/segmenter";
import { Tape, tapeLayers } from "@fiedler/train";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { hashedValues, headGoldens, namedOutputs } from "../support/golden_heads.ts";
import { hashed } from "../support/hashed.ts";
import { FIVE_LEVELS } from "../support/five_levels.ts";

const { facts, shapes, results } = headGoldens<
  { readonly map: readonly [number, number, number, number]; readonly stride: number }
>("segmenter");

/** The network of the goldens on its one map. */
function goldenNetwork(gpu: Gpu) {
  const { config: heads, map: shape, stride } = facts;
  const source = { strides: [stride], channels: [shape[3]] };
  const network = makeNetwork(
    { ...FIVE_LEVELS, heads },
    source,
    (plan) => gpu.upload(padded(hashedValues(plan), plan.used, plan.shape), plan.shape),
  );
  return { network, maps: [gpu.upload(hashed("features", shape), shape)] };
}

conformance("makeNetwork()", (test) => {
  test("on one map has the outputs of torch, for inference and on a tape", async (gpu) => {
    const { network, maps } = goldenNetwork(gpu);
    const inferred = namedOutputs(network.forward(inferenceLayers(gpu), maps));
    const tape = new Tape(gpu, network.parameters.map(({ tensor }) => tensor));
    const taped = namedOutputs(network.forward(tapeLayers(tape), maps));
    const values = await gpu.readAll(inferred.map(([, tensor]) => tensor));
    const again = await gpu.readAll(taped.map(([, tensor]) => tensor));
    inferred.forEach(([name, tensor], i) => {
      assert.deepEqual(tensor.shape, shapes[name], name);
      // Some ten layers deep, each of up to 108 terms: √108 · 2^-24 = 6e-7 a layer.
      assertClose(values[i], results.get(name)!, { relative: 5e-6 });
      assertSame(again[i], values[i]);
    });
  });

  test("on one map has the gradients of torch autograd", async (gpu) => {
    const { network, maps } = goldenNetwork(gpu);
    const { parameters } = network;
    const tape = new Tape(gpu, parameters.map(({ tensor }) => tensor));
    const outputs = namedOutputs(network.forward(tapeLayers(tape), maps));
    const gradients = tape.backward(
      outputs.map(([name, output]) =>
        [output, gpu.upload(hashed(`d.${name}`, output.shape), output.shape)] as const
      ),
    );
    assert.equal(gradients.size, parameters.length);
    const pyramid = parameters.filter(({ plan }) => results.has(plan.name));
    const stored = Object.keys(shapes).filter((name) => name.startsWith("pyramid."));
    assert.deepEqual(pyramid.map(({ plan }) => plan.name).sort(), stored.sort());
    const found = await gpu.readAll(pyramid.map(({ tensor }) => gradients.get(tensor)!));
    pyramid.forEach(({ plan: { name, used, shape } }, i) => {
      assert.deepEqual(used, shapes[name], name);
      const expected = padded(Float32Array.from(results.get(name)!), used, shape);
      // Twice as deep, with sums over up to 384 pixels.
      assertClose(found[i], expected, { relative: 2e-5 });
    });
  });
});
