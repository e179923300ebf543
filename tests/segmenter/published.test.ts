import assert from "node:assert/strict";
import { type Gpu, tensorsIn } from "@fiedler/gpu";
import {
  bytesSource,
  openTensorFile,
  readNpy,
  type TensorEntry,
  type TensorFile,
} from "@fiedler/io";
import { inferenceLayers, type Solov2LayoutId } from "@fiedler/models";
import { type FoundSegmenter, recogniseSegmenter } from "@fiedler/segmenter";
import { assertClose, conformance } from "../support/conformance.ts";
import { hashed } from "../support/hashed.ts";
import { packPictures } from "../support/pictures.ts";

const FIXTURES = new URL("../../fixtures/segmenter/published/", import.meta.url);
const fixture = (name: string) => Deno.readFileSync(new URL(name, FIXTURES));

interface Case {
  readonly categories: number;
  readonly convs: number;
  readonly kernel: number;
  readonly shapes: Readonly<Record<"categories" | "kernels" | "features", readonly number[]>>;
}

const golden: {
  readonly size: readonly [number, number];
  readonly steps: { readonly cells: number; readonly pixels: number };
  readonly cases: Readonly<Record<Solov2LayoutId, Case>>;
} = JSON.parse(new TextDecoder().decode(fixture("goldens.json")));
const LAYOUTS = Object.keys(golden.cases) as Solov2LayoutId[];

const open = (layout: Solov2LayoutId): Promise<TensorFile> =>
  openTensorFile(bytesSource(fixture(`${layout}.pth`)));

async function found(layout: Solov2LayoutId): Promise<FoundSegmenter> {
  return recogniseSegmenter(await open(layout))!;
}

/** The file with some of its tensors changed. */
function changed(file: TensorFile, change: (tensors: Map<string, TensorEntry>) => void) {
  const tensors = new Map(file.tensors);
  change(tensors);
  return { ...file, tensors };
}

/** The picture of the goldens. */
const PICTURE = Uint8Array.from(
  hashed("picture", [...golden.size, 3]),
  (value) => Math.min(Math.floor((value + 1) * 128), 255),
);

/** What a segmenter makes of the picture: the parts that the goldens hold. */
async function run(gpu: Gpu, segmenter: FoundSegmenter): Promise<Record<string, Float32Array>> {
  const { source, network } = await segmenter.load(gpu);
  const words = packPictures([PICTURE]);
  const rgb = gpu.upload(words, [1, words.length]);
  const maps = await source.maps(gpu, rgb, golden.size);
  const out = network.forward(inferenceLayers(gpu), maps);
  const levels = out.categories.length;
  const values = await gpu.readAll([...out.categories, ...out.kernels, out.features]);
  gpu.free(rgb, ...maps, ...tensorsIn(out), ...network.parameters.map(({ tensor }) => tensor));
  source.free(gpu);
  const { kernel } = golden.cases[segmenter.layout];
  return {
    categories: joined(values.slice(0, levels)),
    kernels: everyRow(joined(values.slice(levels, 2 * levels)), kernel, golden.steps.cells),
    features: everyRow(values[2 * levels], kernel, golden.steps.pixels),
  };
}

const joined = (parts: readonly Float32Array[]): Float32Array =>
  Float32Array.from(parts.flatMap((part) => [...part]));

/** Every `step`th row of a matrix. */
const everyRow = (values: Float32Array, columns: number, step: number): Float32Array =>
  values.filter((_, i) => Math.floor(i / columns) % step === 0);

/** The same parts as torch has them. */
function expectedOf(layout: Solov2LayoutId): Record<string, Float32Array> {
  const values = readNpy(fixture(`${layout}.npy`)).data as Float32Array;
  let at = 0;
  const parts = Object.entries(golden.cases[layout].shapes).map(([name, shape]) =>
    [name, values.subarray(at, at += shape.reduce((a, b) => a * b))] as const
  );
  assert.equal(at, values.length);
  return Object.fromEntries(parts);
}

// A sum of n f32 terms rounds by about √n · 2^-24 of its size: 1e-6 for the longest, n = 288. What
// some twenty convolutions lose adds up incoherently. llvmpipe is off by 1.3e-6 at most; channels the
// other way round, by more than a half.
const PRECISION = { relative: 1e-5 };

conformance("recogniseSegmenter()", (test) => {
  for (const layout of LAYOUTS) {
    test(`${layout}: loads what torch has in f64`, async (gpu) => {
      const before = gpu.memory.liveBytes;
      const actual = await run(gpu, await found(layout));
      for (const [name, expected] of Object.entries(expectedOf(layout))) {
        assertClose(actual[name], expected, PRECISION);
      }
      assert.equal(gpu.memory.liveBytes, before, "all is given back");
    });
  }

  test("what a layout takes for granted decides", async (gpu) => {
    // The same tensors without FreeSOLO's sign are taken for AdelaiDet's: blue first, other strides.
    const file = changed(await open("freesolo"), (tensors) => {
      for (const name of [...tensors.keys()]) {
        if (/emb_pred|_iter$/.test(name)) tensors.delete(name);
      }
    });
    const segmenter = { ...recogniseSegmenter(file)!, layout: "freesolo" as const };
    const actual = await run(gpu, segmenter);
    const expected = expectedOf("freesolo");
    assert.throws(() => assertClose(actual.features, expected.features, { relative: 0.1 }));
  });

  test("strides at the first convolutions cost less", async (gpu) => {
    const flops = async (layout: Solov2LayoutId) => {
      const { source, network } = await (await found(layout)).load(gpu);
      gpu.free(...network.parameters.map(({ tensor }) => tensor));
      source.free(gpu);
      return source.flops(golden.size);
    };
    // Three stages spare 2 · inputs · outputs of a 1 × 1 at three quarters of its pixels.
    const spared = [[384, 8, 4], [96, 12, 4], [24, 16, 8]]
      .reduce((sum, [pixels, from, to]) => sum + 2 * from * to * pixels * 3 / 4, 0);
    assert.equal(await flops("freesolo") - await flops("adelaidet"), spared);
  });

  test("a file that cannot be read to its end leaves nothing on the GPU", async (gpu) => {
    const before = gpu.memory.liveBytes;
    for (const part of ["backbone.bn1.bias", "neck.fpn_convs.3.conv.bias"]) {
      const file = changed(await open("solo"), (tensors) => {
        const name = `state_dict.${part}`;
        const read = () => Promise.reject(new Error("torn"));
        tensors.set(name, { ...tensors.get(name)!, read });
      });
      await assert.rejects(recogniseSegmenter(file)!.load(gpu), /torn/);
      assert.equal(gpu.memory.liveBytes, before);
    }
  });
});

/** Tensors without which a file is of none of the layouts; FreeSOLO's is of AdelaiDet's. */
const SIGNS: Readonly<Partial<Record<Solov2LayoutId, string>>> = {
  adelaidet: "model.ins_head.cate_pred.weight",
  solo: "state_dict.bbox_head.solo_cate.weight",
  mmdetection: "state_dict.mask_head.mask_feature_head.conv_pred.conv.weight",
};

for (const layout of LAYOUTS) {
  Deno.test(`recogniseSegmenter() takes ${layout}'s sizes from shapes`, async () => {
    const { config, classes, ...segmenter } = await found(layout);
    const { categories, convs, kernel } = golden.cases[layout];
    assert.equal(segmenter.layout, layout);
    assert.equal(classes, categories);
    assert.deepEqual(config.heads, {
      ...{ categories, convs, channels: 4, width: 32, groups: 32, maskWidth: 32 },
      ...{ maskChannels: kernel, grids: [40, 36, 24, 16, 12], prior: 0.01 },
    });
    const light = convs === 2;
    assert.deepEqual([config.shortSide, config.longest], light ? [448, 768] : [800, 1333]);
    assert.deepEqual(config.scaleRanges[4], light ? [224, 896] : [384, 2048]);
  });

  Deno.test(`recogniseSegmenter() names what ${layout}'s file lacks`, async () => {
    const file = await open(layout);
    const { notes } = recogniseSegmenter(file)!;
    const aside = notes.find((note) => note.startsWith("left aside")) ?? "";
    for (const name of file.tensors.keys()) {
      if (/emb_pred|_iter$|num_batches_tracked$|^optimizer\./.test(name)) {
        assert.match(aside, /emb_pred|num_batches_tracked|outside of/, name);
        continue;
      }
      const without = changed(file, (tensors) => tensors.delete(name));
      if (name === SIGNS[layout]) {
        assert.equal(recogniseSegmenter(without), null, name);
        continue;
      }
      assert.throws(() => recogniseSegmenter(without), { name: "CheckpointError" }, name);
    }
  });

  Deno.test(`recogniseSegmenter() names what is surplus or odd in ${layout}'s file`, async () => {
    const file = await open(layout);
    const names = [...file.tensors.keys()];
    const bias = names.find((name) => /cate_pred|solo_cate|conv_cls/.test(name))!
      .replace("weight", "bias");
    const root = bias.slice(0, bias.indexOf(".") + 1);
    const refused = (change: (tensors: Map<string, TensorEntry>) => void, message: RegExp) =>
      assert.throws(() => recogniseSegmenter(changed(file, change)), {
        name: "CheckpointError",
        message,
      });
    const entry = file.tensors.get(bias)!;
    const like = bias.replaceAll(".", "\\.");
    refused((tensors) => tensors.delete(bias), new RegExp(`"${like}" \\[\\d\\] is missing`));
    refused(
      (tensors) => tensors.set(bias, { ...entry, shape: [7] }),
      new RegExp(`"${like}" must be \\[\\d\\], got \\[7\\]`),
    );
    refused(
      (tensors) => tensors.set(`${root}ins_head.more.weight`, entry),
      /1 tensors have no place in the model: "\w+\.ins_head\.more\.weight"/,
    );
    refused(
      (tensors) => tensors.set(`${root}backbone.layer2.0.conv2.conv_offset.weight`, entry),
      /conv_offset\.weight" is of a deformable convolution, which is not read/,
    );
    refused((tensors) => {
      const width = { ...entry, shape: [30, 6, 3, 3] };
      for (const name of names) {
        if (/kernel_(tower|convs)\.0\.(conv\.)?weight$/.test(name)) tensors.set(name, width);
      }
    }, /solov2: width must be a multiple of 4 and of its 32 groups, got 30/);
    refused((tensors) => {
      for (const [name, entry] of file.tensors) tensors.set(`ema.${name}`, entry);
    }, /several segmenters, below "\w+\.", "ema\.\w+\."/);
  });
}

Deno.test("recogniseSegmenter() says what it took for granted and left aside", async () => {
  const notes = (await found("freesolo")).notes.join("\n");
  assert.match(notes, /as in FreeSOLO, .*red first, ImageNet's mean and deviation, .* 3 × 3 /);
  assert.match(
    notes,
    /left aside: _iter, ins_head\.emb_pred\.weight, ins_head\.emb_pred\.bias, 1 tensors outside/,
  );
  const others = (await found("adelaidet")).notes.join("\n");
  assert.match(others, /blue first, ImageNet's mean alone, strides at the 1 × 1 convolutions/);
  assert.match(others, /a light network, so pictures of 448 × at most 768 pixels/);
  assert.match((await found("solo")).notes.join("\n"), /left aside: 2\d counters num_batches/);
});

Deno.test("recogniseSegmenter() knows a network without a root, and under another one", async () => {
  for (const root of ["", "student.model."]) {
    const file = await open("mmdetection");
    const tensors = new Map(
      [...file.tensors].map(([name, entry]) => [name.replace(/^state_dict\./, root), entry]),
    );
    assert.equal(recogniseSegmenter({ ...file, tensors })?.layout, "mmdetection");
  }
});

Deno.test("recogniseSegmenter() has nothing to say of other files", async () => {
  const fixtures = new URL("../../fixtures/", import.meta.url);
  for (const path of ["checkpoints/densecl.pth", "checkpoints/mae.pth", "images/f4.npy"]) {
    const file = await openTensorFile(bytesSource(Deno.readFileSync(new URL(path, fixtures))));
    assert.equal(recogniseSegmenter(file), null, path);
  }
});
