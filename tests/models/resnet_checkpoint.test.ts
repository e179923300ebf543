import assert from "node:assert/strict";
import {
  DETECTRON2,
  resnetCounters,
  resnetKeys,
  type ResNetLayout,
  resnetShape,
  TORCHVISION,
} from "../../packages/models/checkpoints/resnet_layouts.ts";
import { loadResNet } from "../../packages/models/checkpoints/resnet_weights.ts";
import type { Tensor } from "@fiedler/gpu";
import { assertClose, conformance } from "../support/conformance.ts";
import { parameter, SHAPES, shapes } from "./resnet_parameters.ts";

const LAYOUTS: [string, ResNetLayout][] = [["torchvision", TORCHVISION], [
  "detectron2",
  DETECTRON2,
]];

for (const [name, layout] of LAYOUTS) {
  for (const [model, shape] of Object.entries(SHAPES)) {
    Deno.test(`resnetShape() reads ${model} from its tensors in ${name}'s names`, () => {
      const tensors = shapes(shape, layout);
      assert.deepEqual(resnetShape(layout, (name) => tensors.get(name)), shape);
    });
  }
}

Deno.test("resnetKeys() names what is in the files", () => {
  // Of torchvision's resnet50: 53 convolutions, each with four vectors of its batch norm.
  const keys = resnetKeys(TORCHVISION, SHAPES.resnet50);
  assert.equal(keys.length, 53 * 5);
  assert.ok(keys.every(({ name, from }) => from.join() === name));
  const find = (name: string) => keys.find((key) => key.name === name)?.shape;
  assert.deepEqual(find("conv1.weight"), [64, 3, 7, 7]);
  assert.deepEqual(find("bn1.running_var"), [64]);
  assert.deepEqual(find("layer1.0.downsample.0.weight"), [256, 64, 1, 1]);
  assert.deepEqual(find("layer4.2.conv2.weight"), [512, 512, 3, 3]);
  const names = new Map(
    resnetKeys(DETECTRON2, SHAPES.resnet50).map(({ name, from: [theirs] }) => [name, theirs]),
  );
  assert.equal(names.get("conv1.weight"), "stem.conv1.weight");
  assert.equal(names.get("bn1.bias"), "stem.conv1.norm.bias");
  assert.equal(names.get("layer1.0.bn2.running_mean"), "res2.0.conv2.norm.running_mean");
  assert.equal(names.get("layer4.0.downsample.0.weight"), "res5.0.shortcut.weight");
  assert.equal(names.get("layer4.0.downsample.1.weight"), "res5.0.shortcut.norm.weight");
  const counters = resnetCounters(TORCHVISION, SHAPES.resnet50);
  assert.equal(counters.length, 53);
  assert.ok(counters.includes("layer1.0.downsample.1.num_batches_tracked"));
});

Deno.test("resnetShape() names what is missing or of another shape", () => {
  const refused = (change: (tensors: ReturnType<typeof shapes>) => void, message: RegExp) => {
    const tensors = shapes(SHAPES.narrow);
    change(tensors);
    const read = () => resnetShape(TORCHVISION, (name) => tensors.get(name));
    assert.throws(read, { name: "CheckpointError", message });
  };
  refused(
    (tensors) => tensors.delete("layer1.0.conv3.weight"), // as in ResNet-18 and ResNet-34
    /"layer1\.0\.conv3\.weight" must be \[channels, channels, 1, 1\], got none; .*bottleneck/,
  );
  refused(
    (tensors) => tensors.set("conv1.weight", [16, 3, 3, 3]),
    /"conv1\.weight" must be \[channels, channels, 7, 7\], got \[16, 3, 3, 3\]/,
  );
  refused(
    (tensors) => tensors.set("layer2.0.conv1.weight", [6, 16, 1, 1]),
    /"layer2\.0\.conv1\.weight" \[6, 16, 1, 1\]: channels must be a multiple of 4/,
  );
  refused(
    (tensors) => {
      for (const name of [...tensors.keys()]) if (name.startsWith("layer3.")) tensors.delete(name);
    },
    /"layer3\.0\.conv1\.weight" .* got none/,
  );
});

conformance("loadResNet()", (test) => {
  const { narrow } = SHAPES;
  const take = (name: string, shape: readonly number[]) => Promise.resolve(parameter(name, shape));

  test("takes each parameter of the key map once", async (gpu) => {
    const taken = new Map<string, readonly number[]>();
    const weights = await loadResNet(gpu, narrow, (name, shape) => {
      assert.ok(!taken.has(name), name);
      taken.set(name, shape);
      return take(name, shape);
    });
    assert.deepEqual(new Set(taken.keys()), new Set(shapes(narrow).keys()));
    for (const [name, shape] of shapes(narrow)) assert.deepEqual(taken.get(name), shape, name);
    assert.equal(weights.blocks.length, 8);
    assert.equal(weights.blocks[0].shortcut, null);
    assert.deepEqual(weights.stem.weight.shape, [7, 7, 4, 16]);
  });

  test("turns a kernel and folds its batch norm in f64", async (gpu) => {
    const { blocks } = await loadResNet(gpu, narrow, take);
    const [out, from] = [12, 16]; // of layer2.0.conv2, 12 × 12: part of a block of 16
    const folded = (layer: string, unit: number, [out, from, taps]: readonly number[]) => {
      const norm = (part: string) => parameter(`${layer}.bn${unit}.${part}`, [out]);
      const side = Math.sqrt(taps);
      const kernel = parameter(`${layer}.conv${unit}.weight`, [out, from, side, side]);
      const weight = new Float64Array(kernel.length);
      const bias = new Float64Array(out);
      for (let o = 0; o < out; o++) {
        const factor = norm("weight")[o] / Math.sqrt(norm("running_var")[o] + 1e-5);
        bias[o] = norm("bias")[o] - norm("running_mean")[o] * factor;
        for (let i = 0; i < from; i++) {
          for (let t = 0; t < taps; t++) {
            weight[(t * from + i) * out + o] = kernel[(o * from + i) * taps + t] * factor;
          }
        }
      }
      return { weight, bias };
    };
    const check = async (
      { weight, bias }: { weight: Tensor; bias: Tensor },
      expected: ReturnType<typeof folded>,
    ) => {
      // Rounded once.
      assertClose(await gpu.read(weight), expected.weight, { relative: 2 ** -24 });
      assertClose(await gpu.read(bias), expected.bias, { relative: 2 ** -24 });
    };
    await check(blocks[1].conv2, folded("layer2.0", 2, [out, 12, 9]));
    await check(blocks[1].conv1, folded("layer2.0", 1, [out, from, 1]));
    await check(blocks[6].conv3, folded("layer4.0", 3, [40, 20, 1])); // two blocks and a half
  });

  test("leaves nothing on the GPU when a parameter cannot be read", async (gpu) => {
    const before = gpu.memory.liveBytes;
    const broken = loadResNet(gpu, narrow, (name, shape) => {
      if (name === "layer3.1.bn2.bias") return Promise.reject(new Error("torn"));
      return take(name, shape);
    });
    await assert.rejects(broken, { message: "torn" });
    assert.equal(gpu.memory.liveBytes, before);
  });
});
