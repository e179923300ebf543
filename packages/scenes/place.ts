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
  const inClump = clump === category;
  const { extent = [1, 1] } = CATEGORIES[category];
  const near = inClump ? placed.filter((other) => other.category === category) : [];
  // How far from the middle: a lone object of a portrait, one of a few, or anywhere.
  const away = !ground.centred ? 0.43 : objects.length === 1 ? 0.2 : 0.3;
  for (let attempt = 0; attempt < TRIES * SHRINKS; attempt++) {
    const size = radius * (1 - 0.08 * Math.floor(attempt / TRIES));
    const spot = near.length > 0
      ? beside(random.pick(near), size, extent, random)
      : anywhere(size, away, ground, random);
    if (!inPicture(spot, ground)) continue;
    const clear = placed.every((other) => {
      const together = inClump && other.category === category;
      const gap = together ? random.between(0.5, 0.6) : random.between(0.72, 0.95);
      const [wide, high] = together ? extent : [1, 1];
      const squared = square((spot.x - other.x) / wide) + square((spot.y - other.y) / high);
      return squared > square((spot.radius + other.radius) * gap);
    });
    if (clear) return spot;
  }
  return null;
}

/** A place up to `away` from the middle; on open ground smaller the farther off it is. */
function anywhere(radius: number, away: number, ground: Ground, random: Random): Spot {
  const x = 0.5 + random.between(-away, away);
  const { horizon, centred } = ground;
  if (horizon === null || centred) return { x, y: 0.5 + random.between(-away, away), radius };
  const base = random.between(horizon + 0.05, 1.02);
  const shrunk = radius * lerp(0.72, 1.12, (base - horizon) / (1 - horizon));
  return { x, y: base - shrunk * FOOT, radius: shrunk };
}

/** Whether the middle of an object is in the picture, and its foot on the ground. */
function inPicture(spot: Spot, { horizon }: Ground): boolean {
  const { x, y } = spot;
  if (!(x > 0.05 && x < 0.95 && y > 0.06 && y < 0.94)) return false;
  return horizon === null || (foot(spot) > horizon + 0.04 && foot(spot) < 1.1);
}

/** Beside another object of its kind, touching it or behind it. */
function beside(
  other: Spot,
  radius: number,
  [wide, high]: readonly [number, number],
  random: Random,
): Spot {
  const turn = random.unit();
  const distance = (radius + other.radius) * random.between(0.55, 0.85);
  return {
    x: other.x + wide * distance * cosine(turn),
    y: other.y + high * distance * sine(turn),
    radius,
  };
}

const square = (x: number): number => x * x;
