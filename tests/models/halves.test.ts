import assert from "node:assert/strict";
import { byteLength, type Gpu, openPlanner, type Tensor } from "@fiedler/gpu";
import { bytesSource, openSafetensors, type SafeTensor } from "@fiedler/io";
import {
  type Backbone,
  type LinearWeights,
  type LoadOptions,
  recognise,
  vitBackbone,
} from "@fiedler/models";
import { halfToFloat } from "../../packages/io/half.ts";
import { TIMM_VIT } from "../../packages/models/checkpoints/timm.ts";
import { findVit, loadVit } from "../../packages/models/checkpoints/vit_checkpoint.ts";
import { TIMM } from "../../packages/models/checkpoints/vit_layouts.ts";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { packPictures } from "../support/pictures.ts";
import { integers } from "../support/random.ts";
import { bytesOf, checkpoint, type Parts, tensor } from "./fixtures.ts";
import { SHAPES, shapes } from "./resnet_parameters.ts";

const DEPTH = 3;
const GRID = [5, 7] as const;

/** A transformer of 3 blocks of 64 in f32, its matrices scaled as at the start of a training. */
function parts(): Parts {
  const made = checkpoint({ dim: 64, depth: DEPTH });
  for (const [name, { shape, data }] of made.tensors) {
    if (shape.length < 2 || !name.endsWith("weight")) continue;
    const values = new Float32Array(data.buffer);
    const inner = values.length / shape[0];
    values.forEach((value, i) => values[i] = value * Math.sqrt(12 / inner));
  }
  return made;
}

const load = async (gpu: Gpu, bytes: Uint8Array<ArrayBuffer>, options?: LoadOptions) =>
  await recognise(await openSafetensors(bytesSource(bytes))).load(gpu, options);

/** Keys of the last block for a picture of noise. */
function keys(gpu: Gpu, backbone: Backbone): Promise<Float32Array> {
  const [height, width] = GRID.map((length) => length * backbone.patch);
  const picture = Uint8Array.from(integers(3 * height * width, { seed: 1, limit: 256 }));
  const words = packPictures([picture]);
  return gpu.read(backbone.features(gpu, gpu.upload(words, [1, words.length]), GRID));
}

const matrixBytes = ({ parameters }: Backbone) =>
  parameters.filter(({ shape }) => shape.length === 2 && shape[0] > 1)
    .reduce((sum, parameter) => sum + byteLength(parameter), 0);

conformance("matrices in f16", (test) => {
  test("change nothing of a file in half precision, and take half the memory", async (gpu) => {
    const path = new URL("../../fixtures/weights/mae-tiny.safetensors", import.meta.url);
    const bytes = await Deno.readFile(path);
    const [full, halves] = [await load(gpu, bytes), await load(gpu, bytes, { weights: "f16" })];
    assert.equal(matrixBytes(halves), matrixBytes(full) / 2);
    const [expected, actual] = [await keys(gpu, full), await keys(gpu, halves)];
    if (gpu.adapter.software) assertSame(actual, expected);
    // As far as the golden test allows each of both to be off.
    else assertClose(actual, expected, { relative: 1e-4 });
  });

  test("are each weight, rounded, and nothing else", async (gpu) => {
    const file = await openSafetensors(bytesSource(bytesOf(parts())));
    const found = findVit({ file, root: "" }, TIMM, TIMM_VIT);
    const full = await loadVit(gpu, found);
    const halves = await loadVit(gpu, found, { weights: "f16" });
    const rounded = async (exact: LinearWeights, { weight, bias }: LinearWeights) => {
      assert.equal(weight.dtype, "f16");
      const bits = await gpu.read(weight as Tensor<"f16">);
      const values = halfToFloat(new Uint16Array(bits.buffer, bits.byteOffset, bits.length));
      (await gpu.read(exact.weight as Tensor)).forEach((value, i) => {
        // To nearest, 2^-11 of itself; a subnormal half may be taken for zero.
        const limit = Math.max(2 ** -11 * Math.abs(value), 2 ** -14);
        assert.ok(Math.abs(values[i] - value) <= limit, `${value} became ${values[i]}`);
      });
      return { weight: gpu.upload(values, weight.shape), bias };
    };
    const blocks = await Promise.all(halves.weights.blocks.map(async (block, i) => {
      const exact = full.weights.blocks[i];
      const [qkv, proj] = [
        await rounded(exact.qkv, block.qkv),
        await rounded(exact.proj, block.proj),
      ];
      const [fc1, fc2] = [await rounded(exact.fc1, block.fc1), await rounded(exact.fc2, block.fc2)];
      return { ...block, qkv, proj, fc1, fc2 };
    }));
    const patchEmbed = await rounded(full.weights.patchEmbed, halves.weights.patchEmbed);
    const same = { ...halves, weights: { ...halves.weights, patchEmbed, blocks } };
    const expected = await keys(gpu, vitBackbone(same));
    const actual = await keys(gpu, vitBackbone(halves));
    if (gpu.adapter.software) assertSame(actual, expected);
    else assertClose(actual, expected, { relative: 1e-5 }); // f32 sums, compiled apart
  });

  test("move the keys by what the rounding allows", async (gpu) => {
    const bytes = bytesOf(parts());
    const expected = await keys(gpu, await load(gpu, bytes));
    const actual = await keys(gpu, await load(gpu, bytes, { weights: "f16" }));
    // Roundings of at most 2^-11, up or down, move a product by 2^-11 / √3 of its size. Products in a
    // row are the patches', four of each block below the last, and the keys'; each moves its input's
    // error on by about as much as its input, norms and residuals included, so that errors add up
    // as squares. √3 is left for the largest of them.
    const products = 2 + 4 * (DEPTH - 1);
    assertClose(actual, expected, { relative: Math.sqrt(products) * 2 ** -11 });
    assert.notDeepEqual(actual, expected);
  });

  test("refuse what a half cannot hold, and give back what they took", async (gpu) => {
    const { tensors, metadata } = parts();
    const weight = tensors.get("blocks.1.mlp.fc2.weight")!;
    new Float32Array(weight.data.buffer)[3] = -65505;
    const before = gpu.memory.liveBytes;
    const bytes = bytesOf({ tensors, metadata });
    await assert.rejects(load(gpu, bytes, { weights: "f16" }), {
      name: "CheckpointError",
      message: 'checkpoint: "blocks.1.mlp.fc2.weight" must be within ±65504 to be kept in f16, ' +
        "got -65505; load it in f32",
    });
    assert.equal(gpu.memory.liveBytes, before);
  });

  test("are not for ResNets", async (gpu) => {
    const tensors = [...shapes(SHAPES.narrow)].map(([name, shape]) => [name, tensor(...shape)]);
    const bytes = bytesOf({ metadata: {}, tensors: new Map(tensors as [string, SafeTensor][]) });
    await assert.rejects(load(gpu, bytes, { weights: "f16" }), {
      name: "CheckpointError",
      message:
        "checkpoint: the weights of a ResNet must be f32, got f16, which is for transformers",
    });
  });

  test("are planned for without reading them", async () => {
    const planner = await openPlanner();
    const bytes = bytesOf(parts());
    const full = await load(planner, bytes, { values: "zeros" });
    const halves = await load(planner, bytes, { values: "zeros", weights: "f16" });
    assert.equal(matrixBytes(halves), matrixBytes(full) / 2);
    planner.close();
  });
});
