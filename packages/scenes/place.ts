import { CATEGORIES } from "./categories.ts";
import { cosine, lerp, sine } from "./maths.ts";
import type { Plan, Planned } from "./plan.ts";
import type { Random } from "./random.ts";

/** An object in its place. */
export interface Placed extends Planned {
  /** Centre, in sides of the picture. */
  readonly x: number;
  readonly y: number;
  /** In turns, clockwise. */
  readonly turn: number;
  /** Looks to the left. */
  readonly mirrored: boolean;
  /** Squeezed in its height by this factor, 1 or more. */
  readonly squeeze: number;
  /** Its own stream, for pose and texture. */
  readonly random: Random;
}

/** How a picture is composed. */
export interface Ground {
  /** Objects stand below it; null when one looks down on them. */
  readonly horizon: number | null;
  /** A lone object goes near the middle. */
  readonly centred: boolean;
}

/** Lowest part of an object, in radii below its centre, as long as it stands upright. */
const FOOT = 0.92;
/** Tries at one size before an object is made smaller. */
const TRIES = 25;
/** Times that an object is made smaller before it is left out. */
const SHRINKS = 8;

/**
 * Gives every object a place where it does not lie on another one, or in a clump only just. Sorted
 * from back to front.
 */
export function place(plan: Plan, ground: Ground, random: Random): Placed[] {
  const placed: Placed[] = [];
  for (const [i, object] of plan.objects.entries()) {
    const own = random.fork(i);
    const spot = findSpot(object, placed, plan, ground, own);
    if (spot === null) continue;
    const { habit } = CATEGORIES[object.category];
    const standing = ground.horizon !== null;
    const tilt = habit === "rolls" ? 0.5 : habit === "stands" ? 0.04 : standing ? 0.06 : 0.5;
    placed.push({
      ...object,
      ...spot,
      turn: own.between(-tilt, tilt) *
        (standing && habit !== "rolls" ? 0.5 : 1),
      mirrored: own.chance(0.5),
      squeeze: own.between(1, 1.22),
      random: own.fork(1),
    });
  }
  return placed.sort((a, b) => foot(a) - foot(b));
}

const foot = ({ y, radius }: Spot): number => y + radius * FOOT;

interface Spot {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

function findSpot(
  { category, radius }: Planned,
  placed: readonly Placed[],
  { clump, objects }: Plan,
  ground: Ground,
  random: Random,
): Spot | null {
  const lone = ground.centred && objects.length === 1;
  const inClump = clump === category;
  const near = inClump ? placed.filter((other) => other.category === category) : [];
  for (let attempt = 0; attempt < TRIES * SHRINKS; attempt++) {
    const size = radius * (1 - 0.08 * Math.floor(attempt / TRIES));
    const free = near.length > 0 ? beside(random.pick(near), size, random) : {
      x: lone ? random.between(0.3, 0.7) : random.between(0.07, 0.93),
      y: lone ? random.between(0.32, 0.7) : random.between(0.1, 0.92),
      radius: size,
    };
    const spot = onGround(free, ground, near.length > 0, random);
    const { x, y } = spot;
    if (!(x > 0.05 && x < 0.95 && y > 0.06 && y < 0.94)) continue;
    const clear = placed.every((other) => {
      const together = inClump && other.category === category;
      const gap = together ? random.between(0.5, 0.6) : random.between(0.72, 0.95);
      return squaredDistance(spot, other) >
        square((spot.radius + other.radius) * gap);
    });
    if (clear) return spot;
  }
  return null;
}

/** Beside another object, touching it or behind it. */
function beside(other: Spot, radius: number, random: Random): Spot {
  const turn = random.unit();
  const distance = (radius + other.radius) * random.between(0.55, 0.85);
  return { x: other.x + distance * cosine(turn), y: other.y + distance * sine(turn), radius };
}

/** With a horizon: a place on the ground, and smaller the farther away. */
function onGround(spot: Spot, { horizon }: Ground, fixed: boolean, random: Random): Spot {
  if (horizon === null) return spot;
  const base = fixed ? foot(spot) : random.between(horizon + 0.05, 1.02);
  const t = (base - horizon) / (1 - horizon);
  if (fixed) return t > 0.05 && t < 1.1 ? spot : { ...spot, x: -1 };
  const radius = spot.radius * lerp(0.72, 1.12, t);
  return { ...spot, y: base - radius * FOOT, radius };
}

const square = (x: number): number => x * x;
const squaredDistance = (a: Spot, b: Spot): number => square(a.x - b.x) + square(a.y - b.y);
