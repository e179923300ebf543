import assert from "node:assert/strict";
import type { Gpu, Tensor } from "@fiedler/gpu";
import { readNpy } from "@fiedler/io";
import {
  fpn,
  fpnWeights,
  inferenceLayers,
  type Layers,
  padded,
  type ParameterPlan,
  solov2,
  type Solov2Config,
  type Solov2Output,
  solov2Weights,
} from "@fiedler/models";
import { Tape, tapeLayers } from "@fiedler/train";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { hashed } from "../support/hashed.ts";

const FIXTURES = new URL("../../fixtures/solov2/", import.meta.url);
const fixture = (name: string) => Deno.readFileSync(new URL(name, FIXTURES));
const golden: {
  config: Solov2Config;
  maps: [number, number, number, number][];
  shapes: Record<string, number[]>;
} = JSON.parse(new TextDecoder().decode(fixture("small.json")));

/** Outputs, and gradients by the names of their parameters. */
const RESULTS = new Map<string, Float32Array>();
{
  const values = readNpy(fixture("small.npy")).data as Float32Array;
  let at = 0;
  for (const [name, shape] of Object.entries(golden.shapes)) {
    RESULTS.set(name, values.subarray(at, at += shape.reduce((a, b) => a * b)));
  }
  assert.equal(at, values.length);
}

/** As `parameter` of tools/make_solov2_goldens.py. */
function valuesOf({ name, used }: ParameterPlan): Float32Array<ArrayBuffer> {
  const values = hashed(name, used);
  if (used.length === 4) {
    const scale = Math.sqrt(3 / (used[0] * used[1] * used[2]));
    return values.map((value) => value * scale);
  }
  return values.map((value) => value / 2 + (name.endsWith("norm.weight") ? 1 : 0));
}

/** The network of the goldens, its inputs and its parameters. */
function makeNetwork(gpu: Gpu) {
  const { config, maps } = golden;
  const parameters: { plan: ParameterPlan; tensor: Tensor }[] = [];
  const make = (plan: ParameterPlan) => {
    const tensor = gpu.upload(padded(valuesOf(plan), plan.used, plan.shape), plan.shape);
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

const named = ({ categories, kernels, features }: Solov2Output): [string, Tensor][] => [
  ...categories.map((tensor, i): [string, Tensor] => [`categories${i}`, tensor]),
  ...kernels.map((tensor, i): [string, Tensor] => [`kernels${i}`, tensor]),
  ["features", features],
];

conformance("solov2()", (test) => {
  test("has the outputs of torch, for inference and on a tape", async (gpu) => {
    const { run, parameters } = makeNetwork(gpu);
    const layers = inferenceLayers(gpu);
    const inferred = named(layers.scope(() => run(layers)));
    const tape = new Tape(gpu, parameters.map(({ tensor }) => tensor));
    const taped = named(run(tapeLayers(tape)));
    const values = await gpu.readAll(inferred.map(([, tensor]) => tensor));
    const again = await gpu.readAll(taped.map(([, tensor]) => tensor));
    inferred.forEach(([name, tensor], i) => {
      assert.deepEqual(tensor.shape, golden.shapes[name], name);
      // Ten layers deep, each of up to 108 terms: √108 · 2^-24 = 6e-7 a layer.
      assertClose(values[i], RESULTS.get(name)!, { relative: 5e-6 });
      assertSame(again[i], values[i]);
    });
  });

  test("has the gradients of torch autograd, and none outside of what is used", async (gpu) => {
    const { run, parameters } = makeNetwork(gpu);
    const tape = new Tape(gpu, parameters.map(({ tensor }) => tensor));
    const roots = named(run(tapeLayers(tape))).map(([name, output]) =>
      [output, gpu.upload(hashed(`d.${name}`, output.shape), output.shape)] as const
    );
    const gradients = tape.backward(roots);
    assert.equal(gradients.size, parameters.length);
    const found = await gpu.readAll(parameters.map(({ tensor }) => gradients.get(tensor)!));
    const outputs = roots.length;
    assert.deepEqual(
      parameters.map(({ plan }) => plan.name).sort(),
      Object.keys(golden.shapes).slice(outputs).sort(),
    );
    parameters.forEach(({ plan: { name, used, shape } }, i) => {
      assert.deepEqual(used, golden.shapes[name], name);
      const expected = padded(Float32Array.from(RESULTS.get(name)!), used, shape);
      // Twice as deep, with sums over up to 384 pixels.
      assertClose(found[i], expected, { relative: 2e-5 });
    });
  });
});
