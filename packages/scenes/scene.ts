import { drawSetting, paintBackdrop } from "./backdrop.ts";
import type { Canvas } from "./canvas.ts";
import { compress } from "./compress.ts";
import { drawFigure, laySprite } from "./draw.ts";
import { type Figure, makeFigure, regionOf } from "./figure.ts";
import { drawLight } from "./light.ts";
import { photograph } from "./lens.ts";
import { place } from "./place.ts";
import { drawPlan, SCENE_MODES, type SceneMode } from "./plan.ts";
import { Random } from "./random.ts";
import { castShadow } from "./shadow.ts";
import { type Outline, outlineOf, owners, visibleOnly } from "./visibility.ts";

/** Version of the pictures: raised whenever the bytes of one change. */
export const GENERATOR = 1;

/** Which scene to make. */
export interface SceneOptions {
  /** Whole number from 0 to 2³² − 1. Default 0. */
  readonly seed?: number;
  /** Number of the scene under its seed: a whole number from 0 to 2³² − 1. */
  readonly index: number;
  /** What it is for. Default `"scene"`. */
  readonly mode?: SceneMode;
  /** Pixels a side, 32 to 4096. Default 128. The same scene at any size. */
  readonly size?: number;
}

/** An object in a scene. */
export interface SceneInstance {
  /** Place in `SCENE_CATEGORIES`. */
  readonly category: number;
  /** `[height, width]`, 1 where the picture shows this object, else 0. */
  readonly mask: Uint8Array;
  /** `[x, y, width, height]` of the mask in pixels. */
  readonly bbox: readonly [number, number, number, number];
  /** Pixels of the mask. */
  readonly area: number;
}

/** A picture and what it shows. */
export interface Scene {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** `[height, width, 3]`, 8 bits, RGB. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** From back to front; masks do not overlap. */
  readonly instances: readonly SceneInstance[];
}

/** Streams of a scene: none takes numbers from another, whatever the size. */
const STREAM = {
  setting: 1,
  plan: 2,
  place: 3,
  backdrop: 4,
  light: 5,
  shadow: 6,
  lens: 7,
} as const;

/** What is decided before a pixel is painted. */
interface Composition {
  readonly random: Random;
  readonly setting: ReturnType<typeof drawSetting>;
  readonly figures: readonly Figure[];
  readonly size: number;
}

/**
 * Makes a scene: the same bytes for the same options on every machine.
 *
 * Objects of which less than 0.3 % of the picture, or less than a fifth of themselves, would be
 * seen are left out of picture and truth; this is judged at one resolution, so that a scene has the
 * same objects at every size.
 *
 * @throws {RangeError} for an option out of range.
 *
 * @example
 * ```ts
 * import { makeScene, SCENE_CATEGORIES } from "@fiedler/scenes";
 * import assert from "node:assert/strict";
 *
 * const { width, data, instances } = makeScene({ seed: 0, index: 3, size: 64 });
 * assert.equal(data.length, 64 * width * 3);
 * assert.ok(instances.every(({ category }) => category < SCENE_CATEGORIES.length));
 * ```
 */
export function makeScene(options: SceneOptions): Scene {
  const composition = compose(options);
  const { size, figures, random } = composition;
  const { canvas, outlines } = paint(composition);
  const lens = random.fork(STREAM.lens);
  const data = photograph(canvas, lens.fork(0));
  if (lens.chance(0.7)) compress(data, size, lens.whole(60, 95));
  return { width: size, height: size, data, instances: instancesOf(figures, outlines, size) };
}

/**
 * The objects of a scene without its picture, as {@linkcode makeScene} gives them, for a fraction
 * of the time.
 *
 * @throws {RangeError} for an option out of range.
 */
export function sceneInstances(options: SceneOptions): readonly SceneInstance[] {
  const { figures, size } = compose(options);
  return instancesOf(figures, figures.map((figure) => outlineOf(figure, size)), size);
}

/**
 * Scenes one after the other, from index 0 on.
 *
 * @throws {RangeError} for an option out of range.
 *
 * @example
 * ```ts
 * import { scenes } from "@fiedler/scenes";
 * import assert from "node:assert/strict";
 *
 * const areas = [...scenes({ mode: "single", count: 2, size: 48 })]
 *   .map(({ instances: [{ area }] }) => area);
 * assert.equal(areas.length, 2);
 * ```
 */
export function* scenes(
  { count, ...options }: Omit<SceneOptions, "index"> & { readonly count: number },
): Generator<Scene> {
  expectWhole("count", count, 0, 0xffffffff);
  for (let index = 0; index < count; index++) yield makeScene({ ...options, index });
}

function compose({ seed = 0, index, mode = "scene", size = 128 }: SceneOptions): Composition {
  expectWhole("seed", seed, 0, 0xffffffff);
  expectWhole("index", index, 0, 0xffffffff);
  expectWhole("size", size, 32, 4096);
  const number = SCENE_MODES.indexOf(mode);
  if (number < 0) {
    throw new RangeError(`scene: mode must be one of ${SCENE_MODES.join(", ")}, got ${mode}`);
  }
  const random = Random.of(seed, number, index);
  const setting = drawSetting(random.fork(STREAM.setting), mode === "product");
  const plan = drawPlan(random.fork(STREAM.plan), mode);
  const ground = { horizon: setting.horizon, centred: mode !== "scene" && mode !== "crowd" };
  const placed = place(plan, ground, random.fork(STREAM.place));
  const figures = visibleOnly(placed).map((object) => makeFigure(object, size));
  return { random, setting, figures, size };
}

function expectWhole(name: string, value: number, low: number, high: number): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  throw new RangeError(
    `scene: ${name} must be a whole number from ${low} to ${high}, got ${value}`,
  );
}

interface Painting {
  readonly canvas: Canvas;
  readonly outlines: readonly Outline[];
}

/** Background, then each object from the back with its shadow before it. */
function paint({ random, setting, figures, size }: Composition): Painting {
  const canvas = { size, data: new Float32Array(size * size * 3) };
  paintBackdrop(canvas, setting, random.fork(STREAM.backdrop));
  const light = drawLight(random.fork(STREAM.light));
  const shadow = random.fork(STREAM.shadow);
  const outlines = figures.map((figure, i) => {
    const { placed } = figure;
    const sprite = drawFigure(figure, regionOf(placed, size), size, light);
    castShadow(canvas, sprite, placed, light, setting.horizon, shadow.fork(i));
    laySprite(canvas, sprite);
    return { region: sprite.region, inside: sprite.inside };
  });
  return { canvas, outlines };
}

function instancesOf(
  figures: readonly Figure[],
  outlines: readonly Outline[],
  size: number,
): SceneInstance[] {
  const owner = owners(outlines, size);
  const found = figures.map(({ placed: { category } }) => ({
    category,
    mask: new Uint8Array(owner.length),
    area: 0,
    left: size,
    top: size,
    right: 0,
    bottom: 0,
  }));
  for (let at = 0; at < owner.length; at++) {
    if (owner[at] === 0) continue;
    const object = found[owner[at] - 1];
    const x = at % size, y = Math.floor(at / size);
    object.mask[at] = 1;
    object.area++;
    object.left = Math.min(object.left, x);
    object.right = Math.max(object.right, x + 1);
    object.top = Math.min(object.top, y);
    object.bottom = Math.max(object.bottom, y + 1);
  }
  return found.map(({ category, mask, area, left, top, right, bottom }) => {
    return { category, mask, area, bbox: [left, top, right - left, bottom - top] };
  });
}
