import type { Gpu } from "@fiedler/gpu";
import type { Grid } from "@fiedler/models";
import type { Extractor } from "./1_features.ts";
import { isPacked } from "./2_spectral.ts";
import { batches, MOST_PATCHES, mostPictures } from "./batches.ts";
import { enlargement } from "./cells.ts";
import { checkModels } from "./check_models.ts";
import { type BatchArrays, makeBatchComputer } from "./compute_batch.ts";
import { PAPER, type ProposalOptions } from "./options.ts";
import { panelOf, stagesOf } from "./panels.ts";
import { BatchFit } from "./plan_memory.ts";
import type { PreparedPicture, Proposals } from "./propose.ts";
import {
  type EigenNumbers,
  lacksStructure,
  type RecordContext,
  recordPicture,
  recordWithout,
} from "./record_picture.ts";
import { decodeSelection } from "./select.ts";

/** What a proposer works with. */
export interface ProposerSettings {
  /** Whose keys are clustered into masks. */
  readonly model: Extractor;
  /** Null: no saliency, every mask passes its filter. */
  readonly saliencyModel: Extractor | null;
  /** Default: the preset `paper`. */
  readonly options?: ProposalOptions;
}

/** The whole proposal stage for batches of pictures. */
export interface Proposer {
  /** Side of a patch in pixels. */
  readonly patch: number;
  /** Most patches a picture may have. */
  readonly maxPatches: number;
  /**
   * How many pictures of a grid, up to `wanted`, it computes at once: as many as the adapter binds
   * and the memory budget allows.
   *
   * @param grid `[rows, columns]` of patches.
   * @throws {GpuMemoryError} when a picture alone needs more than the budget.
   */
  batchSize(grid: Grid, wanted: number, options?: ProposeOptions): Promise<number>;
  /**
   * Proposals of each picture, in order. Pictures of one grid size share a batch as far as the
   * adapter's limits and the memory budget of `gpu` allow; a result does not depend on which other
   * pictures are in the list.
   *
   * @throws {GpuMemoryError} when a picture alone needs more than the budget, before its batch.
   */
  propose(pictures: readonly PreparedPicture[], options?: ProposeOptions): Promise<Proposals[]>;
  /** Gives back what it keeps on the GPU for later pictures, which then computes it again. */
  forget(): void;
}

/** Options of {@linkcode Proposer.propose}. */
export interface ProposeOptions {
  /** Return the arrays of every stage too, one picture at a time. Default `false`. */
  readonly stages?: boolean;
}

/**
 * Prepares the proposal stage: features, spectral clustering for each k, component split,
 * saliency, filter, NMS (the paper, §3 and §4).
 *
 * @throws {RangeError} when the models' patches differ in size, so that their grids would, or an
 * option does not fit a model.
 */
export function makeProposer(
  gpu: Gpu,
  { model, saliencyModel, options = PAPER }: ProposerSettings,
): Proposer {
  checkModels({ model, saliencyModel, options });
  const settings = { model, saliencyModel, options };
  const { patch } = model.backbone;
  const factor = enlargement(options);
  const context = { ...settings, cell: patch / factor };
  const computer = makeBatchComputer(gpu, settings);
  const fit = new BatchFit(gpu, settings, () => computer.forget());
  const limits = {
    patch,
    cell: patch / factor,
    bits: isPacked(options),
    backbones: [model.backbone, ...saliencyModel ? [saliencyModel.backbone] : []],
    bindingBytes: gpu.device.limits.maxStorageBufferBindingSize,
  };

  /** The pictures in parts that fit the memory budget. */
  async function proposeBatch(
    pictures: readonly PreparedPicture[],
    stages: boolean,
  ): Promise<Proposals[]> {
    const { height, width } = pictures[0].pixels;
    const grid = [height / patch, width / patch] as const;
    const out: Proposals[] = [];
    while (out.length < pictures.length) {
      const left = pictures.slice(out.length);
      const part = left.slice(0, await fit.images(grid, left.length, stages));
      const arrays = await computer.compute(part.map(({ pixels }) => pixels), stages);
      out.push(...part.map((picture, image) => proposalsOf(picture, image, arrays, context)));
    }
    return out;
  }

  return {
    patch,
    maxPatches: Math.floor(MOST_PATCHES / factor ** 2),
    batchSize(grid, wanted, { stages = false } = {}) {
      const most = stages ? 1 : wanted;
      return fit.images(grid, mostPictures(grid, { ...limits, most }), stages);
    },
    forget: () => computer.forget(),
    async propose(pictures, { stages = false } = {}) {
      const results: Proposals[] = new Array(pictures.length);
      for (const batch of batches(pictures, { ...limits, most: stages ? 1 : Infinity })) {
        const chosen = batch.map((index) => pictures[index]);
        const found = await proposeBatch(chosen, stages);
        batch.forEach((index, i) => results[index] = found[i]);
      }
      pictures.forEach((picture, index) => {
        if (results[index]) return;
        const record = recordWithout(picture, "flat", context);
        results[index] = { record, panel: panelOf(picture, null), stages: null };
      });
      return results;
    },
  };
}

/** One picture of a batch, from the arrays of all. */
function proposalsOf(
  picture: PreparedPicture,
  image: number,
  batch: BatchArrays,
  context: RecordContext,
): Proposals {
  const { grid, selection, saliencyEigenvectors, details } = batch;
  const images = selection.totals.length;
  const part = <A extends Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>(array: A) => {
    const size = array.length / images;
    return array.slice(image * size, (image + 1) * size) as A;
  };
  const eigenvalues = part(batch.eigenvalues);
  const eigen: EigenNumbers = { values: eigenvalues, residuals: part(batch.residuals) };
  const masks = decodeSelection(selection, image, context.options);
  const arrays = {
    grid,
    clusterCounts: context.options.clusterCounts,
    eigenvalues,
    eigenvectors: part(batch.eigenvectors),
    saliencyEigenvectors: saliencyEigenvectors && part(saliencyEigenvectors),
    labels: part(batch.labels),
    masks,
  };
  return {
    record: lacksStructure(eigen)
      ? recordWithout(picture, "no-structure", context, eigen)
      : recordPicture(picture, eigen, masks, context),
    panel: panelOf(picture, arrays),
    stages: details && stagesOf(arrays, part(details[0]), part(details[1])),
  };
}
