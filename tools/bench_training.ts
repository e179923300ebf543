/**
 * What a training step takes: `deno run -A tools/bench_training.ts [tiny|paper] [--kernels]`.
 *
 * `tiny`: its preset on the embedded model and generated scenes. `paper`: the paper's shapes, one
 * picture of 800 × 1333 pixels on a ResNet-101 of random weights, of the eight of a step: the others
 * are accumulated one by one, and take as long. `--kernels` times every kernel, which needs a
 * pass of its own for each and is slower in all.
 */
import process from "node:process";
import { Gpu } from "@fiedler/gpu";
import { bytesSource, openTensorFile } from "@fiedler/io";
import { recognise, startParameters } from "@fiedler/models";
import { makeScene } from "@fiedler/scenes";
import {
  FULL_SEGMENTER,
  makeNetwork,
  mapSource,
  networkFlops,
  type SegmenterConfig,
  TINY_SEGMENTER,
} from "@fiedler/segmenter";
import {
  PAPER_TRAINING,
  stepViews,
  targetLevels,
  TINY_TRAINING,
  Trainer,
  type TrainingView,
  type TrainSettings,
} from "@fiedler/train";
import { randomResNet } from "./random_models.ts";

/** A case: what is trained, on which pictures, for how many steps behind the first ones. */
interface Case {
  readonly config: SegmenterConfig;
  readonly settings: TrainSettings;
  readonly pictures: readonly TrainingView[];
  readonly warmUp: number;
  readonly steps: number;
}

const KERNELS = Deno.args.includes("--kernels");
const name = Deno.args.find((arg) => !arg.startsWith("--")) ?? "tiny";
const gpu = await Gpu.open({ profile: KERNELS });

/** Scenes with their exact masks, stretched to the size of photos where they are to be. */
function scenes(count: number, width: number, height: number): TrainingView[] {
  return Array.from({ length: count }, (_, index) => {
    const { data, instances } = makeScene({ seed: 0, index, mode: "scene", size: 128 });
    const from = (x: number, y: number) =>
      Math.floor(y * 128 / height) * 128 + Math.floor(x * 128 / width);
    const places = Array.from(
      { length: width * height },
      (_, p) => from(p % width, Math.floor(p / width)),
    );
    const pixels = new Uint8Array(3 * places.length);
    places.forEach((at, p) => pixels.set(data.subarray(3 * at, 3 * at + 3), 3 * p));
    return {
      ...{ width, height, data: pixels },
      instances: instances.map(({ mask }) => ({
        mask: Uint8Array.from(places, (at) => mask[at]),
        label: 0,
      })),
    };
  });
}

const CASES: Readonly<Record<string, () => Case>> = {
  tiny: () => ({
    config: TINY_SEGMENTER,
    settings: { ...TINY_TRAINING, views: { ...TINY_TRAINING.views, flip: 0 } },
    pictures: scenes(TINY_TRAINING.batch, 128, 128),
    ...{ warmUp: 6, steps: 20 },
  }),
  paper: () => ({
    config: FULL_SEGMENTER,
    settings: {
      ...{ ...PAPER_TRAINING, batch: 1 },
      views: { ...PAPER_TRAINING.views, shortSides: [800], strong: false },
    },
    pictures: scenes(1, 640, 480),
    ...{ warmUp: 0, steps: 1 },
  }),
};

async function sourceOf(config: SegmenterConfig) {
  if (name === "paper") {
    const about = { name: "random ResNet-101", sha256: "", centred: false };
    return mapSource({ ...about, backbone: randomResNet(gpu) }, config.features);
  }
  const file = new URL("../fixtures/weights/mae-tiny.safetensors", import.meta.url);
  const model = recognise(await openTensorFile(bytesSource(await Deno.readFile(file))));
  const about = { name: "mae-tiny", sha256: "", centred: true };
  return mapSource({ ...about, backbone: await model.load(gpu) }, config.features);
}

const { config, settings, pictures, warmUp, steps } = CASES[name]();
const source = await sourceOf(config);
const network = makeNetwork(config, source, startParameters(gpu, 0));
const trainer = new Trainer(gpu, { network, source, settings, keepMapsBytes: 2 ** 28 });
const ids = pictures.map((_, i) => i);
const walls: number[] = [];
let cpuMs = 0;
let padded: readonly [number, number] = [0, 0];
for (let step = 1; step <= warmUp + steps; step++) {
  const options = { step, seed: 0, views: settings.views, levels: targetLevels(config) };
  const views = stepViews(pictures, ids, { ...options, multiple: network.multiple });
  padded = views[0].padded;
  const [start, before] = [performance.now(), process.cpuUsage()];
  await trainer.step(views, step);
  await gpu.settle();
  if (step <= warmUp) continue;
  walls.push(performance.now() - start);
  const { user, system } = process.cpuUsage(before);
  cpuMs += (user + system) / 1e3;
}
const wallMs = walls.sort((a, b) => a - b)[Math.floor(walls.length / 2)];
const { description, software } = gpu.adapter;
console.log(`${description}${software ? " (software adapter)" : ""}\n`);
console.log("| what | wall ms | CPU ms | trained part, GFLOP/s | peak MiB |");
console.log("| --- | ---: | ---: | ---: | ---: |");
// Backwards is twice forwards, without the gradient of the frozen maps.
const flops = 3 * pictures.length * networkFlops(config, source, padded);
console.log(
  `| step of \`${name}\`, ${pictures.length} of ${padded.join(" × ")} | ${wallMs.toFixed(0)} | ` +
    `${(cpuMs / steps).toFixed(0)} | ${(flops / wallMs / 1e6).toFixed(2)} | ` +
    `${(gpu.memory.peakBytes / 2 ** 20).toFixed(0)} |`,
);
if (KERNELS) {
  const total = gpu.kernelTimes.reduce((sum, { ms }) => sum + ms, 0);
  console.log("\n| stage | kernel | share | calls |\n| --- | --- | ---: | ---: |");
  for (const { stage, kernel, ms, calls } of gpu.kernelTimes.slice(0, 20)) {
    console.log(`| ${stage} | ${kernel} | ${(100 * ms / total).toFixed(1)} % | ${calls} |`);
  }
}
gpu.close();
