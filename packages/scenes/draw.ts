import type { Canvas } from "./canvas.ts";
import type { Figure, Region } from "./figure.ts";
import { halfway, inPlane, type Light } from "./light.ts";
import { clamp } from "./maths.ts";
import type { Part } from "./part.ts";

/** A drawn object, before it is laid over the picture. */
export interface Sprite {
  readonly region: Region;
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
    alpha: new Float32Array(pixels),
    colour: new Float32Array(3 * pixels),
  };
  const distance = new Float32Array(pixels);
  const scale = placed.radius * size; // pixels a unit
  for (const part of parts) {
    for (let i = 0; i < pixels; i++) {
      distance[i] = part.shape(region.u[i], region.v[i]);
    }
    drawPart(sprite, part, distance, scale, light);
  }
  return sprite;
}

/** Lays one part over those before it. */
function drawPart(
  { region: { u, v, width, height }, alpha, colour }: Sprite,
  { paint, rim, gloss = 0 }: Part,
  distance: Float32Array,
  scale: number,
  light: Light,
): void {
  const shine = halfway(light);
  const [lightX, lightY] = inPlane(light);
  const out = new Float64Array(3);
  for (let row = 0, i = 0; row < height; row++) {
    const up = row === 0 ? 0 : width, down = row === height - 1 ? 0 : width;
    for (let column = 0; column < width; column++, i++) {
      const d = distance[i];
      if (d > SHADE_REACH) continue;
      const left = column === 0 ? 0 : 1, right = column === width - 1 ? 0 : 1;
      const dx = (distance[i + right] - distance[i - left]) * scale /
        Math.max(1, left + right);
      const dy = (distance[i + down] - distance[i - up]) * scale / 2;
      const cover = clamp(0.5 - d * scale);
      if (cover < 1 && rim > 0 && alpha[i] > 0) {
        const near = 1 - Math.max(0, d) / SHADE_REACH;
        const away = clamp(0.5 - 0.5 * (dx * lightX + dy * lightY));
        const kept = 1 - SHADE_DEPTH * near * near * (0.3 + 0.7 * away);
        for (let c = 0; c < 3; c++) colour[3 * i + c] *= kept;
      }
      if (cover === 0) continue;
      paint(u[i], v[i], out);
      lightUp(out, d, dx, dy, rim, gloss, light, shine);
      for (let c = 0; c < 3; c++) {
        colour[3 * i + c] += (out[c] - colour[3 * i + c]) * cover;
      }
      if (cover > alpha[i]) {
        // Where nothing was below, the edge pixel has the part's own colour.
        if (alpha[i] === 0) {
          for (let c = 0; c < 3; c++) colour[3 * i + c] = out[c];
        }
        alpha[i] = cover;
      }
    }
  }
}

/** Multiplies a colour by the light that falls on a rounded rim, and adds the highlight. */
function lightUp(
  out: Float64Array,
  d: number,
  dx: number,
  dy: number,
  rim: number,
  gloss: number,
  light: Light,
  shine: readonly [number, number, number],
): void {
  let slope = 0;
  if (rim > 0) {
    const t = clamp(-d / rim); // 0 at the outline, 1 on top
    slope = RELIEF * (1 - t) / Math.max(STEEPEST, Math.sqrt(t * (2 - t)));
  }
  const [nx, ny] = [slope * dx, slope * dy];
  const size = Math.sqrt(1 + nx * nx + ny * ny);
  const facing = (nx * light.x + ny * light.y + light.z) / size;
  const key = 0.68 * Math.max(0, facing);
  const sky = light.ambient + 0.1 * -ny / size; // what faces up gets more of the sky
  let highlight = 0;
  if (gloss > 0) {
    const toward = (nx * shine[0] + ny * shine[1] + shine[2]) / size;
    if (toward > 0) {
      highlight = toward * toward;
      for (let i = 0; i < 4; i++) highlight *= highlight; // to the 32nd power
      highlight *= 0.6 * gloss;
    }
  }
  for (let c = 0; c < 3; c++) {
    out[c] = Math.min(1, out[c] * (sky + key * light.colour[c]) + highlight);
  }
}

/** Lays a drawn object over the picture. */
export function laySprite(
  { size, data }: Canvas,
  { region, alpha, colour }: Sprite,
): void {
  const { left, top, width } = region;
  for (let i = 0; i < alpha.length; i++) {
    if (alpha[i] === 0) continue;
    const to = 3 * ((top + Math.floor(i / width)) * size + left + i % width);
    for (let c = 0; c < 3; c++) {
      data[to + c] += (colour[3 * i + c] - data[to + c]) * alpha[i];
    }
  }
}
