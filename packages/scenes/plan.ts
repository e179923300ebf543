import { CATEGORIES } from "./categories.ts";
import { drawLook, type Look } from "./part.ts";
import { power } from "./maths.ts";
import type { Random } from "./random.ts";

/** What scenes are for; see {@linkcode SCENE_MODES}. */
export type SceneMode = "scene" | "object" | "product" | "single" | "crowd";

/** All modes, in the order of their numbers in the seed. */
export const SCENE_MODES: readonly SceneMode[] = ["scene", "object", "product", "single", "crowd"];

/** An object that a scene is to have. */
export interface Planned {
  /** Place in `CATEGORIES`. */
  readonly category: number;
  readonly look: Look;
  /** Half the side of the square it fills, in sides of the picture. */
  readonly radius: number;
}

/** The objects of a scene, not yet placed. */
export interface Plan {
  readonly objects: readonly Planned[];
  /** The category whose members touch or overlap: a herd, a pile; null when none do. */
  readonly clump: number | null;
}

/** Decides what a scene shows. */
export const drawPlan = (random: Random, mode: SceneMode): Plan => PLANS[mode](random);

const PLANS: Readonly<Record<SceneMode, (random: Random) => Plan>> = {
  /** 1 to 8 objects; 58 % of those with more than one hold a group of one category. */
  scene(random) {
    const count = random.whole(1, 8);
    const base = random.between(0.2, 0.33) / power8(count, 0.28);
    const objects: Planned[] = [];
    let clump: number | null = null;
    if (count > 1 && random.chance(0.58)) {
      const members = random.whole(2, Math.min(count, 6));
      objects.push(...group(random, members, () => base * random.between(0.75, 1.25), 0.65));
      if (random.chance(0.7)) clump = objects[0].category;
    }
    return { objects: [...objects, ...others(random, objects, count, base)], clump };
  },
  /** One large object, in 20 % two or three of one category. */
  object(random) {
    const count = random.chance(0.8) ? 1 : random.whole(2, 3);
    const radius = () => random.between(0.22, 0.46) / Math.sqrt(count);
    return { objects: group(random, count, radius, 1), clump: null };
  },
  /** One large object in the middle, in 12 % two that touch. */
  product(random) {
    const count = random.chance(0.88) ? 1 : 2;
    const radius = () => random.between(0.27, 0.5) / Math.sqrt(count);
    const objects = group(random, count, radius, 1);
    return { objects, clump: objects[0].category };
  },
  /** One object of any size. */
  single: (random) => ({
    objects: group(random, 1, () => random.between(0.14, 0.38), 1),
    clump: null,
  }),
  /** A pile of 2 to 5 of one category and look, and up to two others. */
  crowd(random) {
    const count = random.whole(2, 5);
    const base = random.between(0.2, 0.3) / power8(count, 0.2);
    const pile = group(random, count, () => base * random.between(0.85, 1.2), 1);
    const strangers = Array.from(
      { length: random.whole(0, 2) },
      () => one(random, random.whole(0, CATEGORIES.length - 1), base * random.between(0.6, 1.1)),
    );
    const clump = pile[0].category;
    return { objects: [...pile, ...strangers.filter(({ category }) => category !== clump)], clump };
  },
};

/** `count` to the power of `exponent`, for a count from 1 to 8. */
const power8 = (count: number, exponent: number): number => 1 / power(1 / count, exponent);

const one = (random: Random, category: number, radius: number): Planned => ({
  category,
  look: drawLook(random, CATEGORIES[category]),
  radius,
});

/** Objects of one category, that with a probability also share their look. */
function group(random: Random, count: number, radius: () => number, shared: number): Planned[] {
  const first = one(random, random.whole(0, CATEGORIES.length - 1), radius());
  const same = random.chance(shared);
  const rest = Array.from({ length: count - 1 }, () => {
    const other = one(random, first.category, radius());
    return same ? { ...other, look: first.look } : other;
  });
  return [first, ...rest];
}

/** Objects up to a number; in 90 % of cases of a category that is not there yet. */
function others(random: Random, there: readonly Planned[], count: number, base: number): Planned[] {
  const used = new Set(there.map(({ category }) => category));
  const out: Planned[] = [];
  while (there.length + out.length < count) {
    const category = random.whole(0, CATEGORIES.length - 1);
    if (used.has(category) && random.chance(0.9)) continue;
    used.add(category);
    out.push(one(random, category, base * random.between(0.55, 1.4)));
  }
  return out;
}
