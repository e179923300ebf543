import { hsv, type Rgb } from "./colour.ts";
import type { Field } from "./field.ts";
import { clamp } from "./maths.ts";
import type { Brush, Paint } from "./paint.ts";
import type { Random } from "./random.ts";

/** A part of an object; later parts lie over earlier ones. Local coordinates, y down. */
export interface Part {
  readonly shape: Field;
  readonly paint: Paint;
  /** Width of the rounded rim in units; 0 is flat, and as wide as the part makes a cushion. */
  readonly rim: number;
  /** Strength of the highlight, 0 to 1. Default 0. */
  readonly gloss?: number;
}

/** What the objects of a group may share; each category makes of it what it can. */
export interface Look {
  readonly hue: number;
  readonly saturation: number;
  readonly value: number;
  /** A second number for whatever stands against the main colour. */
  readonly contrast: number;
  /** Size of the pattern: 1 is usual. */
  readonly density: number;
  /** How much of the pattern is in its second colour. */
  readonly share: number;
  /** How many of what is counted: petals, teeth, arms. */
  readonly count: number;
  /** 0 to 1: which build, where there are several. */
  readonly build: number;
}

/** A way to make the parts of an object, with its colour chosen. */
export type MakeParts = (look: Look, colour: Rgb, brush: Brush) => readonly Part[];

/** The colours that a category comes in. */
export interface Palette {
  /** Hues in turns; a look picks one. */
  readonly hues: readonly number[];
  /** Default 0.45 to 0.88. */
  readonly saturation?: readonly [number, number];
}

/** A look for an object or a whole group. */
export function drawLook(random: Random, { hues, saturation = [0.45, 0.88] }: Palette): Look {
  return {
    hue: random.pick(hues) + random.between(-0.03, 0.03),
    saturation: random.between(saturation[0], saturation[1]),
    value: random.between(0.5, 0.95),
    contrast: random.between(0.1, 0.95),
    density: random.between(0.8, 1.3),
    share: random.between(0.35, 0.65),
    count: random.whole(5, 8),
    build: random.unit(),
  };
}

/** The colour of one object: that of its look, a little off. */
export function ownColour({ hue, saturation, value }: Look, random: Random): Rgb {
  return hsv(
    hue + random.between(-0.015, 0.015),
    clamp(saturation + random.between(-0.08, 0.08)),
    clamp(value + random.between(-0.08, 0.08)),
  );
}
