import type { Rgb } from "./colour.ts";
import { cosine, length, sine } from "./maths.ts";
import type { Random } from "./random.ts";

/** The one light of a scene, and what the surroundings give back. */
export interface Light {
  /** Direction to the light, a unit vector: x right, y down, z to the viewer. */
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly colour: Rgb;
  /** Strength of what comes from everywhere. */
  readonly ambient: number;
}

/** A light from above, left or right, low or high. */
export function drawLight(random: Random): Light {
  const z = random.between(0.45, 0.8);
  const flat = Math.sqrt(1 - z * z);
  const turn = random.between(0.07, 0.43); // above: half a circle, but never flat from one side
  const warmth = random.between(-0.02, 0.05);
  return {
    x: flat * cosine(turn),
    y: -flat * sine(turn),
    z,
    colour: [1 + warmth, 1, 1 - 1.5 * warmth],
    ambient: random.between(0.44, 0.56),
  };
}

/** Where a mirror would have to point to show the light: a unit vector. */
export function halfway({ x, y, z }: Light): Rgb {
  const size = Math.sqrt(x * x + y * y + (z + 1) * (z + 1));
  return [x / size, y / size, (z + 1) / size];
}

/** The light's direction in the picture, as a unit vector. */
export function inPlane({ x, y }: Light): readonly [number, number] {
  const size = length(x, y);
  return [x / size, y / size];
}
