/** What is wrong with a graph, or with what is said of it, is said in words. */
import assert from "node:assert/strict";
import { Gpu, openPlanner } from "@fiedler/gpu";
import { onnxBackbone, type OnnxOptions } from "@fiedler/onnx";
import { featuresIn } from "../../packages/onnx/layout.ts";
import { OnnxGraph } from "../../tools/bench/peers/onnx_graph.ts";

const PATCH = 4;
const WIDTH = 8;
const SHAPE = ["batch", 3, "height", "width"] as const;
const FLOAT16 = 10;

/** Patches by a convolution, as a map, named `map`; a joint projection `qkv`; nothing else. */
function graphOf(
  { shape = SHAPE, type, op = "Conv", inputs = ["pixels"] }: {
    readonly shape?: readonly (number | string)[];
    readonly type?: number;
    readonly op?: string;
    readonly inputs?: readonly string[];
  } = {},
): Uint8Array<ArrayBuffer> {
  const graph = new OnnxGraph(17);
  for (const name of inputs) graph.declare("input", name, shape, type);
  const data = new Float32Array(WIDTH * 3 * PATCH ** 2).fill(0.01);
  const kernel = graph.weight({ shape: [WIDTH, 3, PATCH, PATCH], data });
  const sum = inputs.length > 1 ? graph.node("Add", inputs) : inputs[0];
  const sides = { kernel_shape: [PATCH, PATCH], strides: [PATCH, PATCH] };
  graph.node(op, [sum, kernel], sides, { names: ["map"] });
  graph.node("Relu", ["map"], {}, { names: ["attn/qkv"] });
  graph.node("Transpose", ["map"], { perm: [0, 2, 3, 1] }, { names: ["turned"] });
  graph.declare("output", "attn/qkv");
  graph.declare("output", "turned");
  return graph.bytes();
}

/** The error of a graph whose session is never opened. */
async function refused(
  model: Uint8Array,
  options: Partial<OnnxOptions>,
  expected: { readonly name: string; readonly message: string | RegExp },
): Promise<void> {
  const planner = await openPlanner();
  await assert.rejects(onnxBackbone(planner, model, { patch: PATCH, ...options }), expected);
}

const checkpoint = (message: string | RegExp) => ({ name: "CheckpointError", message });
const format = (message: string | RegExp) => ({ name: "FormatError", message });
const range = (message: string | RegExp) => ({ name: "RangeError", message });

Deno.test("what is no model is a format error, wherever it ends", async () => {
  const model = graphOf();
  await refused(new Uint8Array(0), {}, format("onnx: the file has no graph; is it an ONNX model?"));
  await refused(new TextEncoder().encode("garbage"), {}, format(/^protobuf: /));
  for (let length = 1; length < model.length; length += 97) {
    await refused(model.subarray(0, length), { output: "map" }, format(/^(protobuf|onnx): /));
  }
});

Deno.test("an output that is not there, or not chosen, is named with others", async () => {
  const near = `onnx: there is no tensor "qkv"; near: attn/qkv; the last that sound like keys: ` +
    "attn/qkv";
  await refused(graphOf(), { output: "qkv" }, checkpoint(near));
  const two = "onnx: the graph has 2 outputs (attn/qkv, turned): name one as the output, or a " +
    "value inside of it";
  await refused(graphOf(), {}, checkpoint(two));
  const untold = `onnx: the graph does not tell the width of "turned": give the columns to take, ` +
    "such as 0 to 768 for all of 768";
  await refused(graphOf(), { output: "turned" }, checkpoint(untold));
  const beyond = `onnx: columns 4 to 9 of "map", which has 8`;
  await refused(graphOf(), { output: "map", columns: [4, 9] }, checkpoint(beyond));
});

Deno.test("a graph that does not take pictures says what it takes", async () => {
  const needs = "onnx: the output must depend on one input of pictures, " +
    "F32 [batch, 3, height, width]; this depends on ";
  const output = "map";
  const half = `${needs}"pixels" F16 [batch, 3, height, width]`;
  await refused(graphOf({ type: FLOAT16 }), { output }, checkpoint(half));
  const grey = `${needs}"pixels" F32 [1, 1, 8, 8]`;
  await refused(graphOf({ shape: [1, 1, 8, 8] }), { output }, checkpoint(grey));
  const two = `${needs}"a" F32 [1, 3, 8, 8], "b" F32 [1, 3, 8, 8]`;
  const inputs = ["a", "b"];
  await refused(graphOf({ shape: [1, 3, 8, 8], inputs }), { output }, checkpoint(two));
  const many = `onnx: the graph takes 4 pictures at once, "pixels" F32 [4, 3, 8, 8]; export it ` +
    "for one, or for any number";
  await refused(graphOf({ shape: [4, 3, 8, 8] }), { output }, checkpoint(many));
});

Deno.test("many more tokens than patches tell of another patch, unless they are skipped", () => {
  const about = { output: "x", images: 1 } as const;
  assert.equal(featuresIn([1, 22, WIDTH], [2, 3], about).base, 16 * WIDTH);
  assert.equal(featuresIn([1, 25, WIDTH], [2, 3], { ...about, skip: 1 }).base, WIDTH);
  assert.throws(
    () => featuresIn([1, 25, WIDTH], [2, 3], about),
    checkpoint(
      /^onnx: "x" is \[1, 25, 8\] for .* needed are \[1, 6 to 22, dim\], .* the size of a patch/,
    ),
  );
});

Deno.test("options out of range are refused", async () => {
  const say = (what: string) => range(`onnxBackbone: ${what}`);
  const cases: readonly [Partial<OnnxOptions>, string][] = [
    [{ patch: 0 }, "patch must be a whole number of pixels, got 0"],
    [{ skip: -1 }, "skip must be a whole number of tokens, got -1"],
    [{ columns: [3, 3] }, "columns must be whole numbers, the first below the last, got 3,3"],
    [{ mean: [0, 0] }, "mean must be three numbers, got 0,0"],
    [{ std: [1, 0, 1] }, "std must be three numbers above 0, got 1,0,1"],
  ];
  for (const [options, what] of cases) await refused(graphOf(), options, say(what));
});

Deno.test({
  name: "onnxruntime's own refusals, and pictures that do not fit",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const gpu = await Gpu.open();
    try {
      const options = { patch: PATCH, output: "map", runtime: "wasm" } as const;
      const unknown = graphOf({ op: "NoSuchOperation" });
      await assert.rejects(
        onnxBackbone(gpu, unknown, { ...options, columns: [0, WIDTH] }),
        checkpoint(/^onnx: onnxruntime \(wasm\) refuses the graph: .*NoSuchOperation/s),
      );
      const rgb = gpu.zeros([1, 3 * (3 * PATCH) * (2 * PATCH) / 4], "u32");
      const fixed = await onnxBackbone(gpu, graphOf({ shape: [1, 3, 8, 8] }), options);
      await assert.rejects(
        fixed.compute(gpu, rgb, [3, 2]),
        range(
          "onnxBackbone: the graph takes pictures of 8 × 8 pixels, got 12 × 8; resize them to " +
            "that, or export it with sizes that vary",
        ),
      );
      // Patches of 4 pixels taken for patches of 2: the map is too small.
      const wrong = await onnxBackbone(gpu, graphOf(), { ...options, patch: PATCH / 2 });
      await assert.rejects(
        wrong.compute(gpu, rgb, [6, 4]),
        checkpoint(
          /^onnx: "map" is \[1, 8, 3, 2\] for a batch of 1, 6 × 4 patches each; needed are /,
        ),
      );
      assert.throws(() => wrong.features(gpu, rgb, [6, 4]), range(/use compute\(\)$/));
      await assert.rejects(
        wrong.compute(gpu, rgb, [6, 4], { facet: "token" }),
        range(/got token of -1$/),
      );
      await Promise.all([fixed.release(), wrong.release()]);
      assert.deepEqual((await gpu.read(rgb)).length, 72); // the device is alive
    } finally {
      gpu.close();
    }
  },
});
