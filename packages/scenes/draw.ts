import type { Canvas } from "./canvas.ts";
import { type Blocks, distancesTo, type Figure, type Region } from "./figure.ts";
import { halfway, inPlane, type Light } from "./light.ts";
import { clamp } from "./maths.ts";
import type { Part } from "./part.ts";

/** A drawn object, before it is laid over the picture. */
export interface Sprite {
  readonly region: Region;
  /** `[height, width]`, 1 where a pixel's centre is inside the object, else 0. */
  readonly inside: Uint8Array;
  /** `[height, width]`, 0 to 1. */
  readonly alpha: Float32Array;
  /** `[height, width, 3]`. */
  readonly colour: Float32Array;
}

/** How far a part darkens the parts below it, in radii of the object. */
const SHADE_REACH = 0.16;
const SHADE_DEPTH = 0.5;
/** Steepest rise of a rounded rim that is told from a steeper one. */
const STEEPEST = 0.22;
/** How much a rounded rim rises for its width. */
const RELIEF = 0.62;

/** The light, and what of it every pixel needs. */
interface Lamp extends Light {
  readonly shine: readonly [number, number, number];
  readonly plane: readonly [number, number];
}

/** Draws an object part by part, each rounded at its rim and lit. */
export function drawFigure(
  { parts, placed }: Figure,
  region: Region,
  size: number,
  light: Light,
): Sprite {
  const pixels = region.u.length;
  const sprite = {
    region,
    inside: new Uint8Array(pixels),
    alpha: new Float32Array(pixels),
    colour: new Float32Array(3 * pixels),
  };
  const distance = new Float32Array(pixels);
  const scale = placed.radius * size; // pixels a unit
  const lamp = { ...light, shine: halfway(light), plane: inPlane(light) };
  for (const part of parts) {
    const blocks = distancesTo(part, region, scale, SHADE_REACH, distance);
    drawPart(sprite, part, distance, blocks, scale, lamp);
  }
  return sprite;
}

/** Lays one part over those before it. */
function drawPart(
  sprite: Sprite,
  part: Part,
  distance: Float32Array,
  blocks: Blocks,
  scale: number,
  lamp: Lamp,
): void {
  const { width, height } = sprite.region;
  const out = new Float64Array(3);
  for (let block = 0; block < blocks.length; block += 4) {
    const left = blocks[block], right = blocks[block + 1];
    for (let row = blocks[block + 2]; row < blocks[block + 3]; row++) {
      const up = row === 0 ? 0 : width, down = row === height - 1 ? 0 : width;
      for (let column = left; column < right; column++) {
        const i = row * width + column;
        if (distance[i] > SHADE_REACH) continue;
        const before = column === 0 ? i : i - 1, after = column === width - 1 ? i : i + 1;
        const dx = (distance[after] - distance[before]) * scale / Math.max(1, after - before);
        const rows = (up + down) / width;
        const dy = (distance[i + down] - distance[i - up]) * scale / Math.max(1, rows);
        drawPixel(sprite, part, i, distance[i], dx, dy, scale, lamp, out);
      }
    }
  }
}

/** Lays a part's pixel `i` over what is there; (dx, dy) points away from the part. */
function drawPixel(
  { region: { u, v }, inside, alpha, colour }: Sprite,
  { paint, rim, gloss = 0 }: Part,
  i: number,
  d: number,
  dx: number,
  dy: number,
  scale: number,
  lamp: Lamp,
  out: Float64Array,
): void {
  const cover = clamp(0.5 - d * scale);
  const at = 3 * i;
  if (cover < 1 && rim > 0 && alpha[i] > 0) {
    const near = 1 - Math.max(0, d) / SHADE_REACH;
    const away = clamp(0.5 - 0.5 * (dx * lamp.plane[0] + dy * lamp.plane[1]));
    const kept = 1 - SHADE_DEPTH * near * near * (0.3 + 0.7 * away);
    for (let c = 0; c < 3; c++) colour[at + c] *= kept;
  }
  if (cover === 0) return;
  if (d < 0) inside[i] = 1;
  paint(u[i], v[i], out);
  lightUp(out, d, dx, dy, rim, gloss, lamp);
  // Where nothing was below, the edge pixel has the part's own colour.
  const weight = alpha[i] === 0 ? 1 : cover;
  for (let c = 0; c < 3; c++) colour[at + c] += (out[c] - colour[at + c]) * weight;
  alpha[i] = Math.max(alpha[i], cover);
}

/** Multiplies a colour by the light that falls on a rounded rim, and adds the highlight. */
function lightUp(
  out: Float64Array,
  d: number,
  dx: number,
  dy: number,
  rim: number,
  gloss: number,
  { x, y, z, colour, ambient, shine }: Lamp,
): void {
  let slope = 0;
  if (rim > 0) {
    const t = clamp(-d / rim); // 0 at the outline, 1 on top
    slope = RELIEF * (1 - t) / Math.max(STEEPEST, Math.sqrt(t * (2 - t)));
  }
  const nx = slope * dx, ny = slope * dy;
  const size = Math.sqrt(1 + nx * nx + ny * ny);
  const key = 0.68 * Math.max(0, (nx * x + ny * y + z) / size);
  const sky = ambient - 0.1 * ny / size; // what faces up gets more of the sky
  let highlight = 0;
  if (gloss > 0) {
    highlight = Math.max(0, (nx * shine[0] + ny * shine[1] + shine[2]) / size);
    for (let i = 0; i < 5; i++) highlight *= highlight; // to the 32nd power
    highlight *= 0.6 * gloss;
  }
  for (let c = 0; c < 3; c++) {
    out[c] = Math.min(1, out[c] * (sky + key * colour[c]) + highlight);
  }
}

/** Lays a drawn object over the picture. */
export function laySprite({ size, data }: Canvas, { region, alpha, colour }: Sprite): void {
  const { left, top, width } = region;
  for (let i = 0; i < alpha.length; i++) {
    if (alpha[i] === 0) continue;
    const to = 3 * ((top + Math.floor(i / width)) * size + left + i % width);
    for (let c = 0; c < 3; c++) {
      data[to + c] += (colour[3 * i + c] - data[to + c]) * alpha[i];
    }
  }
}
