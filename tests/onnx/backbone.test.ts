/** onnxruntime's word on our transformer: a second opinion that shares nothing with our kernels. */
import assert from "node:assert/strict";
import { Gpu, openPlanner, sizeClass } from "@fiedler/gpu";
import { TINY_VIT } from "@fiedler/models";
import { onnxBackbone, type OnnxOptions } from "@fiedler/onnx";
import { assertClose } from "../support/conformance.ts";
import { packPictures } from "../support/pictures.ts";
import { embedded } from "../support/vit.ts";
import { hostVit, vitOnnx } from "../support/vit_onnx.ts";

const GRID = [4, 6] as const;
const PIXELS = GRID[0] * GRID[1] * TINY_VIT.patch ** 2;
const { mean, std, patch, dim } = TINY_VIT;
const WEIGHTS = new URL("../../fixtures/weights/mae-tiny.safetensors", import.meta.url);
const VIT = await hostVit(await Deno.readFile(WEIGHTS), TINY_VIT);
const MODEL = vitOnnx(VIT, { grid: GRID });
const OPTIONS: OnnxOptions = { patch, mean, std, runtime: "wasm" };
const { Worker } = globalThis;

/** Two pictures that differ: bytes without a pattern that repeats with the patches. */
const PICTURES = [1, 2].map((seed) =>
  Uint8Array.from({ length: 3 * PIXELS }, (_, i) => Math.imul(i + 1, 2654435761 * seed) >>> 24)
);

/** A test with a device of its own, freed even where it fails. */
function onDevice(name: string, body: (gpu: Gpu) => Promise<void>): void {
  Deno.test({
    name,
    // onnxruntime keeps its WebAssembly for the next session.
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      const gpu = await Gpu.open();
      try {
        await body(gpu);
        await gpu.settle(); // the device is alive
      } finally {
        gpu.close();
      }
    },
  });
}

/** What a graph says of the pictures, `[images, patches, dim]`; nothing stays on the GPU. */
async function second(gpu: Gpu, model: Uint8Array, options: OnnxOptions): Promise<Float32Array> {
  const before = gpu.memory.liveBytes;
  const backbone = await onnxBackbone(gpu, model, options);
  const rgb = gpu.upload(packPictures(PICTURES), [2, 3 * PIXELS / 4]);
  const features = await backbone.compute(gpu, rgb, GRID);
  const values = await gpu.read(features);
  gpu.free(rgb, features);
  await backbone.release();
  assert.equal(gpu.memory.liveBytes, before);
  assert.equal(globalThis.Worker, Worker, "onnxruntime has put Node's in its place");
  return values;
}

/** What our own kernels say of the same: the keys of the last layer. */
async function ours(gpu: Gpu): Promise<Float32Array> {
  const backbone = await embedded(gpu, "mae-tiny");
  const rgb = gpu.upload(packPictures(PICTURES), [2, 3 * PIXELS / 4]);
  return await gpu.read(backbone.features(gpu, rgb, GRID));
}

// Four blocks of f32 sums of up to 512 terms, in another order: a sum of n terms is off by some
// √n · 2^-24, 1.3e-6, and eight residual branches one behind the other add up to 1e-5.
const TOLERANCE = { relative: 2e-5 };

onDevice("onnxruntime agrees with our transformer in every layer and facet", async (gpu) => {
  const backbone = await embedded(gpu, "mae-tiny");
  const rgb = gpu.upload(packPictures(PICTURES), [2, 3 * PIXELS / 4]);
  for (let layer = 0; layer < TINY_VIT.depth; layer++) {
    for (const facet of ["query", "key", "value", "token"] as const) {
      const output = facet === "token" ? `blocks.${layer}` : `blocks.${layer}.${facet}`;
      const there = await second(gpu, MODEL, { ...OPTIONS, output });
      const here = await gpu.read(backbone.features(gpu, rgb, GRID, { layer, facet }));
      assertClose(here, there, TOLERANCE);
    }
  }
});

onDevice(
  "keys of a joint projection, of heads, and of one picture at a time",
  async (gpu) => {
    const expected = await ours(gpu);
    const qkv = { output: "blocks.3.qkv", columns: [dim, 2 * dim] } as const;
    assertClose(await second(gpu, MODEL, { ...OPTIONS, ...qkv }), expected, TOLERANCE);
    const heads = { output: "blocks.3.keys", columns: [0, dim] } as const;
    assertClose(await second(gpu, MODEL, { ...OPTIONS, ...heads }), expected, TOLERANCE);
    const single = vitOnnx(VIT, { grid: GRID, batch: 1 });
    const key = { output: "blocks.3.key" };
    assertClose(await second(gpu, single, { ...OPTIONS, ...key }), expected, TOLERANCE);
  },
);

onDevice("two calls at once take turns, and an offset is added", async (gpu) => {
  const backbone = await onnxBackbone(gpu, MODEL, { ...OPTIONS, output: "blocks.3.key" });
  const rgb = gpu.upload(packPictures(PICTURES), [2, 3 * PIXELS / 4]);
  const offset = gpu.upload(new Float32Array(GRID[0] * GRID[1] * dim).fill(0.5), [24, dim]);
  const [plain, moved] = await Promise.all([
    backbone.compute(gpu, rgb, GRID),
    backbone.compute(gpu, rgb, GRID, { offset }),
  ]);
  const expected = await ours(gpu);
  assertClose(await gpu.read(plain), expected, TOLERANCE);
  assertClose(await gpu.read(moved), expected.map((value) => value + 0.5), TOLERANCE);
  await backbone.release();
});

onDevice("a map of a convolution has its channels last", async (gpu) => {
  // The patch embedding without its transposition: [batch, dim, rows, columns].
  const there = await second(gpu, MODEL, { ...OPTIONS, output: "patches" });
  assertClose(there, embedding(), { relative: 1e-5 }); // a sum of 192 terms: √192 · 2^-24
});

Deno.test("a plan of memory counts weights and needs no session", async () => {
  const planner = await openPlanner();
  const backbone = await onnxBackbone(planner, MODEL, { ...OPTIONS, output: "blocks.3.key" });
  const [parameters] = backbone.parameters;
  // Three blocks of 12 dim², projections of the fourth, patches, norms: not its attention and MLP.
  const blocks = parameters.shape[0] / (12 * dim ** 2);
  assert.ok(blocks > 3 && blocks < 3.6, `weights of ${blocks} blocks`);
  assert.equal(planner.memory.liveBytes, sizeClass(4 * parameters.shape[0]));
  const rgb = planner.zeros([2, 3 * PIXELS / 4], "u32");
  const features = await backbone.compute(planner, rgb, GRID);
  assert.deepEqual(features.shape, [2, 24, dim]);
});

/** The patch embedding by its definition, in f64. */
function embedding(): Float64Array {
  const weight = VIT.weights.get("patch_embed.proj.weight")!.data;
  const bias = VIT.weights.get("patch_embed.proj.bias")!.data;
  const out: number[] = [];
  for (const picture of PICTURES) {
    for (let cell = 0; cell < GRID[0] * GRID[1]; cell++) {
      const [row, column] = [Math.floor(cell / GRID[1]) * patch, cell % GRID[1] * patch];
      for (let d = 0; d < dim; d++) {
        let sum = bias[d];
        for (let at = 0; at < 3 * patch ** 2; at++) {
          const [channel, y, x] = [
            Math.floor(at / patch ** 2),
            Math.floor(at / patch) % patch,
            at % patch,
          ];
          const level = picture[3 * ((row + y) * GRID[1] * patch + column + x) + channel];
          sum += weight[d * 3 * patch ** 2 + at] * (level / 255 - mean[channel]) / std[channel];
        }
        out.push(sum);
      }
    }
  }
  return Float64Array.from(out);
}
