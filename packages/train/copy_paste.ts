import { resizeImage } from "@fiedler/io";
import { type RandomSource, uniforms } from "@fiedler/kernels";
import { bilinearTaps } from "./targets_taps.ts";
import { expectInstances, type Instance, type TrainingView } from "./targets_view.ts";

/** Options of {@linkcode copyPaste}. */
export interface CopyPasteOptions {
  /** Decides which objects are pasted; one stream for each use. */
  readonly random: RandomSource;
  /**
   * Whether resized masks take every pixel they touch, which grows them by up to a pixel, rather than
   * those they fill to a half. Default `true`: FreeSOLO.
   */
  readonly growMasks?: boolean;
}

/** A view with objects of another one, and what became of those that were drawn. */
export interface CopyPasted {
  /**
   * The target's objects, less what is hidden now, then the pasted ones. An object that several pasted
   * ones hide together keeps its place with an empty mask.
   */
  readonly view: TrainingView;
  /** Instances of the source that were pasted, in the order of the view. */
  readonly pasted: readonly number[];
  /** Drawn, but not pasted: they would have hidden half an object, or have no pixel at this size. */
  readonly refused: readonly number[];
}

/**
 * Pastes some objects of one picture onto another, at their place, stretched to its size.
 *
 * How many is drawn uniformly from none to all. One that would hide half or more of an object that is
 * there is refused. Pixels are replaced, not blended. Neither view is changed; the target itself is
 * returned when nothing is pasted.
 *
 * Source: Wang et al. 2022 (FreeSOLO), arXiv 2202.12181, whose code pastes objects of the weak view
 * B − 1 − i of a batch onto the strong view i; the idea is Ghiasi et al. 2021, arXiv 2012.07177. Pixels
 * are resized with antialiasing here, which differs where the source is larger.
 *
 * @throws {RangeError} when masks are not of their view's size, or a label is no class.
 *
 * @example
 * ```ts
 * import { copyPaste } from "@fiedler/train";
 * import assert from "node:assert/strict";
 *
 * const black = { width: 2, height: 1, data: new Uint8Array(6), instances: [] };
 * const right = { mask: Uint8Array.of(0, 1), label: 0 };
 * const white = { ...black, data: new Uint8Array(6).fill(255), instances: [right] };
 * const { view, pasted } = copyPaste(black, white, { random: { seed: 3 } }); // draws it
 * assert.deepEqual(pasted, [0]);
 * assert.deepEqual([...view.data], [0, 0, 0, 255, 255, 255]);
 * ```
 */
export function copyPaste(
  target: TrainingView,
  source: TrainingView,
  { random, growMasks = true }: CopyPasteOptions,
): CopyPasted {
  expectInstances("copyPaste: target", target);
  expectInstances("copyPaste: source", source);
  const pasted: number[] = [];
  const refused: number[] = [];
  const added: (Instance & Placed)[] = [];
  const resize = maskResizer(source, target, growMasks);
  const existing = target.instances.map(({ mask }) => ({
    mask,
    area: areaOf({ mask, from: 0, to: mask.length }),
  }));
  for (const instance of draw(source.instances.length, random)) {
    const { mask, label } = source.instances[instance];
    const resized = resize(mask);
    if (areaOf(resized) === 0 || existing.some((object) => hidesHalf(resized, object))) {
      refused.push(instance);
      continue;
    }
    pasted.push(instance);
    added.push({ ...resized, label });
  }
  if (added.length === 0) return { view: target, pasted, refused };
  const cover = unionOf(added);
  const kept = target.instances.map(({ mask, label }) => ({
    mask: uncovered(mask, cover),
    label,
  }));
  const { width, height } = target;
  const data = composite(target.data, resizeImage(source, { width, height }).data, cover);
  const instances = [...kept, ...added.map(({ mask, label }) => ({ mask, label }))];
  return { view: { width, height, data, instances }, pasted, refused };
}

/** Draws how many of `count` to take, from none to all, and which, in the order of the draw. */
function draw(count: number, random: RandomSource): number[] {
  const [first, ...rest] = uniforms(1 + count, random);
  const order = Array.from({ length: count }, (_, i) => i);
  const taken = Math.floor(first * (count + 1));
  for (let i = 0; i < taken; i++) {
    const other = i + Math.floor(rest[i] * (count - i));
    [order[i], order[other]] = [order[other], order[i]];
  }
  return order.slice(0, taken);
}

/** A mask, and where in its array it may have pixels: whole rows. */
interface Placed {
  readonly mask: Uint8Array;
  readonly from: number;
  readonly to: number;
}

/** Resizes masks from one size to another, bilinearly. */
function maskResizer(
  from: TrainingView,
  to: TrainingView,
  grow: boolean,
): (mask: Uint8Array) => Placed {
  const across = bilinearTaps(from.width, to.width);
  const down = bilinearTaps(from.height, to.height);
  const [columnWeights, rowWeights] = [2 * to.width, 2 * to.height];
  const least = grow ? 1 : columnWeights * rowWeights / 2; // of whole weights: any, or half of them
  return (mask) => {
    const out = new Uint8Array(to.width * to.height);
    const [top, bottom] = rowsOf(mask, from.width);
    const first = Math.max(0, down.next.findIndex((row) => row >= top));
    const end = down.first.findLastIndex((row) => row <= bottom) + 1;
    for (let y = first, p = first * to.width; y < end; y++) {
      const [upper, lower] = [down.first[y] * from.width, down.next[y] * from.width];
      const toLower = down.nextWeight[y];
      for (let x = 0; x < to.width; x++, p++) {
        const [left, right, toRight] = [across.first[x], across.next[x], across.nextWeight[x]];
        const mixed = (row: number) =>
          (mask[row + left] ? columnWeights - toRight : 0) + (mask[row + right] ? toRight : 0);
        const sum = (rowWeights - toLower) * mixed(upper) + toLower * mixed(lower);
        if (sum >= least) out[p] = 1;
      }
    }
    return { mask: out, from: first * to.width, to: end * to.width };
  };
}

/** The first and the last row that has a pixel; of an empty mask the last comes first. */
function rowsOf(mask: Uint8Array, width: number): [top: number, bottom: number] {
  let [first, last] = [0, mask.length - 1];
  while (first < mask.length && mask[first] === 0) first++;
  while (last >= 0 && mask[last] === 0) last--;
  return [Math.floor(first / width), Math.floor(last / width)];
}

function areaOf({ mask, from, to }: Placed): number {
  let area = 0;
  for (let p = from; p < to; p++) if (mask[p] !== 0) area++;
  return area;
}

/** Whether a mask covers at least half of an object, which has pixels. */
function hidesHalf(
  { mask, from, to }: Placed,
  object: { readonly mask: Uint8Array; readonly area: number },
): boolean {
  let hidden = 0;
  for (let p = from; p < to; p++) if (mask[p] !== 0 && object.mask[p] !== 0) hidden++;
  return hidden > 0 && 2 * hidden >= object.area;
}

function unionOf(instances: readonly (Instance & Placed)[]): Uint8Array {
  const union = instances[0].mask.slice();
  for (const { mask, from, to } of instances.slice(1)) {
    for (let p = from; p < to; p++) union[p] |= mask[p];
  }
  return union;
}

/** A mask without what is covered. */
function uncovered(mask: Uint8Array, cover: Uint8Array): Uint8Array {
  const out = mask.slice();
  for (let p = 0; p < out.length; p++) if (cover[p]) out[p] = 0;
  return out;
}

/** Pixels of `over` where `cover` is set, else those of `under`. */
function composite(under: Uint8Array, over: Uint8Array, cover: Uint8Array): Uint8Array {
  const data = under.slice();
  for (let p = 0; p < cover.length; p++) {
    if (!cover[p]) continue;
    for (let i = 3 * p; i < 3 * p + 3; i++) data[i] = over[i];
  }
  return data;
}
