import type { AnyTensor, Gpu, Tensor } from "@fiedler/gpu";
import {
  colourNeighbours,
  type ColourPairs,
  pairCounts,
  pairWeights,
  projectMasks,
  quarterLab,
} from "@fiedler/kernels/training";
import type { LossSettings } from "./settings.ts";
import type { ChunkPlan, StepPlan } from "./step_plan.ts";
import type { StepView } from "./step_view.ts";

/** What the losses of some views read, on the GPU. */
export interface ChunkTargets {
  /** Where it comes from. */
  readonly plan: ChunkPlan;
  /** As the plan has them. */
  readonly categories: Tensor<"u32">;
  /** Of the mask losses; null without entries. */
  readonly masks: MaskTargets | null;
}

/** What the mask losses of some views read. */
export interface MaskTargets {
  /** `[masks, words]`. */
  readonly bits: Tensor<"u32">;
  /** `[masks, 2, sides]` of `projectMasks`. */
  readonly profiles: Tensor;
  /** Which pixels are alike, and the weight of each entry; null where no pairs are asked for. */
  readonly pairs: { readonly colours: ColourPairs; readonly weights: Tensor } | null;
}

/**
 * Puts what a step is trained on onto the GPU. The weights of the pairs are a mean over all pairs of
 * a level in the whole step, so that every view's colours are compared before the first chunk runs.
 *
 * @param views of the step.
 * @returns one for each chunk of the plan; the caller frees them.
 * @throws {RangeError} when there are more entries than the kernels take.
 */
export function uploadTargets(
  gpu: Gpu,
  views: readonly StepView[],
  plan: StepPlan,
  loss: LossSettings,
): ChunkTargets[] {
  return gpu.scope(() => {
    const chunks = plan.chunks.map((chunk) => {
      const categories = words(gpu, chunk.categories);
      if (chunk.entries.rows.length === 0) return { plan: chunk, categories, masks: null };
      const bits = gpu.upload(chunk.masks, [chunk.imageOf.length, maskWords(chunk)]);
      const profiles = projectMasks(gpu, bits, chunk.maskSize);
      const imageOf = words(gpu, chunk.imageOf);
      const colours = loss.pairwise === 0
        ? null
        : { bits: alikeNeighbours(gpu, views, chunk, loss.similarity), profiles, imageOf };
      return { plan: chunk, categories, masks: { bits, profiles, colours } };
    });
    const weights = loss.pairwise === 0 ? [] : weightsOfPairs(gpu, plan, chunks);
    return chunks.map(({ masks, ...chunk }, i) => {
      if (!masks) return { ...chunk, masks };
      const { colours, ...shapes } = masks;
      return { ...chunk, masks: { ...shapes, pairs: colours && { colours, weights: weights[i] } } };
    });
  });
}

/** The tensors of {@linkcode ChunkTargets}, to be freed. */
export function targetTensors({ categories, masks }: ChunkTargets): AnyTensor[] {
  if (!masks) return [categories];
  const { bits, profiles, pairs } = masks;
  return [
    ...[categories, bits, profiles],
    ...pairs ? [pairs.colours.bits, pairs.colours.imageOf, pairs.weights] : [],
  ];
}

/** `[images, words]` of `colourNeighbours`. */
function alikeNeighbours(
  gpu: Gpu,
  views: readonly StepView[],
  { views: chosen, maskSize }: ChunkPlan,
  similarity: number,
): Tensor<"u32"> {
  const length = Math.ceil(maskSize[0] * maskSize[1] / 4);
  const all = gpu.empty([chosen.length, length], "u32");
  chosen.forEach((index, image) => {
    const { size, valid } = views[index];
    gpu.scope(() => {
      const rgb = words(gpu, wordsOf(withoutPadding(views[index])));
      const lab = quarterLab(gpu, rgb, { size, grid: maskSize, valid });
      gpu.copy(colourNeighbours(gpu, lab, similarity), all, image * length);
    });
  });
  return all;
}

/** The weight of the pairs of each entry, one tensor for each chunk. */
function weightsOfPairs(
  gpu: Gpu,
  { usedLevels }: StepPlan,
  chunks: readonly {
    readonly plan: ChunkPlan;
    readonly masks: { readonly colours: ColourPairs | null } | null;
  }[],
): Tensor[] {
  return gpu.scope(() => {
    const masks = chunks.map(({ plan }) => plan.imageOf.length);
    const starts = masks.map((_, i) => masks.slice(0, i).reduce((a, b) => a + b, 0));
    const counts = gpu.zeros([masks.reduce((a, b) => a + b, 0)], "u32");
    chunks.forEach(({ plan, masks }, i) => {
      if (masks?.colours) {
        gpu.copy(pairCounts(gpu, masks.colours, plan.maskSize), counts, starts[i]);
      }
    });
    const maskOf = chunks.flatMap(({ plan }, i) => plan.entries.maskOf.map((m) => starts[i] + m));
    const levels = chunks.flatMap(({ plan }) => plan.entries.levels);
    const all = pairWeights(gpu, counts, {
      maskOf: words(gpu, Uint32Array.from(maskOf)),
      groupOf: words(gpu, Uint32Array.from(levels)),
      factor: 1 / usedLevels,
    });
    let first = 0;
    return chunks.map(({ plan }) => {
      const own = slice(gpu, all, first, plan.entries.levels.length);
      first += plan.entries.levels.length;
      return own;
    });
  });
}

/** A copy of `count` elements of a vector: bindings may not start anywhere. */
export function slice(gpu: Gpu, x: Tensor, first: number, count: number): Tensor {
  const out = gpu.empty([count]);
  gpu.copy({ ...x, offset: x.offset + 4 * first, shape: [count] }, out);
  return out;
}

/** `[length]` u32. */
function words(gpu: Gpu, values: Uint32Array<ArrayBuffer>): Tensor<"u32"> {
  return gpu.upload(values, [values.length]);
}

/** Quarters of pixels at the border are filled up with black, whatever the network is padded with. */
function withoutPadding({ rgb, size: [height, width], padded }: StepView): Uint8Array<ArrayBuffer> {
  if (width === padded[1]) return rgb.subarray(0, 3 * height * width);
  const out = new Uint8Array(3 * height * width);
  for (let y = 0; y < height; y++) {
    const start = 3 * y * padded[1];
    out.set(rgb.subarray(start, start + 3 * width), 3 * y * width);
  }
  return out;
}

/** Bytes as words, a copy only where they do not fill the last one or lie across words. */
export function wordsOf(bytes: Uint8Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const { buffer, byteOffset, length } = bytes;
  if (byteOffset % 4 === 0 && length % 4 === 0) {
    return new Uint32Array(buffer, byteOffset, length / 4);
  }
  const padded = new Uint8Array(4 * Math.ceil(length / 4));
  padded.set(bytes);
  return new Uint32Array(padded.buffer);
}

const maskWords = ({ maskSize: [rows, columns] }: ChunkPlan): number =>
  Math.ceil(rows * columns / 32);
