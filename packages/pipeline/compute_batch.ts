import { type Gpu, reshape, type Tensor, tensorsIn } from "@fiedler/gpu";
import type { RgbImage } from "@fiedler/io";
import { computedAhead, type Extractor, packPixels } from "./1_features.ts";
import { type SpectralCut, spectralCut } from "./2_spectral.ts";
import { cellColours, cellFeatures, cellGrid } from "./cells.ts";
import { GreyOffsets } from "./grey_offsets.ts";
import type { ProposalOptions } from "./options.ts";
import {
  completeSelection,
  freeSelection,
  type HostSelection,
  type Selection,
  selectMasks,
} from "./select.ts";

/** What batches are computed with. */
export interface BatchSettings {
  /** Whose keys are clustered into masks. */
  readonly model: Extractor;
  /** Whose two-way cut says what is salient; null for no saliency. */
  readonly saliencyModel: Extractor | null;
  /** Of every stage. */
  readonly options: ProposalOptions;
}

/** What is read back of a batch; arrays run over its pictures first. */
export interface BatchArrays {
  /** `[rows, columns]` of cells. */
  readonly grid: readonly [number, number];
  /** Of the normalised affinity, `[images, count]`, descending. */
  readonly eigenvalues: Float32Array<ArrayBuffer>;
  /** `[images, count]`. */
  readonly residuals: Float32Array<ArrayBuffer>;
  /** `[images, cells, count]`. */
  readonly eigenvectors: Float32Array<ArrayBuffer>;
  /** `[images, cells, count]` of the saliency model; null without one. */
  readonly saliencyEigenvectors: Float32Array<ArrayBuffer> | null;
  /** `[images, maps, cells]`. */
  readonly labels: Uint32Array<ArrayBuffer>;
  readonly selection: HostSelection;
  /** Features `[images, cells, dim]` and affinity `[images, cells, cells]`, when asked for. */
  readonly details: readonly [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>] | null;
}

/** Computes batches on one device. */
export interface BatchComputer {
  /**
   * Records, submits and reads back one batch.
   *
   * @param pictures of one size.
   */
  compute(pictures: readonly RgbImage[], stages: boolean): Promise<BatchArrays>;
  /** Gives back what is kept for batches of the same grid. */
  forget(): void;
}

/** Whether the saliency mask comes from the model's own clustering for k = 2. */
export const sharesCut = ({ model, saliencyModel, options }: BatchSettings): boolean =>
  saliencyModel?.sha256 === model.sha256 && saliencyModel.centred === model.centred &&
  options.clusterCounts.includes(2);

/** Prepares the part of the proposal stage that runs on the GPU. */
export function makeBatchComputer(gpu: Gpu, settings: BatchSettings): BatchComputer {
  const { model, saliencyModel, options } = settings;
  const { facet, layer } = options;
  const offsets = new GreyOffsets(gpu, { facet, layer });
  return {
    async compute(pictures, stages) {
      const [{ height, width }] = pictures;
      const { patch } = model.backbone;
      const tokens = [height / patch, width / patch] as const;
      const own = await offsets.of(model, tokens);
      const other = saliencyModel ? await offsets.of(saliencyModel, tokens) : undefined;
      const ahead = await batchAhead(gpu, settings, pictures, tokens, [own, other]);
      const work = recordBatch(gpu, ahead.settings, pictures, tokens, [own, other], stages);
      try {
        return await readBatch(gpu, work);
      } finally {
        gpu.free(...ahead.computed);
        gpu.free(...tensorsIn([work.keys, work.cut, work.salient]));
        freeSelection(gpu, work.selection);
      }
    },
    forget: () => offsets.clear(),
  };
}

interface BatchWork {
  readonly grid: readonly [number, number];
  /** Null unless they are to be saved. */
  readonly keys: Tensor | null;
  readonly cut: Omit<SpectralCut, "affinity" | "unitKeys"> & { readonly affinity: Tensor | null };
  readonly salient: { readonly labels: Tensor<"u32">; readonly eigen: SpectralCut["eigen"] } | null;
  readonly selection: Selection;
}

/** What other runtimes compute of a batch, before the rest is recorded. */
async function batchAhead(
  gpu: Gpu,
  settings: BatchSettings,
  pictures: readonly RgbImage[],
  tokens: readonly [number, number],
  [own, other]: readonly [Tensor | undefined, Tensor | undefined],
): Promise<{ readonly settings: BatchSettings; readonly computed: readonly Tensor[] }> {
  const { model, saliencyModel, options: { facet, layer } } = settings;
  const ahead = (extractor: Extractor, offset: Tensor | undefined) =>
    computedAhead(gpu, extractor, pictures, tokens, { facet, layer, offset });
  const first = await ahead(model, own);
  const second = saliencyModel && !sharesCut(settings) ? await ahead(saliencyModel, other) : null;
  return {
    settings: {
      ...settings,
      model: first.extractor,
      saliencyModel: second?.extractor ?? saliencyModel,
    },
    computed: [...first.computed, ...second?.computed ?? []],
  };
}

/** Records the whole stage: features, graph, clusterings, pieces, saliency, filter, NMS. */
function recordBatch(
  gpu: Gpu,
  settings: BatchSettings,
  pictures: readonly RgbImage[],
  tokens: readonly [number, number],
  [own, other]: readonly [Tensor | undefined, Tensor | undefined],
  stages: boolean,
): BatchWork {
  const { model, saliencyModel, options } = settings;
  const grid = cellGrid(tokens, options);
  return gpu.scope(() => {
    const packed = packPixels(pictures.map(({ data }) => data));
    const rgb = gpu.upload(packed.words, packed.shape);
    const colour = cellColours(gpu, rgb, tokens, model, options);
    const features = (stage: string, { backbone }: Extractor, offset?: Tensor) =>
      gpu.stage(stage, () => cellFeatures(gpu, backbone, rgb, tokens, options, offset));
    const keys = features("features", model, own); // [images, patches, dim]
    const cut = spectralCut(gpu, keys, options, colour, stages);
    const salient = saliencyModel && !sharesCut(settings)
      ? gpu.scope(() => {
        const keys = features("saliency features", saliencyModel, other);
        const two = { ...options, clusterCounts: [2] };
        const { labels, eigen } = spectralCut(gpu, keys, two, colour, false);
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
    return { grid, keys: stages ? keys : null, cut: trimmed(cut, stages), salient, selection };
  });
}

/** One readback, and more only for saved stages and for pictures of very many masks. */
async function readBatch(
  gpu: Gpu,
  { grid, keys, cut, salient, selection }: BatchWork,
): Promise<BatchArrays> {
  const { values, residuals, vectors } = cut.eigen;
  const [eigenvalues, eigenResiduals, eigenvectors, labels, salientVectors, ...selected] = await gpu
    .readAll([
      ...[values, residuals, vectors, cut.labels, salient?.eigen.vectors ?? values] as const,
      ...selection.readback,
    ]);
  return {
    grid,
    eigenvalues,
    residuals: eigenResiduals,
    eigenvectors,
    saliencyEigenvectors: salient && salientVectors,
    labels,
    selection: await completeSelection(gpu, selection, selected as Uint32Array[]),
    details: keys && await gpu.readAll([keys, cut.affinity!]),
  };
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
