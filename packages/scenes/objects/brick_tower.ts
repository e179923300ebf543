import { mixed, PALE, scaled } from "../colour.ts";
import { above } from "../field.ts";
import { fraction } from "../maths.ts";
import { cellValue } from "../random.ts";
import { blend, plain, toned } from "../paint.ts";
import type { MakeParts } from "../part.ts";
import { box, disc, union, without } from "../shapes.ts";

/** A tower of bricks with battlements and a gate one can see through. */
export const brickTower: MakeParts = (look, colour, { random, pixel }) => {
  const { density, contrast, share, build } = look;
  const width = 0.42 + 0.55 * share; // half
  const key = random.word();
  const [high, wide] = [0.24 / density, 0.44 / density];
  const courses = (x: number, y: number) => {
    const row = Math.floor(y / high);
    return { row, along: x / wide + (row & 1) * 0.5 };
  };
  const tone = (x: number, y: number) => {
    const { row, along } = courses(x, y);
    return 0.26 * (cellValue(Math.floor(along), row, key) - 0.5);
  };
  const mortar = (x: number, y: number) => {
    const { row, along } = courses(x, y);
    const across = Math.min(fraction(along), 1 - fraction(along)) * wide;
    const down = Math.min(y / high - row, row + 1 - y / high) * high;
    return above(0.022 - Math.min(across, down), Math.max(pixel, 0.03));
  };
  const bricks = blend(
    toned(plain(colour), tone),
    plain(mixed(scaled(colour, 0.5), PALE, 0.3 + 0.5 * contrast)),
    mortar,
  );
  const step = width / 2.5;
  const gap = (x: number) => box(x, -0.86, step / 2, 0.16, 0.01);
  const gate = build < 0.7
    ? union(disc(0, 0.32, width * 0.34), box(0, 0.72, width * 0.34, 0.4, 0))
    : union(disc(0, -0.05, width * 0.26), box(0, 0.2, width * 0.26, 0.25, 0.02));
  const wall = without(box(0, 0, width, 0.9, 0.03), gap(-step), gap(step), gate);
  return [
    { shape: wall, paint: bricks, rim: 0.1 },
    {
      shape: without(box(0, -0.52, width + 0.07, 0.07, 0.02), gate),
      paint: plain(scaled(mixed(colour, PALE, 0.35), 0.9)),
      rim: 0.06,
    },
  ];
};
