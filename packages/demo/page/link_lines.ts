import type { GridPicture } from "../studio.ts";

/** Lines of one strength, in units of patches. */
export interface Links {
  readonly d: string;
  readonly width: number;
}

/** Strengths that are told apart: a path each is drawn at once, a line for every pair is not. */
const LEVELS = 5;
/** Distance of two colours, of 255 a channel, at which a link is at 1/e of its strength. */
const REACH = 40;
/** Of the strongest link, in patches. */
const WIDEST = 0.18;
/** To the right, down, and along both diagonals: each pair of neighbours once. */
const NEIGHBOURS = [[0, 1], [1, 0], [1, 1], [1, -1]] as const;

/** Links between neighbouring patches, wide where their colours agree. */
export function linkPaths({ rows, columns, data }: GridPicture): readonly Links[] {
  const paths: string[] = new Array(LEVELS).fill("");
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      for (const [down, right] of NEIGHBOURS) {
        const [otherRow, otherColumn] = [row + down, column + right];
        if (otherRow >= rows || otherColumn < 0 || otherColumn >= columns) continue;
        const likeness = colourLikeness(
          data,
          row * columns + column,
          otherRow * columns + otherColumn,
        );
        const level = Math.min(LEVELS - 1, Math.floor(likeness * LEVELS));
        paths[level] += `M${column + 0.5} ${row + 0.5}L${otherColumn + 0.5} ${otherRow + 0.5}`;
      }
    }
  }
  return paths.slice(1).map((d, i) => ({ d, width: WIDEST * ((i + 1) / (LEVELS - 1)) ** 2 }));
}

function colourLikeness(data: Uint8Array, a: number, b: number): number {
  let square = 0;
  for (let c = 0; c < 3; c++) square += (data[a * 3 + c] - data[b * 3 + c]) ** 2;
  return Math.exp(-square / REACH ** 2);
}
