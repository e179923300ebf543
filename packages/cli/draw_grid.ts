/** How a drawing is made of letters. */
export interface DrawOptions {
  /** Block characters; else ASCII, for files and pipes. */
  readonly blocks: boolean;
  /** Columns that a line may have, its frame not counted. */
  readonly width: number;
}

/** Neither, the upper, the lower, both of two cells: letters are twice as high as wide. */
const BLOCKS = [" ", "▀", "▄", "█"];
const ASCII = [" ", "'", ".", "#"];

/**
 * A mask in letters, one for two cells, framed: lines without a line feed.
 *
 * A grid that is too wide is shrunk by a whole factor; a cell then counts where half of it does.
 *
 * @param mask `[rows, columns]` row-major, 0 or 1.
 */
export function drawGrid(
  mask: Uint8Array,
  columns: number,
  { blocks, width }: DrawOptions,
): string[] {
  const step = Math.ceil(columns / width);
  const small = step === 1 ? mask : shrink(mask, columns, step);
  const across = Math.ceil(columns / step);
  const letters = blocks ? BLOCKS : ASCII;
  const [corner, edge, side] = blocks ? ["┌┐└┘", "─", "│"] : ["++++", "-", "|"];
  const lines: string[] = [];
  for (let upper = 0; upper < small.length; upper += 2 * across) {
    const line = Array.from({ length: across }, (_, x) => {
      const [top, bottom] = [small[upper + x], small[upper + across + x] ?? 0];
      return letters[top + 2 * bottom];
    });
    lines.push(`${side}${line.join("")}${side}`);
  }
  const border = edge.repeat(across);
  return [`${corner[0]}${border}${corner[1]}`, ...lines, `${corner[2]}${border}${corner[3]}`];
}

function shrink(mask: Uint8Array, columns: number, step: number): Uint8Array {
  const rows = mask.length / columns;
  const across = Math.ceil(columns / step);
  const down = Math.ceil(rows / step);
  const set = new Uint32Array(across * down);
  const all = new Uint32Array(across * down);
  mask.forEach((one, i) => {
    const cell = Math.floor(i / columns / step) * across + Math.floor(i % columns / step);
    set[cell] += one;
    all[cell]++;
  });
  return Uint8Array.from(set, (count, cell) => 2 * count >= all[cell] ? 1 : 0);
}
