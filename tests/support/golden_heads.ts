/** Small segmenters whose outputs and gradients `tools/make_{solov2,segmenter}_goldens.py` stored. */
import assert from "node:assert/strict";
import { readNpy } from "@fiedler/io";
import type { ParameterPlan, Solov2Config, Solov2Output } from "@fiedler/models";
import type { Tensor } from "@fiedler/gpu";
import { hashed } from "./hashed.ts";

/** What `small.json` says, and the arrays of `small.npy` by name. */
export interface HeadGoldens<Facts> {
  readonly facts: Facts & { readonly config: Solov2Config };
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly results: ReadonlyMap<string, Float32Array>;
}

/** The goldens in a folder of fixtures. */
export function headGoldens<Facts>(folder: string): HeadGoldens<Facts> {
  const base = new URL(`../../fixtures/${folder}/`, import.meta.url);
  const facts = JSON.parse(Deno.readTextFileSync(new URL("small.json", base)));
  const values = readNpy(Deno.readFileSync(new URL("small.npy", base))).data as Float32Array;
  const results = new Map<string, Float32Array>();
  let at = 0;
  for (const [name, shape] of Object.entries<number[]>(facts.shapes)) {
    results.set(name, values.subarray(at, at += shape.reduce((a, b) => a * b)));
  }
  assert.equal(at, values.length);
  return { facts, shapes: facts.shapes, results };
}

/** As `parameter` of tools/make_solov2_goldens.py. */
export function hashedValues({ name, used }: ParameterPlan): Float32Array<ArrayBuffer> {
  const values = hashed(name, used);
  if (used.length === 4) {
    const scale = Math.sqrt(3 / (used[0] * used[1] * used[2]));
    return values.map((value) => value * scale);
  }
  return values.map((value) => value / 2 + (name.endsWith("norm.weight") ? 1 : 0));
}

/** Outputs under the names of the goldens. */
export const namedOutputs = (
  { categories, kernels, features }: Solov2Output,
): [string, Tensor][] => [
  ...categories.map((tensor, i): [string, Tensor] => [`categories${i}`, tensor]),
  ...kernels.map((tensor, i): [string, Tensor] => [`kernels${i}`, tensor]),
  ["features", features],
];
