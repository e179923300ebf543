import { animal } from "./objects/animal.ts";
import { ball } from "./objects/ball.ts";
import { blob } from "./objects/blob.ts";
import { bottle } from "./objects/bottle.ts";
import { brickTower } from "./objects/brick_tower.ts";
import { car } from "./objects/car.ts";
import { checkTriangle } from "./objects/check_triangle.ts";
import { crate } from "./objects/crate.ts";
import { donut } from "./objects/donut.ts";
import { fish } from "./objects/fish.ts";
import { flower } from "./objects/flower.ts";
import { fruit } from "./objects/fruit.ts";
import { gear } from "./objects/gear.ts";
import { mushroom } from "./objects/mushroom.ts";
import { star } from "./objects/star.ts";
import { tree } from "./objects/tree.ts";
import type { MakeParts, Palette } from "./part.ts";

/** A kind of object. */
export interface Category extends Palette {
  readonly name: string;
  /** `stands`: has a foot. `lies`: has an upper side, but may be turned when seen from above. */
  readonly habit: "stands" | "lies" | "rolls";
  /** Half of its width and height in radii, where it is upright and far from square. */
  readonly extent?: readonly [number, number];
  readonly make: MakeParts;
}

/** The kinds of object, in the order of their numbers. */
export const CATEGORIES: readonly Category[] = [
  { name: "ball", hues: [0, 0.6, 0.12, 0.33], habit: "rolls", make: ball },
  { name: "blob", hues: [0.08, 0, 0.93], habit: "rolls", make: blob },
  { name: "star", hues: [0.08, 0.13, 0.75], habit: "rolls", make: star },
  {
    name: "brick tower",
    hues: [0.02, 0.05, 0],
    saturation: [0.35, 0.7],
    habit: "stands",
    make: brickTower,
  },
  {
    name: "animal",
    hues: [0.07, 0.1, 0.03],
    saturation: [0.25, 0.62],
    habit: "stands",
    make: animal,
  },
  { name: "car", hues: [0, 0.58, 0.14, 0.35], habit: "stands", extent: [1, 0.6], make: car },
  { name: "donut", hues: [0.9, 0.08, 0.05], habit: "rolls", make: donut },
  { name: "check triangle", hues: [0.55, 0.83, 0.15], habit: "lies", make: checkTriangle },
  { name: "flower", hues: [0.93, 0.78, 0.13, 0.6], habit: "lies", make: flower },
  { name: "bottle", hues: [0.33, 0.5, 0.1], habit: "stands", extent: [0.55, 1], make: bottle },
  {
    name: "tree",
    hues: [0.25, 0.32, 0.17],
    saturation: [0.4, 0.68],
    habit: "stands",
    extent: [0.75, 1],
    make: tree,
  },
  { name: "fish", hues: [0.05, 0.55, 0.48], habit: "lies", make: fish },
  { name: "mushroom", hues: [0, 0.03, 0.08], habit: "stands", make: mushroom },
  { name: "crate", hues: [0.09, 0.07, 0.11], saturation: [0.35, 0.65], habit: "lies", make: crate },
  { name: "fruit", hues: [0, 0.1, 0.25, 0.04], habit: "lies", make: fruit },
  { name: "gear", hues: [0.6, 0.1, 0.58], habit: "rolls", make: gear },
];

/** Names of the categories; a category's number is its place here. */
export const SCENE_CATEGORIES: readonly string[] = CATEGORIES.map(({ name }) => name);
