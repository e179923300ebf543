import type { Regrouping } from "./regroup.ts";

/** Matrices whose rows and groups of columns lie apart, put together; plus a term. */
export function regroup(
  x: ArrayLike<number>,
  { images, rows, columns, base = 0, image, row, width = columns, group = width }: Regrouping,
  term?: ArrayLike<number>,
): Float64Array {
  const out: number[] = [];
  for (let i = 0; i < images; i++) {
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        const at = base + i * image + r * row + Math.floor(c / width) * group + c % width;
        out.push(x[at] + (term?.[r * columns + c] ?? 0));
      }
    }
  }
  return Float64Array.from(out);
}
