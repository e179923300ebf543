/** Graphs on the command line, under the permissions that its tasks grant. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { rleFromString, rleIou } from "@fiedler/coco";
import { Gpu } from "@fiedler/gpu";
import { encodePng, readNpy } from "@fiedler/io";
import { TINY_VIT } from "@fiedler/models";
import { findModel, openModel } from "../../packages/cli/weights.ts";
import { onnxOptions } from "../../packages/cli/onnx_options.ts";
import { ONNX_FLAGS } from "../../packages/cli/onnx_flags.ts";
import { inFolder } from "../cli/support.ts";
import { assertClose } from "../support/conformance.ts";
import { packPictures } from "../support/pictures.ts";
import { embedded } from "../support/vit.ts";
import { hostVit, vitOnnx } from "../support/vit_onnx.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const GRID = [6, 8] as const;
const { patch, dim } = TINY_VIT;
const [HEIGHT, WIDTH] = GRID.map((side) => side * patch);
const HALVES = ["--onnx-mean", "0.5,0.5,0.5", "--onnx-std", "0.5,0.5,0.5"];
const PICTURE = blocks();

/** Two bright blocks on a dark ground that is not flat. */
function blocks(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: 3 * HEIGHT * WIDTH }, (_, i) => {
    const [y, x] = [Math.floor(i / 3 / WIDTH), Math.floor(i / 3) % WIDTH];
    const inside = y >= 8 && y < 32 && (x < 24 || (x >= 40 && x < 56));
    return (inside ? 200 - 60 * (i % 3) : 30) + i * i % 23;
  });
}

/** A picture and a graph of the embedded model, for pictures of this size alone. */
async function prepared(folder: string): Promise<{ picture: string; graph: string }> {
  const [picture, graph] = [join(folder, "a.png"), join(folder, "vit.onnx")];
  const png = await encodePng({ width: WIDTH, height: HEIGHT, channels: 3, data: PICTURE });
  await Deno.writeFile(picture, png);
  const weights = await Deno.readFile(join(ROOT, "fixtures/weights/mae-tiny.safetensors"));
  await Deno.writeFile(graph, vitOnnx(await hostVit(weights, TINY_VIT), { grid: GRID }));
  return { picture, graph };
}

/** Runs a command as its task does; gives its error output. */
async function runTask(task: string, args: readonly string[]): Promise<string> {
  const { tasks } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  const [, ...flags] = (tasks[task] as string).split(" ");
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...flags, ...args],
    cwd: ROOT,
    stdout: "null",
    stderr: "piped",
  }).output();
  return new TextDecoder().decode(stderr);
}

Deno.test("`features` takes a value inside of a graph, computed on the device", () =>
  inFolder(async (folder) => {
    const { picture, graph } = await prepared(folder);
    const out = join(folder, "keys");
    const how = ["--onnx-patch", `${patch}`, "--onnx-output", "blocks.0.qkv", ...HALVES];
    const columns = ["--onnx-columns", `${dim}:${2 * dim}`];
    const said = await runTask("features", [
      ...[picture, "--model", graph, "--out", out],
      ...[...how, ...columns],
    ]);
    assert.match(said, /computed by onnxruntime-web \(webgpu\)/);
    const found = readNpy(await Deno.readFile(join(out, "a.npy")));
    const gpu = await Gpu.open();
    const rgb = gpu.upload(packPictures([PICTURE]), [1, PICTURE.length / 4]);
    const backbone = await embedded(gpu, "mae-tiny");
    const keys = await gpu.read(backbone.features(gpu, rgb, GRID, { layer: 0 }));
    gpu.close();
    // As in backbone.test.ts.
    assertClose(Array.from(found.data, Number), keys, { relative: 2e-5 });
  }));

Deno.test("`propose` finds through a graph what it finds with the model itself", () =>
  inFolder(async (folder) => {
    const { picture, graph } = await prepared(folder);
    const how = ["--onnx-patch", `${patch}`, "--onnx-output", "blocks.3.key", ...HALVES];
    const models = [
      ["--model", graph, ...how, "--onnx-runtime", "wasm"],
      ["--model", "mae-tiny"],
    ];
    const [found, expected] = await Promise.all(models.map(async (model, i) => {
      const out = join(folder, `run ${i}`);
      const rest = ["--center", "grey", "--resize", "native", "--out", out];
      const said = await runTask("propose", [picture, ...model, ...rest]);
      const path = join(out, "proposals.coco.json");
      const text = await Deno.readTextFile(path).catch(() => assert.fail(said));
      const masks = JSON.parse(text) as {
        segmentation: { size: [number, number]; counts: string };
      }[];
      return masks.map(({ segmentation: { size, counts } }) => ({
        size,
        counts: rleFromString(counts),
      }));
    }));
    assert.ok(expected.length > 0);
    assert.equal(found.length, expected.length);
    // As in proposals.test.ts.
    found.forEach((mask, i) => assert.ok(rleIou([mask], [expected[i]], [false])[0] >= 0.999));
  }));

const NONE = Object.fromEntries(
  Object.keys(ONNX_FLAGS).map((name) => [name, undefined]),
) as Parameters<typeof onnxOptions>[0];

Deno.test("flags of graphs go together, and within bounds", () => {
  assert.equal(onnxOptions(NONE), undefined);
  const refused: readonly [object, string][] = [
    [{ "onnx-output": "x" }, "--onnx-output is for graphs that are run as they are"],
    [
      { "onnx-patch": 16, "onnx-columns": "8:8" },
      "--onnx-columns must begin below where it ends",
    ],
    [{ "onnx-patch": 16, "onnx-std": "1,0,1" }, "--onnx-std must be above 0"],
  ];
  for (const [values, what] of refused) {
    assert.throws(() => onnxOptions({ ...NONE, ...values }), { what, exit: 2 });
  }
  const { patch, columns, mean, skip } = onnxOptions({
    ...{ ...NONE, "onnx-patch": 16, "onnx-columns": "8:16", "onnx-mean": "0.5,-1,0" },
    "onnx-skip": 5,
  })!;
  assert.deepEqual([patch, columns, mean, skip], [16, [8, 16], [0.5, -1, 0], 5]);
});

Deno.test("what is wrong with a graph is said with the file and the flags", () =>
  inFolder(async (folder) => {
    const { graph } = await prepared(folder);
    const find = (onnx?: Parameters<typeof findModel>[0]["onnx"], file = graph) =>
      findModel({ nameOrFile: file, flag: "model", onnx });
    const where = { where: graph, exit: 4 };
    await assert.rejects(find({ patch, output: "blocks.3.keyy" }), {
      ...where,
      message: /^onnx: there is no tensor "blocks.3.keyy"; near: blocks.3.key, /,
      advice: "see --onnx-output, --onnx-patch and the other flags of graphs",
    });
    await assert.rejects(find(), {
      ...where,
      message: /^checkpoint: no model that is known in this onnx file/,
      advice: "to run the graph as it is, give --onnx-patch N and --onnx-output NAME",
    });
    await assert.rejects(find({ patch }, join(ROOT, "fixtures/weights/mae-tiny.safetensors")), {
      exit: 4,
      advice: "--onnx-patch is for ONNX files; leave it out for other checkpoints",
    });
    const model = await find({ patch, output: "blocks.3.key", runtime: "wasm" });
    using opened = await openModel(model);
    const gpu = await Gpu.open();
    try {
      const backbone = await opened.model.load(gpu);
      const rgb = gpu.zeros([1, 3 * patch ** 2 / 4], "u32");
      await assert.rejects(backbone.compute!(gpu, rgb, [1, 1]), {
        ...{ where: graph, exit: 2, advice: "give --resize fixed:HxW" },
        message: /^onnxBackbone: the graph takes pictures of 48 × 64 pixels, got 8 × 8;/,
      });
      await backbone.release!();
    } finally {
      gpu.close();
    }
  }));
