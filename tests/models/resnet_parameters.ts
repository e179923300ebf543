/**
 * Networks and pictures made of hashes: those whose features `tools/make_resnet_goldens.py` stored,
 * number for number.
 */
import assert from "node:assert/strict";
import type { Gpu } from "@fiedler/gpu";
import { readNpy } from "@fiedler/io";
import { resnetKeys, TORCHVISION } from "../../packages/models/checkpoints/resnet_layouts.ts";
import { loadResNet } from "../../packages/models/checkpoints/resnet_weights.ts";
import type { ResNet, ResNetConfig, ResNetShape } from "../../packages/models/resnet.ts";
import { eachHashed } from "../support/hashed.ts";

const FIXTURES = new URL("../../fixtures/resnet/", import.meta.url);

/** The parameter of a name in torchvision. */
export function parameter(name: string, shape: readonly number[]): Float32Array<ArrayBuffer> {
  const count = shape.reduce((a, b) => a * b, 1);
  const out = new Float32Array(count);
  if (shape.length === 4) {
    const scale = Math.sqrt(6 / (count / shape[0]));
    eachHashed(name, count, (u, i) => out[i] = u * scale);
  } else if (name.endsWith("running_var")) {
    eachHashed(name, count, (u, i) => out[i] = 1 + 0.8 * u);
  } else if (name.endsWith(".weight")) {
    const scale = name.endsWith("bn3.weight") ? 0.15 : 1;
    eachHashed(name, count, (u, i) => out[i] = scale * (1 + 0.5 * u));
  } else eachHashed(name, count, (u, i) => out[i] = 0.3 * u);
  return out;
}

/** The bytes of `[height, width, 3]`. */
export function picture(height: number, width: number): Uint8Array {
  const out = new Uint8Array(height * width * 3);
  eachHashed(
    `picture ${height} ${width}`,
    out.length,
    (u, i) => out[i] = Math.floor((u + 1) * 128),
  );
  return out;
}

const full = { stem: 64, widths: [64, 128, 256, 512], channels: [256, 512, 1024, 2048] };

/** By the names of the fixtures. */
export const SHAPES: Readonly<Record<string, ResNetShape>> = {
  resnet50: { ...full, blocks: [3, 4, 6, 3] },
  resnet101: { ...full, blocks: [3, 4, 23, 3] },
  narrow: {
    stem: 16,
    blocks: [1, 2, 3, 2],
    widths: [8, 12, 16, 20],
    channels: [16, 24, 32, 40], // no shortcut in the first layer
  },
};

/** Of the networks' input. */
export const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/** A network of a shape; its weights may be applied with other options. */
export async function hashedResNet(
  gpu: Gpu,
  name: string,
  options: Partial<ResNetConfig> = {},
): Promise<ResNet> {
  const config = {
    ...SHAPES[name],
    ...IMAGENET,
    dilateLayer4: false,
    enlarge: 1 as const,
    ...options,
  };
  const take = (name: string, shape: readonly number[]) => Promise.resolve(parameter(name, shape));
  return { config, weights: await loadResNet(gpu, config, take) };
}

/** All tensors of a checkpoint by name, as a map that a test may spoil. */
export const shapes = (shape: ResNetShape, layout = TORCHVISION) =>
  new Map(resnetKeys(layout, shape).map(({ from: [name], shape }) => [name, shape]));

/** One call of the network, and what torchvision makes of it. */
export interface GoldenCase {
  readonly height: number;
  readonly width: number;
  readonly dilate: boolean;
  readonly enlarge: 1 | 2;
  /** Of position p the channels p mod step, p mod step + step, … */
  readonly step: number;
  readonly expected: Float32Array;
}

/** The stored cases of a network. */
export function goldens(model: string): GoldenCase[] {
  const read = (name: string) => Deno.readFileSync(new URL(name, FIXTURES));
  const { goldens } = JSON.parse(new TextDecoder().decode(read("goldens.json")));
  const { step, cases } = goldens.find((golden: { model: string }) => golden.model === model);
  const values = readNpy(read(`${model}.npy`)).data as Float32Array;
  let at = 0;
  return cases.map((one: Omit<GoldenCase, "step" | "expected">) => {
    const patch = (one.dilate ? 16 : 32) / one.enlarge;
    const positions = one.height * one.width / patch ** 2;
    const size = positions * SHAPES[model].channels[3] / step;
    return { ...one, step, expected: values.subarray(at, at += size) };
  });
}

/** The channels that a golden case holds. */
export function sampled(features: Float32Array, channels: number, step: number): Float32Array {
  return features.filter((_, i) => {
    const [position, channel] = [Math.floor(i / channels), i % channels];
    return channel % step === position % step;
  });
}

/** All layers' outputs of the narrow network for a picture of 64 × 96. */
export function mapGoldens(shapes: readonly (readonly number[])[]): Float32Array[] {
  const file = Deno.readFileSync(new URL("narrow_maps.npy", FIXTURES));
  const values = readNpy(file).data as Float32Array;
  let at = 0;
  const maps = shapes.map((shape) => values.subarray(at, at += shape.reduce((a, b) => a * b)));
  assert.equal(at, values.length);
  return maps;
}
