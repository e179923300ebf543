import type { Gpu } from "@fiedler/gpu";
import {
  type MakeParameter,
  padded,
  solov2,
  type Solov2Config,
  solov2Weights,
} from "@fiedler/models";
import type { MapSource, NamedParameter, Network, SegmenterConfig } from "@fiedler/segmenter";
import { assignTargets, type StepView, type TrainSettings } from "@fiedler/train";

/** What `tools/make_step_goldens.py` wrote. */
export const golden = JSON.parse(
  await Deno.readTextFile(new URL("../../fixtures/train/step.json", import.meta.url)),
);

const bytesOf = (text: string) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

/** The values of each parameter, by its name. */
export function parametersOf(text: string): Map<string, Float32Array<ArrayBuffer>> {
  const all = new Float32Array(bytesOf(text).buffer);
  let at = 0;
  return new Map(golden.parameters.map(({ name, shape }: { name: string; shape: number[] }) => {
    const count = shape.reduce((a, b) => a * b, 1);
    at += count;
    return [name, all.slice(at - count, at)];
  }));
}

const PADDED = golden.padded as [number, number];
const QUARTER: [number, number] = [PADDED[0] / 4, PADDED[1] / 4];

/** The views of the golden step. */
export const views: readonly StepView[] = golden.views.map(viewOf);

interface GoldenView {
  readonly size: [number, number];
  readonly valid: [number, number];
  readonly quarters: string;
  readonly objects: readonly { readonly label: number; readonly rectangles: number[][] }[];
}

function viewOf({ size, valid, quarters, objects }: GoldenView, picture: number): StepView {
  const [height, width] = size;
  const blocks = bytesOf(quarters);
  const rgb = new Uint8Array(PADDED[0] * PADDED[1] * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const block = 3 * ((y >> 2) * QUARTER[1] + (x >> 2));
      rgb.set(blocks.subarray(block, block + 3), 3 * (y * PADDED[1] + x));
    }
  }
  const instances = objects.map(({ label, rectangles }) => {
    const mask = new Uint8Array(height * width);
    for (const [top, left, bottom, right] of rectangles) {
      for (let y = top; y < bottom; y++) mask.fill(1, y * width + left, y * width + right);
    }
    return { mask, label };
  });
  const levels = (golden.heads.grids as number[]).map((grid, level) => ({
    grid,
    scaleRange: golden.scaleRanges[level],
  }));
  const targets = assignTargets({ width, height, instances }, { maskSize: QUARTER, levels });
  const view = { picture, size, padded: PADDED, rgb, valid, targets };
  return { ...view, window: null, repeats: null };
}

const pyramids: readonly { readonly shape: number[]; readonly values: Float32Array }[] = golden.maps
  .map(({ shape, sixtyFourths }: { shape: number[]; sixtyFourths: string }) => ({
    shape,
    values: Float32Array.from(new Int8Array(bytesOf(sixtyFourths).buffer), (value) => value / 64),
  }));

/** The bytes that a picture is known by: those of its first pixels. */
const KNOWN_BY = Array.from({ length: 64 }, (_, i) => i);

/** Gives the pyramids of the golden pictures. */
export const source: MapSource & { calls: number } = {
  strides: [4, 8, 16, 32, 64],
  channels: new Array(5).fill(golden.heads.channels),
  calls: 0,
  async maps(gpu, rgb, size) {
    source.calls++;
    const words = await gpu.read(rgb);
    const length = 3 * size[0] * size[1] / 4;
    const which = Array.from({ length: rgb.shape[0] }, (_, image) => {
      const own = new Uint8Array(words.slice(image * length, (image + 1) * length).buffer);
      return views.findIndex(({ rgb }) => KNOWN_BY.every((i) => rgb[i] === own[i]));
    });
    return pyramids.map(({ shape: [, ...shape], values }) => {
      const count = shape.reduce((a, b) => a * b, 1);
      const batch = new Float32Array(which.length * count);
      which.forEach((n, i) => batch.set(values.subarray(n * count, (n + 1) * count), i * count));
      return gpu.upload(batch, [which.length, ...shape]);
    });
  },
  flops: () => 0,
  free: () => {},
};

/** The heads alone: maps are the pyramid. */
export function networkOf(
  gpu: Gpu,
  heads: Solov2Config = golden.heads,
  values: ReadonlyMap<string, Float32Array<ArrayBuffer>> = parametersOf(golden.start),
): Network {
  const parameters: NamedParameter[] = [];
  const make: MakeParameter = (plan) => {
    const own = padded(values.get(plan.name)!, plan.used, plan.shape);
    const tensor = gpu.upload(own, plan.shape);
    parameters.push({ plan, tensor });
    return tensor;
  };
  const weights = solov2Weights(heads, make);
  const config = { heads, scaleRanges: golden.scaleRanges } as unknown as SegmenterConfig;
  const forward: Network["forward"] = (layers, maps) => solov2(layers, maps, weights, heads);
  return { config, multiple: 32, parameters, forward };
}

/** Settings of the golden course. */
export function settingsOf(
  kind: "sgd" | "adamw",
  { loss = {}, ...others }: { readonly together?: number; readonly loss?: object } = {},
): TrainSettings {
  const { warmUp, warmUpFrom } = golden.optimisers;
  return {
    steps: golden.steps,
    batch: 3,
    together: 3,
    seed: 0,
    views: {
      ...{ shortSides: [128], longest: 160, flip: 0, strong: false, copyPaste: false, zoom: null },
      bottomRows: 0,
    },
    loss: { ...golden.loss, ...loss },
    optimiser: {
      ...{ kind, warmUp, warmUpFrom, decay: "constant", clip: null },
      ...golden.optimisers[kind],
    },
    ...others,
  };
}
