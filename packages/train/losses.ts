import { elements, type Gpu, type Tensor } from "@fiedler/gpu";
import {
  focalLoss,
  focalLossBackward,
  maskDice,
  maskDiceBackward,
  pairwiseLoss,
  pairwiseLossBackward,
  projectionLoss,
  projectionLossBackward,
} from "@fiedler/kernels/training";
import type { Solov2Output } from "@fiedler/models";
import { view } from "./layers.ts";
import { concatRows, dynamicConv, gatherRows } from "./layers_masks.ts";
import { type ChunkTargets, type MaskTargets, slice } from "./losses_targets.ts";
import type { LossSettings } from "./settings.ts";
import type { EntryPlan, StepPlan } from "./step_plan.ts";
import { type Gradients, Tape } from "./tape.ts";
import { LOSS_TERMS, type LossTerm, type LossTerms } from "./terms.ts";

/** Mask logits that are held at once, in bytes: their losses take some four times as much. Our choice. */
export const LOGITS_BYTES = 2 ** 26;

/** Entries of a kernel at most. */
const MAX_ENTRIES = 65535;

/** Options of {@linkcode chunkLosses}. */
export interface ChunkLossOptions {
  /** Of the step. */
  readonly plan: StepPlan;
  /**
   * Of the step: see `factorsAt`. A term of factor 0 is not computed, but one projection comes with
   * the other.
   */
  readonly factors: LossSettings;
  /** Bytes of mask logits that are held at once; changes the result by rounding alone. */
  readonly logitsBytes: number;
}

/** An output of the network and the gradient of the loss with respect to it. */
export type Root = readonly [output: Tensor, gradient: Tensor];

/** Parts of the terms on the GPU: their sum over the views of a step are its terms. */
export interface PartialTerms {
  /** `[1]` f32 each. */
  readonly category: readonly Tensor[];
  /** `[2]` f32 each: of maxima, and of means. */
  readonly projections: readonly Tensor[];
  /** `[1]` f32 each. */
  readonly pairwise: readonly Tensor[];
  /** `[1]` f32 each, times the term's factor, which its kernels take from the weights of entries. */
  readonly dice: readonly Tensor[];
}

/** What some views add to the loss of their step. */
export interface ChunkLosses {
  /** Its share of the terms. */
  readonly terms: PartialTerms;
  /** Where the tape's backward pass begins; factors included. */
  readonly roots: readonly Root[];
}

/**
 * The loss of a segmenter on some views of a step: focal loss of the cells; for every pair of a cell
 * and a mask that it is to predict, dice of projections and of pixels, and the agreement of pixels of
 * alike colour.
 *
 * Category is divided by the positive cells of the step + 1. Projections are averaged over the entries
 * of a level, pairs over the pairs of a level, and both then over the levels that have entries; dice
 * over all entries. All of them count the whole step, so that its views may come in any chunks.
 *
 * Source: Wang et al. 2022 (FreeSOLO), arXiv 2202.12181, §3.2, whose code adds the mean projection to
 * Tian et al. 2021 (BoxInst), arXiv 2012.02310; dice and focal are SOLOv2's, arXiv 2003.10152, §3.3.
 *
 * @param tape that `output` is on.
 * @param output for the views of the chunk.
 */
export function chunkLosses(
  tape: Tape,
  output: Solov2Output,
  targets: ChunkTargets,
  options: ChunkLossOptions,
): ChunkLosses {
  const cells = categoryLoss(tape, output, targets, options);
  const pixels = targets.masks
    ? maskLosses(tape, output, targets.plan.entries, targets.masks, options)
    : { terms: [], roots: [] };
  const parts = [...cells.terms, ...pixels.terms];
  const of = (name: keyof PartialTerms) => parts.flatMap((part) => part[name] ?? []);
  return {
    terms: {
      category: of("category"),
      projections: of("projections"),
      pairwise: of("pairwise"),
      dice: of("dice"),
    },
    roots: [...cells.roots, ...pixels.roots],
  };
}

/** Terms of part of the entries. */
type Part = { -readonly [name in keyof PartialTerms]?: Tensor };

interface Parts {
  readonly terms: readonly Part[];
  readonly roots: readonly Root[];
}

function categoryLoss(
  tape: Tape,
  { categories }: Solov2Output,
  targets: ChunkTargets,
  { plan: { positives }, factors: { category: factor } }: ChunkLossOptions,
): Parts {
  if (factor === 0) return { terms: [], roots: [] };
  const { gpu } = tape;
  const flat = categories.map((level) => view(tape, level, [elements(level.shape)]));
  const logits = concatRows(tape, flat); // [cells of all levels]
  const weight = 1 / (positives + 1);
  const gradient = { weight: factor * weight };
  return {
    terms: [{ category: focalLoss(gpu, logits, targets.categories, { weight }) }],
    roots: [[logits, focalLossBackward(gpu, logits, targets.categories, gradient)]],
  };
}

/**
 * The losses of the masks, some entries at a time. Each part has a tape of its own, which ends in the
 * kernels and the features, so that the logits of no other part are held with its own.
 */
function maskLosses(
  tape: Tape,
  { kernels: levels, features }: Solov2Output,
  entries: EntryPlan,
  masks: MaskTargets,
  options: ChunkLossOptions,
): Parts {
  const { maxProjection, meanProjection, pairwise, dice } = options.factors;
  if ([maxProjection, meanProjection, pairwise, dice].every((factor) => factor === 0)) {
    return { terms: [], roots: [] };
  }
  const { gpu } = tape;
  const kernels = concatRows(
    tape,
    levels.map((level) =>
      view(tape, level, [elements(level.shape) / level.shape[3], level.shape[3]])
    ),
  ); // [cells of all levels, maskChannels]
  const totals: Gradients = new Map();
  const terms = partsOf(entries, features.shape, options.logitsBytes).map((part) => {
    const found = gpu.scope(() => {
      const inner = new Tape(gpu, [kernels, features]);
      const rows = gatherRows(inner, kernels, part.rows);
      const logits = dynamicConv(inner, rows, features, countsOf(part, features.shape[0]));
      const { terms, gradients } = entryLosses(gpu, logits, part, masks, options);
      inner.backward(gradients.map((gradient) => [logits, gradient]), totals);
      return { terms, totals };
    });
    return found.terms;
  });
  return { terms, roots: [...totals] };
}

/** Entries, and where they begin among those of their chunk. */
interface EntryPart extends EntryPlan {
  readonly first: number;
}

function partsOf(
  entries: EntryPlan,
  [, height, width]: readonly number[],
  logitsBytes: number,
): EntryPart[] {
  const fit = Math.floor(logitsBytes / (4 * height * width));
  const most = Math.min(MAX_ENTRIES, Math.max(1, fit));
  return Array.from({ length: Math.ceil(entries.rows.length / most) }, (_, i) => {
    const cut = (values: readonly number[]) => values.slice(i * most, (i + 1) * most);
    const { rows, images, levels, maskOf } = entries;
    return {
      ...{ first: i * most, rows: cut(rows), images: cut(images) },
      ...{ levels: cut(levels), maskOf: cut(maskOf) },
    };
  });
}

/** How many of the entries each image has. */
function countsOf({ images }: EntryPlan, count: number): number[] {
  const counts: number[] = new Array(count).fill(0);
  for (const image of images) counts[image]++;
  return counts;
}

/** Terms of some entries, and the gradients of their logits, whose sum is that of the loss. */
function entryLosses(
  gpu: Gpu,
  logits: Tensor,
  part: EntryPart,
  { bits, profiles, pairs }: MaskTargets,
  { plan: { levelEntries, usedLevels, entries }, factors }: ChunkLossOptions,
): { readonly terms: Part; readonly gradients: readonly Tensor[] } {
  const { maxProjection: maxFactor, meanProjection: meanFactor, pairwise, dice } = factors;
  const count = part.rows.length;
  const maskOf = gpu.upload(Uint32Array.from(part.maskOf), [count]);
  const terms: Part = {};
  const gradients: Tensor[] = [];
  if (maxFactor !== 0 || meanFactor !== 0) {
    const shares = part.levels.map((level) => 1 / usedLevels / levelEntries[level]);
    const given = { maskOf, weights: gpu.upload(Float32Array.from(shares), [count]) };
    const found = projectionLoss(gpu, logits, profiles, given, { maxFactor, meanFactor });
    terms.projections = found.terms;
    gradients.push(projectionLossBackward(gpu, logits, found));
  }
  if (pairs && pairwise !== 0) {
    const given = { maskOf, weights: slice(gpu, pairs.weights, part.first, count) };
    terms.pairwise = pairwiseLoss(gpu, logits, pairs.colours, given);
    gradients.push(pairwiseLossBackward(gpu, logits, pairs.colours, given, pairwise));
  }
  if (dice !== 0) {
    const shares = new Float32Array(count).fill(dice / entries);
    const given = { maskOf, weights: gpu.upload(shares, [count]) };
    const found = maskDice(gpu, logits, bits, given);
    terms.dice = found.term;
    gradients.push(maskDiceBackward(gpu, logits, bits, given, found));
  }
  return { terms, gradients };
}

/** The tensors of {@linkcode readTerms}, in its order. */
export function termTensors(parts: readonly PartialTerms[]): Tensor[] {
  return parts.flatMap(({ category, projections, pairwise, dice }) => [
    ...[...category, ...projections, ...pairwise, ...dice],
  ]);
}

/**
 * The terms of a step.
 *
 * @param values of {@linkcode termTensors}.
 * @param factors that they were computed with.
 */
export function readTerms(
  parts: readonly PartialTerms[],
  values: readonly Float32Array[],
  factors: LossSettings,
): LossTerms {
  const sums = new Map<LossTerm, number>();
  const add = (term: LossTerm, value: number) => {
    if (factors[term] !== 0) sums.set(term, (sums.get(term) ?? 0) + value);
  };
  let at = 0;
  for (const { category, projections, pairwise, dice } of parts) {
    category.forEach(() => add("category", values[at++][0]));
    projections.forEach(() => {
      const [largest, mean] = values[at++];
      add("maxProjection", largest);
      add("meanProjection", mean);
    });
    pairwise.forEach(() => add("pairwise", values[at++][0]));
    dice.forEach(() => add("dice", values[at++][0] / factors.dice));
  }
  return Object.fromEntries(LOSS_TERMS.map((term) => [term, sums.get(term) ?? null])) as LossTerms;
}
