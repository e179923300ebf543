import { type Gpu, reshape, type Tensor, tensorsIn } from "@fiedler/gpu";
import { flatness } from "@fiedler/io";
import { enlargeFeatures, patchColours } from "@fiedler/kernels";
import type { Facet } from "@fiedler/models";
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
 * @throws {RangeError} when the models' patches differ in size, so that their grids would, or an
 * option does not fit a model.
 */
export function makeProposer(
  gpu: Gpu,
  { model, saliencyModel, options = PAPER }: ProposerSettings,
): Proposer {
  checkModels({ model, saliencyModel, options });
  const { patch } = model.vit.config;
  const { facet, layer } = options;
  const factor = enlargement(options);
  const sharesCut = saliencyModel?.sha256 === model.sha256 &&
    saliencyModel.centred === model.centred && options.clusterCounts.includes(2);
  const context = { model, saliencyModel, options, cell: patch / factor };
  const offsets = new GreyOffsets(gpu, { facet, layer });

  async function proposeBatch(
    pictures: readonly PreparedPicture[],
    stages: boolean,
  ): Promise<Proposals[]> {
    const { height, width } = pictures[0].pixels;
    const tokens = [height / patch, width / patch] as const;
    const grid = [tokens[0] * factor, tokens[1] * factor] as const;
    const own = await offsets.of(model, tokens);
    const other = saliencyModel && await offsets.of(saliencyModel, tokens);
    const work = gpu.scope(() => {
      const packed = packPixels(pictures.map(({ pixels }) => pixels.data));
      const rgb = gpu.upload(packed.words, packed.shape);
      const colour = options.colourWeight === 0
        ? null
        : { colours: patchColours(gpu, rgb, { grid, patch: patch / factor }), grid };
      const features = (stage: string, { vit }: Extractor, offset?: Tensor) =>
        gpu.stage(stage, () => {
          const keys = extractKeys(gpu, vit, rgb, tokens, { facet, layer, offset });
          return factor === 1 ? keys : enlargeFeatures(gpu, keys, tokens, factor);
        });
      const keys = features("features", model, own); // [images, patches, dim]
      const cut = spectralCut(gpu, keys, options, colour);
      const salient = saliencyModel && !sharesCut
        ? gpu.scope(() => {
          const keys = features("saliency features", saliencyModel, other ?? undefined);
          const two = { ...options, clusterCounts: [2] };
          const { labels, eigen } = spectralCut(gpu, keys, two, colour);
          return { labels, eigen };
        })
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
    maxPatches: Math.floor(maxPatches(gpu) / factor ** 2),
    async propose(pictures, { stages = false } = {}) {
      const results: Proposals[] = new Array(pictures.length);
      for (const batch of batches(pictures, patch / factor, stages)) {
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

/** Cells of the grid per patch, along each axis. */
const enlargement = ({ upsample }: ProposalOptions): 1 | 2 => upsample === "features-x2" ? 2 : 1;

/** Refuses models that do not fit each other or the options. */
function checkModels({ model, saliencyModel, options = PAPER }: ProposerSettings): void {
  const { facet, layer } = options;
  const { patch } = model.vit.config;
  for (const { name, vit, centred } of saliencyModel ? [model, saliencyModel] : [model]) {
    if (vit.config.patch !== patch) {
      throw new RangeError(
        `${model.name} has patches of ${patch} px, ${name} of ${vit.config.patch}: ` +
          "their grids must agree, choose another saliency model, or none",
      );
    }
    const { depth } = vit.config;
    if (layer < -depth || layer >= depth) {
      throw new RangeError(`there is no layer ${layer}: ${name} has ${depth} blocks`);
    }
    if (facet === "token" && centred) {
      throw new RangeError(`${name} is centred, and only queries, keys and values can be`);
    }
  }
  if (patch % enlargement(options) !== 0) {
    throw new RangeError(`features-x2 halves patches, and ${model.name} has ${patch} px`);
  }
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
  cell: number,
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
    const cells = height * width / cell ** 2;
    const most = single ? 1 : Math.max(1, Math.floor(BATCH_BYTES / (4 * cells ** 2)));
    const parts: number[][] = [];
    for (let at = 0; at < indices.length; at += most) parts.push(indices.slice(at, at + most));
    return parts;
  });
}

/** Grey keys per model and grid; the oldest go when there are many. */
class GreyOffsets {
  #kept = new Map<string, Tensor>();

  constructor(
    private readonly gpu: Gpu,
    private readonly options: { readonly facet: Facet; readonly layer: number },
  ) {}

  async of(
    { vit, sha256, centred }: Extractor,
    grid: readonly [number, number],
  ): Promise<Tensor | undefined> {
    if (!centred) return undefined;
    const key = `${sha256} ${grid}`;
    const found = this.#kept.get(key) ?? await greyOffset(this.gpu, vit, grid, this.options);
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
