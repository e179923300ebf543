/**
 * What the adapter at hand does: `deno task bench [--quick] [--json]`.
 *
 * Times are medians of wall time with everything in one submit; on software adapters CPU time is
 * given beside it, since other work on the machine disturbs it less. Prints a Markdown table.
 */
import process from "node:process";
import { Gpu, type Tensor } from "@fiedler/gpu";
import { bytesSource, decodeImage, openSafetensors, prepareImage } from "@fiedler/io";
import { binaryGraph, binaryOperator, topEigenvectors } from "@fiedler/kernels";
import { type Backbone, recognise, vitBackbone } from "@fiedler/models";
import { makeProposer, PRACTICAL, type PreparedPicture, spectralCut } from "@fiedler/pipeline";
import { selectMasks } from "../packages/pipeline/select.ts";
import { randomResNet, randomVit } from "./random_models.ts";

interface Row {
  readonly what: string;
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly rate: string;
}

const quick = Deno.args.includes("--quick");
const gpu = await Gpu.open();
const rows: Row[] = [];

/** Median wall and mean CPU time of `body` after one warm-up, whose compile time is not counted. */
async function time(
  what: string,
  body: () => unknown,
  rate: (ms: number) => string,
  samples = quick ? 1 : 5,
): Promise<void> {
  gpu.scope(() => void body());
  await gpu.settle();
  const walls: number[] = [];
  const before = process.cpuUsage();
  for (let i = 0; i < samples; i++) {
    const start = performance.now();
    gpu.scope(() => void body());
    await gpu.settle();
    walls.push(performance.now() - start);
  }
  const { user, system } = process.cpuUsage(before);
  const wallMs = walls.sort((a, b) => a - b)[Math.floor(samples / 2)];
  rows.push({ what, wallMs, cpuMs: (user + system) / 1e3 / samples, rate: rate(wallMs) });
  console.error(`${what}: ${wallMs.toFixed(1)} ms`);
}

async function benchBackbone(name: string, backbone: Backbone): Promise<void> {
  for (const [height, width] of quick ? [[224, 224]] : [[224, 224], [480, 640]]) {
    const words = height * width * 3 / 4;
    const rgb = gpu.upload(new Uint32Array(words).fill(0x40a05070), [1, words]);
    const grid = [height / backbone.patch, width / backbone.patch] as const;
    const flops = backbone.flops(grid);
    await time(
      `${name}, random weights, ${height} × ${width}`,
      () => backbone.features(gpu, rgb, grid),
      (ms) => `${(flops / ms / 1e6).toFixed(1)} GFLOP/s`,
      quick ? 1 : 3,
    );
  }
  gpu.free(...backbone.parameters);
}

/** Keys with the structure of a picture: eight blobs on a smooth drift. */
function clusteredKeys(patches: number, dim = 64): Tensor {
  const keys = new Float32Array(patches * dim);
  for (let i = 0; i < patches; i++) {
    const blob = Math.floor(8 * i / patches);
    for (let d = 0; d < dim; d++) {
      keys[i * dim + d] = Math.sin(1 + 7.3 * blob + 1.7 * d * (blob + 1)) +
        0.5 * Math.sin(i * 12.9898 + d * 78.233) + 0.3 * Math.cos(i / patches * 3 + d);
    }
  }
  return gpu.upload(keys, [1, patches, dim]);
}

async function benchSpectral(): Promise<void> {
  for (const patches of quick ? [900] : [900, 1200, 3600]) {
    const { affinity } = gpu.scope(() => spectralCut(gpu, clusteredKeys(patches), PRACTICAL));
    await time(
      `eigensolver, 6 vectors, n = ${patches}`,
      () => topEigenvectors(gpu, affinity!, { count: 6 }),
      (ms) => `${(1e3 / ms).toFixed(2)} solves/s`,
      quick ? 1 : 3,
    );
    gpu.free(affinity!);
    const graph = gpu.scope(() => binaryGraph(gpu, clusteredKeys(patches)));
    await time(
      `the same, edges as bits, n = ${patches}`,
      () => topEigenvectors(gpu, binaryOperator(gpu, graph), { count: 6 }),
      (ms) => `${(1e3 / ms).toFixed(2)} solves/s`,
      quick ? 1 : 3,
    );
    gpu.free(graph.bits, graph.neighbours, graph.invSqrtDegree);
  }
}

async function benchMasks(): Promise<void> {
  const [rows, columns] = [30, 40];
  const { labels, unitKeys } = gpu.scope(() =>
    spectralCut(gpu, clusteredKeys(rows * columns), PRACTICAL)
  );
  const maps = { ...labels, shape: [1, 4, rows, columns] };
  const two = gpu.empty([1, rows, columns], "u32");
  gpu.copy({ ...labels, shape: [rows * columns] }, two);
  await time(
    `14 masks: components, filter, NMS, ${rows} × ${columns}`,
    () =>
      selectMasks(
        gpu,
        { labels: maps, clusterCounts: [2, 3, 4, 5], saliencyLabels: two, unitKeys },
        PRACTICAL,
      ),
    (ms) => `${(1e3 / ms).toFixed(1)} pictures/s`,
  );
}

async function benchStage(): Promise<void> {
  const root = new URL("../fixtures/", import.meta.url);
  const read = (path: string) => Deno.readFile(new URL(path, root));
  const load = async (name: string) => {
    const file = await openSafetensors(bytesSource(await read(`weights/${name}.safetensors`)));
    return { name, sha256: name, backbone: await recognise(file).load(gpu), centred: true };
  };
  const [model, saliencyModel] = [await load("mae-tiny"), await load("dino-tiny")];
  const proposer = makeProposer(gpu, { model, saliencyModel, options: PRACTICAL });
  const names = ["coffee.png", "chelsea.png", "rocket.jpg", "astronaut.png"];
  const pictures = await Promise.all(
    names.slice(0, quick ? 1 : 4).map(async (image, i) => {
      const decoded = await decodeImage(await read(`photos/${image}`));
      const { image: pixels, plan } = prepareImage(decoded, "short:256", proposer.patch);
      return {
        ...{ image, id: i + 1, sha256: "", pixels },
        size: [decoded.height, decoded.width],
        resized: [plan.resized.height, plan.resized.width],
      } satisfies PreparedPicture;
    }),
  );
  await proposer.propose(pictures);
  const start = performance.now();
  const before = process.cpuUsage();
  await proposer.propose(pictures);
  const wallMs = (performance.now() - start) / pictures.length;
  const { user, system } = process.cpuUsage(before);
  rows.push({
    what: "whole stage, embedded models, short side 256, per picture",
    wallMs,
    cpuMs: (user + system) / 1e3 / pictures.length,
    rate: `${(6e4 / wallMs).toFixed(0)} pictures/min`,
  });
}

await benchBackbone("ViT-B/16 keys", vitBackbone(randomVit(gpu, 768, 12, 12, 16)));
const vitPeak = gpu.memory.peakBytes;
await benchBackbone("ResNet-101 layer4", randomResNet(gpu));
await benchSpectral();
await benchMasks();
await benchStage();
const { description, vendor, software, subgroupSize } = gpu.adapter;
const report = {
  adapter: { description, vendor, software, subgroupSize },
  rows,
  peakMiB: { vit: vitPeak / 2 ** 20, all: gpu.memory.peakBytes / 2 ** 20 },
};
if (Deno.args.includes("--json")) console.log(JSON.stringify(report));
else {
  console.log(`${description}${software ? " (software adapter)" : ""}\n`);
  console.log("| what | wall ms | CPU ms | rate |\n| --- | ---: | ---: | ---: |");
  for (const { what, wallMs, cpuMs, rate } of rows) {
    console.log(`| ${what} | ${wallMs.toFixed(1)} | ${cpuMs.toFixed(0)} | ${rate} |`);
  }
  const { vit, all } = report.peakMiB;
  console.log(
    `\nPeak GPU memory: ${vit.toFixed(0)} MiB for the ViT-B, ${all.toFixed(0)} MiB in all.`,
  );
}
gpu.close();
