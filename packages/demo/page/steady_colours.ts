import type { GridPicture } from "../studio.ts";

/** All orders of three channels. */
const ORDERS = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] as const;
/** The mean of a component. */
const MEAN = 128;

/**
 * Principal components have no sign, and like ones no order: those of `next` in the order and with
 * the signs in which their colours are nearest to those before, so that a picture does not flicker.
 *
 * @param next three components as RGB, around 128.
 * @param before the same of the picture that was shown last; of another size, `next` stays as it is.
 */
export function steadyColours(next: GridPicture, before: GridPicture | null): GridPicture {
  if (before?.rows !== next.rows || before.columns !== next.columns) return next;
  const products = ORDERS[0].map((from) =>
    ORDERS[0].map((to) => product(next.data, from, before.data, to))
  );
  const likeness = (order: readonly number[]) =>
    order.reduce((sum, from, to) => sum + Math.abs(products[from][to]), 0);
  const order = ORDERS.reduce((a, b) => likeness(b) > likeness(a) ? b : a);
  const signs = order.map((from, to) => products[from][to] < 0 ? -1 : 1);
  const data = next.data.map((_, i) => {
    const to = i % 3;
    const level = MEAN + signs[to] * (next.data[i - to + order[to]] - MEAN);
    return Math.min(level, 255); // 0 is 128 below the mean, 255 only 127 above
  });
  return { ...next, data };
}

/** Of two channels, less their means. */
function product(a: Uint8Array, from: number, b: Uint8Array, to: number): number {
  let sum = 0;
  for (let at = 0; at < a.length; at += 3) sum += (a[at + from] - MEAN) * (b[at + to] - MEAN);
  return sum;
}
