import { NEIGHBOURS } from "../colour_similarity/reference.ts";

const sigmoid = (t: number): number => 1 / (1 + Math.exp(-t));

/** −ln of the chance that two pixels agree, without cancellation. */
function pairLoss(a: number, b: number): number {
  const tail = (t: number) => Math.log1p(Math.exp(-Math.abs(t)));
  return tail(a) + tail(b) - tail(a + b) + (a * b < 0 ? Math.min(Math.abs(a), Math.abs(b)) : 0);
}

/** One entry: its logits, the bytes of its picture's alike neighbours, its mask. */
export interface PairwiseEntry {
  readonly logits: ArrayLike<number>;
  readonly bits: ArrayLike<number>;
  readonly mask: ArrayLike<number>;
  readonly height: number;
  readonly width: number;
}

/** The pairs `[i, j]` of pixels that a mask asks to agree. */
export function pairsOf(
  { bits, mask, height, width }: Omit<PairwiseEntry, "logits">,
): [number, number][] {
  const columns = new Set<number>();
  const rows = new Set<number>();
  for (let i = 0; i < height * width; i++) {
    if (!mask[i]) continue;
    columns.add(i % width);
    rows.add(Math.floor(i / width));
  }
  const pairs: [number, number][] = [];
  for (let i = 0; i < height * width; i++) {
    if (!columns.has(i % width) || !rows.has(Math.floor(i / width))) continue;
    NEIGHBOURS.forEach(([down, across], k) => {
      if ((bits[i] >> k) & 1) pairs.push([i, i + down * width + across]);
    });
  }
  return pairs;
}

/** Sum of the losses of the pairs of an entry and its gradient, in f64. */
export function pairwiseLoss(entry: PairwiseEntry): { value: number; dLogits: Float64Array } {
  const { logits } = entry;
  const dLogits = new Float64Array(logits.length);
  let value = 0;
  for (const [i, j] of pairsOf(entry)) {
    const [a, b] = [logits[i], logits[j]];
    value += pairLoss(a, b);
    dLogits[i] += sigmoid(a) - sigmoid(a + b);
    dLogits[j] += sigmoid(b) - sigmoid(a + b);
  }
  return { value, dLogits };
}
