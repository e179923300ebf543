import assert from "node:assert/strict";
import { Gpu, GpuMemoryError, openPlanner } from "@fiedler/gpu";
import { bytesSource, openSafetensors, type TensorFile } from "@fiedler/io";
import { recognise } from "@fiedler/models";
import {
  type Extractor,
  makeProposer,
  PAPER,
  planBatches,
  PRACTICAL,
  type PreparedPicture,
  type ProposalOptions,
} from "@fiedler/pipeline";
import { cpuTime } from "../../tools/bench/cpu_time.ts";
import { generator } from "../support/random.ts";

const WEIGHTS = new URL("../../fixtures/weights/", import.meta.url);

/** An embedded model: its weights, or zeros in their place. */
async function extractor(gpu: Gpu, name: string, values?: "zeros"): Promise<Extractor> {
  const bytes = await Deno.readFile(new URL(`${name}.safetensors`, WEIGHTS));
  const backbone = await recognise(await openSafetensors(bytesSource(bytes))).load(gpu, { values });
  return { name, sha256: name, backbone, centred: true };
}

/** A picture of coloured blocks, different for each seed. */
function picture([rows, columns]: readonly [number, number], seed: number): PreparedPicture {
  const [height, width] = [8 * rows, 8 * columns];
  const next = generator(seed);
  const palette = Array.from({ length: 48 }, () => Math.floor(256 * next()));
  const data = new Uint8Array(3 * height * width);
  for (let i = 0; i < height * width; i++) {
    const block = 4 * Math.floor(4 * i / (height * width)) + Math.floor(4 * (i % width) / width);
    data.set(palette.slice(3 * block, 3 * block + 3), 3 * i);
  }
  const size = [height, width] as const;
  const pixels = { height, width, data };
  return { image: `${seed}`, id: seed, sha256: "", size, resized: size, pixels };
}

interface Case {
  readonly name: string;
  /** `[rows, columns, pictures]` of each batch. */
  readonly batches: readonly (readonly [number, number, number])[];
  readonly options?: Partial<ProposalOptions>;
  readonly saliency?: "dino-tiny" | "none";
  readonly stages?: boolean;
}

const CASES: readonly Case[] = [
  { name: "one picture", batches: [[16, 24, 1]] },
  { name: "a batch", batches: [[15, 21, 5]] },
  { name: "grids that grow and shrink", batches: [[12, 12, 2], [20, 28, 3], [9, 31, 1]] },
  { name: "features-x2", batches: [[12, 17, 2]], options: { upsample: "features-x2" } },
  { name: "the colour term", batches: [[16, 20, 2]], options: { colourWeight: 10 } },
  { name: "affinity threshold", batches: [[16, 20, 2]], options: { affinity: "threshold" } },
  { name: "many clusters", batches: [[16, 20, 2]], options: { clusterCounts: [3, 16] } },
  { name: "a first block", batches: [[16, 20, 2]], options: { layer: 0, facet: "value" } },
  { name: "saliency of another model", batches: [[16, 20, 2]], saliency: "dino-tiny" },
  { name: "no saliency", batches: [[16, 20, 2]], saliency: "none" },
  { name: "saved stages", batches: [[16, 24, 1]], stages: true },
  { name: "soft outlines and CRF", batches: [[10, 12, 1]], options: { ...PRACTICAL, crf: true } },
];

for (const { name, batches, options, saliency, stages } of CASES) {
  Deno.test(`planBatches() is what a run takes: ${name}`, async () => {
    const gpu = await Gpu.open();
    try {
      const model = await extractor(gpu, "mae-tiny");
      const saliencyModel = saliency === "none"
        ? null
        : saliency
        ? await extractor(gpu, saliency)
        : model;
      const settings = { model, saliencyModel, options: { ...PAPER, ...options } };
      await gpu.settle();
      const before = gpu.memory.liveBytes;
      const sizes = batches.map(([rows, columns, images]) => ({
        grid: [rows, columns] as const,
        images,
      }));
      const planned = await planBatches(gpu, settings, sizes, { stages });
      const proposer = makeProposer(gpu, settings);
      for (const { grid, images } of sizes) {
        const pictures = Array.from({ length: images }, (_, i) => picture(grid, i));
        await proposer.propose(pictures, { stages });
      }
      // To the byte: the same code, the same size classes, the same reuse.
      assert.equal(gpu.memory.peakBytes - before, planned);
    } finally {
      gpu.close();
    }
  });
}

Deno.test("a budget decides how many pictures are computed at once, and nothing else", async () => {
  const grid = [16, 20] as const;
  const pictures = Array.from({ length: 5 }, (_, i) => picture(grid, i));
  const run = async (memoryBudgetBytes?: number) => {
    const gpu = await Gpu.open({ memoryBudgetBytes });
    try {
      const model = await extractor(gpu, "mae-tiny");
      const proposer = makeProposer(gpu, { model, saliencyModel: model });
      const size = await proposer.batchSize(grid, pictures.length);
      return { size, results: await proposer.propose(pictures), peak: gpu.memory.peakBytes };
    } finally {
      gpu.close();
    }
  };
  const free = await run();
  assert.equal(free.size, 5);
  const half = await run(free.peak / 2);
  assert.ok(half.size >= 1 && half.size < 5, `${half.size} at once`);
  assert.ok(half.peak <= free.peak / 2);
  assert.deepEqual(half.results, free.results);
});

Deno.test("forget() gives back what a proposer keeps, and nothing that it needs", async () => {
  const gpu = await Gpu.open();
  const model = await extractor(gpu, "mae-tiny");
  const proposer = makeProposer(gpu, { model, saliencyModel: model });
  const { liveBytes } = gpu.memory;
  await proposer.propose([picture([8, 12], 0)]);
  const kept = gpu.memory.liveBytes;
  assert.ok(kept > liveBytes, "the grey keys of the grid are kept");
  proposer.forget();
  assert.equal(gpu.memory.liveBytes, liveBytes);
  await proposer.propose([picture([8, 12], 1)]);
  assert.equal(gpu.memory.liveBytes, kept);
  gpu.close();
});

Deno.test("a picture beyond the budget is refused before anything is allocated for it", async () => {
  // On a planner, which has no memory to run out of: the refusal comes from the plan alone.
  const gpu = await openPlanner(undefined, { memoryBudgetBytes: 20 * 2 ** 20 });
  const model = await extractor(gpu, "mae-tiny", "zeros");
  const proposer = makeProposer(gpu, { model, saliencyModel: null });
  assert.equal(await proposer.batchSize([8, 8], 4), 4);
  const before = gpu.memory;
  await assert.rejects(() => proposer.propose([picture([60, 80], 0)]), (error) => {
    assert.ok(error instanceof GpuMemoryError);
    assert.match(error.message, /60 × 80 patches needs \d+ MiB .* \d+ MiB of the budget are left/);
    return true;
  });
  assert.deepEqual(gpu.memory, before);
});

Deno.test("planning a ViT-B of a 480 × 640 picture needs no weights and little time", async () => {
  const gpu = await openPlanner();
  const backbone = await recognise(vitB()).load(gpu, { values: "zeros" });
  const model = { name: "vit-b", sha256: "", backbone, centred: false };
  const settings = { model, saliencyModel: model, options: PAPER };
  const started = cpuTime();
  const bytes = await planBatches(gpu, settings, [{ grid: [30, 40], images: 1 }]);
  assert.ok(cpuTime() - started < 5000); // 0.1 s on an idle core
  // At least: the graph before and after it is normalised, and one hidden layer.
  const least = 4 * (2 * 1200 ** 2 + 1201 * 4 * 768);
  assert.ok(bytes > least && bytes < 10 * least, `${bytes} bytes`);
});

/** The names and shapes of a ViT-B/16 of 224 px, without elements. */
function vitB(): TensorFile {
  const dim = 768;
  const shapes: Record<string, number[]> = {
    "cls_token": [1, 1, dim],
    "pos_embed": [1, 197, dim],
    "patch_embed.proj.weight": [dim, 3, 16, 16],
    "patch_embed.proj.bias": [dim],
    "norm.weight": [dim],
    "norm.bias": [dim],
  };
  for (let block = 0; block < 12; block++) {
    const linears = [["attn.qkv", 3, 1], ["attn.proj", 1, 1], ["mlp.fc1", 4, 1], ["mlp.fc2", 1, 4]];
    for (const [name, to, from] of linears as [string, number, number][]) {
      shapes[`blocks.${block}.${name}.weight`] = [to * dim, from * dim];
      shapes[`blocks.${block}.${name}.bias`] = [to * dim];
    }
    for (const norm of ["norm1", "norm2"]) {
      shapes[`blocks.${block}.${norm}.weight`] = [dim];
      shapes[`blocks.${block}.${norm}.bias`] = [dim];
    }
  }
  const read = () => Promise.reject(new Error("planning reads no elements"));
  const tensors = Object.entries(shapes).map(([name, shape]) =>
    [name, { name, dtype: "F32" as const, shape, read }] as const
  );
  return { format: "safetensors", metadata: {}, tensors: new Map(tensors), others: new Map() };
}
