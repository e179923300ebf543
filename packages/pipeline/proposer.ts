import { type Gpu, reshape, type Tensor, tensorsIn } from "@fiedler/gpu";
import { enlargeFeatures, patchColours } from "@fiedler/kernels";
import { extractKeys, type Extractor, packPixels } from "./1_features.ts";
import { type SpectralCut, spectralCut } from "./2_spectral.ts";
import { batches, maxPatches } from "./batches.ts";
import { GreyOffsets } from "./grey_offsets.ts";
import { PAPER, type ProposalOptions } from "./options.ts";
import { panelOf, stagesOf } from "./panels.ts";
import type { PreparedPicture, Proposals } from "./propose.ts";
import {
  type EigenNumbers,
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
  const { patch } = model.backbone;
  const { facet, layer } = options;
  const factor = enlargement(options);
  const sharesCut = saliencyModel?.sha256 === model.sha256 &&
    saliencyModel.centred === model.centred && options.clusterCounts.includes(2);
  const context = { model, saliencyModel, options, cell: patch / factor };
  const offsets = new GreyOffsets(gpu, { facet, layer });
  const limits = {
    patch,
    cell: patch / factor,
    backbones: [model.backbone, ...saliencyModel ? [saliencyModel.backbone] : []],
    bindingBytes: gpu.device.limits.maxStorageBufferBindingSize,
  };

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
      const features = (stage: string, { backbone }: Extractor, offset?: Tensor) =>
        gpu.stage(stage, () => {
          const keys = extractKeys(gpu, backbone, rgb, tokens, { facet, layer, offset });
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
        : saliencyModel && { labels: mapOf(gpu, cut.labels, options, 2), eigen: cut.eigen };
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

/** Cells of the grid per patch, along each axis. */
const enlargement = ({ upsample }: ProposalOptions): 1 | 2 => upsample === "features-x2" ? 2 : 1;

/** Refuses models that do not fit each other or the options. */
function checkModels({ model, saliencyModel, options = PAPER }: ProposerSettings): void {
  const { facet, layer } = options;
  const { patch } = model.backbone;
  for (const { name, backbone, centred } of saliencyModel ? [model, saliencyModel] : [model]) {
    if (backbone.patch !== patch) {
      throw new RangeError(
        `${model.name} has patches of ${patch} px, ${name} of ${backbone.patch}: ` +
          "their grids must agree, choose another saliency model, or none",
      );
    }
    const { depth, facets } = backbone;
    if (!facets.includes(facet)) {
      throw new RangeError(`${name} has no facet ${facet}, only ${facets.join(", ")}`);
    }
    if (layer < -depth || layer >= depth) {
      throw new RangeError(`there is no layer ${layer}: ${name} has ${depth} of them`);
    }
    if (centred && (facet === "token" || !backbone.offsets)) {
      throw new RangeError(`${name} is centred, and only queries, keys and values can be`);
    }
  }
  if (patch % enlargement(options) !== 0) {
    throw new RangeError(`features-x2 halves patches, and ${model.name} has ${patch} px`);
  }
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
