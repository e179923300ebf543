import assert from "node:assert/strict";
import { CATEGORIES } from "../../packages/scenes/categories.ts";
import { makeFigure, regionOf, silhouette } from "../../packages/scenes/figure.ts";
import { drawLook } from "../../packages/scenes/part.ts";
import type { Placed } from "../../packages/scenes/place.ts";
import { Random } from "../../packages/scenes/random.ts";
import { outlineOf, owners, visibleOnly } from "../../packages/scenes/visibility.ts";

/** An object of a category, in the middle unless told otherwise. */
function object(category: number, changes: Partial<Placed> = {}, seed = 0): Placed {
  const random = Random.of(31, category, seed);
  return {
    category,
    look: drawLook(random, CATEGORIES[category]),
    radius: 0.3,
    x: 0.5,
    y: 0.5,
    turn: random.unit(),
    mirrored: random.chance(0.5),
    squeeze: random.between(1, 1.22),
    random: random.fork(1),
    ...changes,
  };
}

const BALL = 0, GEAR = 15;

Deno.test("an object behind another is left out once less than a fifth of it is seen", () => {
  // Discs: of one of radius 1, a disc of equal size at a distance of 0.3 leaves 19 %, of 0.4 25 %.
  const behind = object(BALL, { squeeze: 1 });
  const before = (distance: number) =>
    object(BALL, { squeeze: 1, x: 0.5 + distance * 0.3 * 0.93 }, 1);
  const kept = (distance: number) => visibleOnly([behind, before(distance)]).includes(behind);
  assert.deepEqual([0, 0.2, 0.45, 1].map(kept), [false, false, true, true]);
});

Deno.test("an object of which less than 0.3 % of the picture is seen is left out", () => {
  // 0.3 % of the picture is a disc of radius 0.031; the ball fills 0.93 of its radius.
  assert.equal(visibleOnly([object(BALL, { radius: 0.028, squeeze: 1 })]).length, 0);
  assert.equal(visibleOnly([object(BALL, { radius: 0.038, squeeze: 1 })]).length, 1);
  assert.equal(visibleOnly([object(BALL, { x: 1.275, squeeze: 1 })]).length, 0, "outside");
});

Deno.test("the object in front owns the pixel, and is seen through the holes of another", () => {
  const ball = object(BALL, { radius: 0.4, squeeze: 1 });
  const gear = object(GEAR, { squeeze: 1 });
  const outlines = [ball, gear].map((placed) => outlineOf(makeFigure(placed, 64), 64));
  const seen = owners(outlines, 64);
  const middle = 32 * 64 + 32;
  assert.equal(seen[middle], 1, "the bore of the gear shows the ball");
  assert.equal(seen[32 * 64 + 32 + 13], 2, "the rim of the gear hides it");
  assert.equal(seen[0], 0);
});

Deno.test("blocks that are skipped never hold a pixel of the object", () => {
  for (let category = 0; category < CATEGORIES.length; category++) {
    for (let seed = 0; seed < 12; seed++) {
      for (const size of [64, 110]) {
        const figure = makeFigure(object(category, {}, seed), size);
        const region = regionOf(figure.placed, size);
        const every = Uint8Array.from(
          region.u,
          (u, i) => figure.parts.some(({ shape }) => shape(u, region.v[i]) < 0) ? 1 : 0,
        );
        const { name } = CATEGORIES[category];
        assert.deepEqual(silhouette(figure, region, size), every, `${name}, seed ${seed}`);
      }
    }
  }
});

Deno.test("no part reaches out of the region that is drawn", () => {
  for (let category = 0; category < CATEGORIES.length; category++) {
    for (let seed = 0; seed < 40; seed++) {
      const figure = makeFigure(object(category, { turn: 0, mirrored: false }, seed), 64);
      // A ring round the origin, between what a region reaches and far beyond.
      for (let i = 0; i < 400; i++) {
        const [r, t] = [1.4 + 0.02 * (i % 20), i / 400 * 2 * Math.PI];
        const [u, v] = [r * Math.cos(t), r * Math.sin(t)];
        const out = figure.parts.every(({ shape }) => shape(u, v) >= 0);
        assert.ok(out, `${CATEGORIES[category].name}, seed ${seed}: a part at ${u}, ${v}`);
      }
    }
  }
});
