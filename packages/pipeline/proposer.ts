import { type Gpu, reshape, type Tensor, tensorsIn } from "@fiedler/gpu";
import { flatness } from "@fiedler/io";
import { extractKeys, type Extractor, greyOffset, packPixels } from "./1_features.ts";
import { type SpectralCut, spectralCut } from "./2_spectral.ts";
import { PAPER, type ProposalOptions } from "./options.ts";
import { panelOf, stagesOf } from "./panels.ts";
import type { PreparedPicture, Proposals } from "./propose.ts";
import {
  type EigenNumbers,
  FLAT_LIMIT,
  lacksStructure,
  recordPicture,
  recordWithout,
} from "./record_picture.ts";
import {
  completeSelection,
  decodeSelection,
  freeSelection,
  type Selection,
  selectMasks,
} from "./select.ts";

/** Bytes of affinity matrices that a batch may take, within the portable binding limit. */
const BATCH_BYTES = 64 * 2 ** 20;
/** Grids whose grey keys are kept. */
const KEPT_GRIDS = 16;

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
  /** Most patches a picture may have: the adapter must bind their n × n graph. */
  readonly maxPatches: number;
  /**
   * Proposals of each picture, in order. Pictures of one grid size share a batch as far as memory
   * allows; a result does not depend on which other pictures are in the list.
   */
  propose(
    pictures: readonly PreparedPicture[],
    options?: { readonly stages?: boolean },
  ): Promise<Proposals[]>;
}

/**
 * Prepares the proposal stage: features, spectral clustering for each k, component split,
 * saliency, filter, NMS (the paper, §3 and §4).
 *
 * @throws {RangeError} when the two models' patches differ in size, so that their grids would.
 */
export function makeProposer(
  gpu: Gpu,
  { model, saliencyModel, options = PAPER }: ProposerSettings,
): Proposer {
  const { patch } = model.vit.config;
  if (saliencyModel && saliencyModel.vit.config.patch !== patch) {
    throw new RangeError(
      `${model.name} has patches of ${patch} px, ${saliencyModel.name} of ` +
        `${saliencyModel.vit.config.patch}: their grids must agree, choose another saliency model`,
    );
  }
  const context = { model, saliencyModel, options };
  const offsets = new GreyOffsets(gpu);

  async function proposeBatch(
    pictures: readonly PreparedPicture[],
    stages: boolean,
  ): Promise<Proposals[]> {
    const { height, width } = pictures[0].pixels;
    const grid = [height / patch, width / patch] as const;
    const own = await offsets.of(model, grid);
    const other = saliencyModel && await offsets.of(saliencyModel, grid);
    const work = gpu.scope(() => {
      const packed = packPixels(pictures.map(({ pixels }) => pixels.data));
      const rgb = gpu.upload(packed.words, packed.shape);
      const keys = gpu.stage("features", () => extractKeys(gpu, model.vit, rgb, grid, own));
      const cut = spectralCut(gpu, keys, options);
      const shared = saliencyModel?.sha256 === model.sha256 &&
        saliencyModel.centred === model.centred && options.clusterCounts.includes(2);
      const salient = saliencyModel && !shared
        ? saliencyCut(gpu, saliencyModel, rgb, grid, other ?? undefined, options)
        : saliencyModel && { ...cut, labels: mapOf(gpu, cut.labels, options, 2) };
      const selection = gpu.stage("masks", () =>
        selectMasks(gpu, {
          labels: reshape(cut.labels, [...cut.labels.shape.slice(0, 2), ...grid]),
          clusterCounts: options.clusterCounts,
          saliencyLabels: salient && reshape(salient.labels, [pictures.length, ...grid]),
          unitKeys: cut.unitKeys,
        }, options));
      return { keys: stages ? keys : null, cut: trimmed(cut, stages), salient, selection };
    });
    try {
      return await readBatch(pictures, grid, work, stages);
    } finally {
      gpu.free(...tensorsIn([work.keys, work.cut, work.salient]));
      freeSelection(gpu, work.selection);
    }
  }

  async function readBatch(
    pictures: readonly PreparedPicture[],
    grid: readonly [number, number],
    { keys, cut, salient, selection }: BatchWork,
    stages: boolean,
  ): Promise<Proposals[]> {
    const { values, residuals, vectors } = cut.eigen;
    const [eigenvalues, eigenResiduals, eigenvectors, labels, salientVectors, ...selected] =
      await gpu.readAll([
        ...[values, residuals, vectors, cut.labels, salient?.eigen.vectors ?? values] as const,
        ...selection.readback,
      ]);
    const host = await completeSelection(gpu, selection, selected as Uint32Array[]);
    const details = stages ? await gpu.readAll([keys!, cut.affinity!]) : null;
    const part = <A extends Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>(
      array: A,
      image: number,
    ) => {
      const size = array.length / pictures.length;
      return array.slice(image * size, (image + 1) * size) as A;
    };
    return pictures.map((picture, image): Proposals => {
      const eigen: EigenNumbers = {
        values: part(eigenvalues, image),
        residuals: part(eigenResiduals, image),
      };
      const masks = decodeSelection(host, image, options);
      const arrays = {
        grid,
        clusterCounts: options.clusterCounts,
        eigenvalues: part(eigenvalues, image),
        eigenvectors: part(eigenvectors, image),
        saliencyEigenvectors: salient ? part(salientVectors, image) : null,
        labels: part(labels, image),
        masks,
      };
      return {
        record: lacksStructure(eigen)
          ? recordWithout(picture, "no-structure", context, eigen)
          : recordPicture(picture, eigen, masks, context),
        panel: panelOf(picture, arrays),
        stages: details && stagesOf(arrays, part(details[0], image), part(details[1], image)),
      };
    });
  }

  return {
    patch,
    maxPatches: maxPatches(gpu),
    async propose(pictures, { stages = false } = {}) {
      const results: Proposals[] = new Array(pictures.length);
      for (const batch of batches(pictures, patch, stages)) {
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

/**
 * Most patches a picture may have on an adapter: it must bind an f32 matrix of patches × patches,
 * both for attention and for the graph; 5,788 for the portable 128 MiB.
 */
export function maxPatches({ device }: Gpu): number {
  return (Math.floor(Math.sqrt(device.limits.maxStorageBufferBindingSize / 4)) & ~3) - 4;
}

interface BatchWork {
  readonly keys: Tensor | null;
  readonly cut: Omit<SpectralCut, "affinity" | "unitKeys"> & { readonly affinity: Tensor | null };
  readonly salient: { readonly labels: Tensor<"u32">; readonly eigen: SpectralCut["eigen"] } | null;
  readonly selection: Selection;
}

/** Only what is read back outlives the scope. */
const trimmed = ({ labels, clusters, eigen, affinity }: SpectralCut, stages: boolean) => ({
  labels,
  clusters,
  eigen,
  affinity: stages ? affinity : null,
});

/** The k = 2 clustering of the saliency model (§4). */
function saliencyCut(
  gpu: Gpu,
  { vit }: Extractor,
  rgb: Tensor<"u32">,
  grid: readonly [number, number],
  offset: Tensor | undefined,
  options: ProposalOptions,
): { labels: Tensor<"u32">; eigen: SpectralCut["eigen"] } {
  return gpu.scope(() => {
    const keys = gpu.stage("saliency features", () => extractKeys(gpu, vit, rgb, grid, offset));
    const { labels, eigen } = spectralCut(gpu, keys, { ...options, clusterCounts: [2] });
    return { labels, eigen };
  });
}

/** The clustering of one k out of all, `[images, 1, patches]`. */
function mapOf(
  gpu: Gpu,
  labels: Tensor<"u32">,
  { clusterCounts }: ProposalOptions,
  k: number,
): Tensor<"u32"> {
  const [images, maps, patches] = labels.shape;
  const out = gpu.empty([images, 1, patches], "u32");
  for (let image = 0; image < images; image++) {
    const offset = 4 * (image * maps + clusterCounts.indexOf(k)) * patches;
    gpu.copy({ ...labels, offset, shape: [patches] }, out, image * patches);
  }
  return out;
}

/** Indices of the pictures to compute together: one grid size, bounded memory, none flat. */
function batches(
  pictures: readonly PreparedPicture[],
  patch: number,
  single: boolean,
): number[][] {
  const bySize = new Map<string, number[]>();
  pictures.forEach(({ pixels }, index) => {
    if (flatness(pixels).every((deviation) => deviation < FLAT_LIMIT)) return;
    const key = `${pixels.height} ${pixels.width}`;
    bySize.set(key, [...bySize.get(key) ?? [], index]);
  });
  return [...bySize.values()].flatMap((indices) => {
    const { height, width } = pictures[indices[0]].pixels;
    const patches = height * width / patch ** 2;
    const most = single ? 1 : Math.max(1, Math.floor(BATCH_BYTES / (4 * patches ** 2)));
    const parts: number[][] = [];
    for (let at = 0; at < indices.length; at += most) parts.push(indices.slice(at, at + most));
    return parts;
  });
}

/** Grey keys per model and grid; the oldest go when there are many. */
class GreyOffsets {
  #kept = new Map<string, Tensor>();

  constructor(private readonly gpu: Gpu) {}

  async of(
    { vit, sha256, centred }: Extractor,
    grid: readonly [number, number],
  ): Promise<Tensor | undefined> {
    if (!centred) return undefined;
    const key = `${sha256} ${grid}`;
    const found = this.#kept.get(key) ?? await greyOffset(this.gpu, vit, grid);
    this.#kept.delete(key);
    this.#kept.set(key, found);
    // Twice, since a batch holds one offset for each of its two models.
    if (this.#kept.size > 2 * KEPT_GRIDS) {
      const [oldest, tensor] = this.#kept.entries().next().value!;
      this.#kept.delete(oldest);
      this.gpu.free(tensor);
    }
    return found;
  }
}
