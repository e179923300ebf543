import {
  type AnyTensor,
  type Gpu,
  type HostArrays,
  reshape,
  type Tensor,
  tensorsIn,
} from "@fiedler/gpu";
import type { Grid } from "@fiedler/models";
import { computedAhead, type Extractor, packPixels } from "./1_features.ts";
import {
  clusterVectors,
  labelMaps,
  type SpectralVectors,
  spectralVectors,
  vectorCount,
} from "./2_spectral.ts";
import { isFlat, MOST_PATCHES } from "./batches.ts";
import { cellColours, cellFeatures, cellGrid, enlargement } from "./cells.ts";
import { checkModels } from "./check_models.ts";
import { type BatchSettings, sharesCut } from "./compute_batch.ts";
import { GreyOffsets } from "./grey_offsets.ts";
import { KeptStages, type StageResult, type StageTime } from "./kept_stages.ts";
import type { ProposalOptions } from "./options.ts";
import { keptMasks, outlineMasks } from "./outlines.ts";
import type { PreparedPicture } from "./propose.ts";
import type { PictureRecord } from "./record.ts";
import { type DrawMasks, lacksStructure, recordPicture, recordWithout } from "./record_picture.ts";
import {
  type Candidates,
  decodeSelection,
  findCandidates,
  freeSelection,
  type PictureMasks,
  readSelection,
  selectCandidates,
} from "./select.ts";

/** Bytes on the GPU that are kept of pictures: our choice, dozens of 1,500 patches. */
const KEPT_BYTES = 2 ** 27;

/** The proposal stage for who changes options again and again: one picture at a time. */
export interface Explorer {
  /**
   * Proposals of a picture, the same as those of a `Proposer`. Only what follows from a changed
   * option is computed again: other models take all of it; another k its clustering and what comes
   * behind; a threshold the selection alone. What was computed for other options and pictures is
   * kept as well, as far as there is room.
   *
   * One call at a time. A picture is known by its object, not by its pixels.
   *
   * @throws {RangeError} when models or options do not fit each other, or the picture is too large.
   */
  explore(picture: PreparedPicture, settings: BatchSettings): Promise<Explored>;
  /** Gives back all that is kept on the GPU. */
  forget(): void;
}

/** What {@linkcode Explorer.explore} returns. */
export interface Explored {
  /** Every mask, kept or dropped, with its reason. */
  readonly record: PictureRecord;
  /** What the stages found; null for a flat picture, of which nothing is computed. */
  readonly stages: ExploredStages | null;
  /** What was computed now, in order. */
  readonly times: readonly StageTime[];
}

/** Arrays of the stages of one picture; not to be written to. */
export interface ExploredStages {
  /** `[rows, columns]` of cells. */
  readonly grid: Grid;
  /** `[cells, dim]`: the keys; the same object until they are computed again. */
  readonly features: Float32Array<ArrayBuffer>;
  /** `[cells, count]`, the first one constant but for the degrees. */
  readonly eigenvectors: Float32Array<ArrayBuffer>;
  /** The same of the saliency model; null without one. */
  readonly saliencyEigenvectors: Float32Array<ArrayBuffer> | null;
  /** `[cells]` for each k. */
  readonly clusters: readonly {
    readonly k: number;
    readonly labels: Uint32Array<ArrayBuffer>;
  }[];
  /** `[cells]`, 0 or 1; null without a saliency model. */
  readonly saliency: Uint8Array | null;
}

/** Prepares the proposal stage for exploring. */
export function makeExplorer(gpu: Gpu): Explorer {
  return new PictureExplorer(gpu);
}

/** A picture, and what its results are called by. */
interface Subject {
  readonly picture: PreparedPicture;
  /** `[rows, columns]` of patches. */
  readonly tokens: Grid;
  /** `[1, words]` u32. */
  readonly rgb: Tensor<"u32">;
  readonly key: string;
}

interface Features extends StageResult {
  readonly keys: Tensor;
  readonly values: Float32Array<ArrayBuffer>;
}

interface Vectors extends StageResult, Pick<SpectralVectors, "eigen" | "scale" | "unitKeys"> {
  readonly key: string;
  readonly features: Float32Array<ArrayBuffer>;
  readonly eigenvalues: Float32Array<ArrayBuffer>;
  readonly residuals: Float32Array<ArrayBuffer>;
  readonly eigenvectors: Float32Array<ArrayBuffer>;
}

interface Labels extends StageResult {
  readonly key: string;
  readonly labels: Tensor<"u32">;
  readonly values: Uint32Array<ArrayBuffer>;
}

interface Found extends StageResult {
  readonly candidates: Candidates;
}

class PictureExplorer implements Explorer {
  readonly #stages: KeptStages;
  readonly #offsets = new Map<string, GreyOffsets>();
  readonly #numbers = new WeakMap<PreparedPicture, number>();
  #pictures = 0;
  /** Of the last clusterings: masks that were drawn, by their number. */
  #drawn = { key: "", outlines: new Map<number, number[]>() };

  constructor(private readonly gpu: Gpu) {
    this.#stages = new KeptStages(gpu, KEPT_BYTES);
  }

  async explore(picture: PreparedPicture, settings: BatchSettings): Promise<Explored> {
    checkModels(settings);
    const { model, saliencyModel, options } = settings;
    const context = { ...settings, cell: model.backbone.patch / enlargement(options) };
    this.#stages.begin();
    if (isFlat(picture.pixels)) {
      return { record: recordWithout(picture, "flat", context), stages: null, times: [] };
    }
    const subject = await this.#subject(picture, settings);
    const grid = cellGrid(subject.tokens, options);
    const own = await this.#vectors(subject, model, settings, "");
    const clusters = await this.#clusters(own, options, "clusters");
    const salient = saliencyModel && await this.#saliency(subject, settings, own, clusters);
    const found = await this.#candidates(grid, own, clusters, salient && salient.labels, options);
    const selected = await this.#stages.timed("selection", () => this.#select(found, options));
    const eigen = { values: own.eigenvalues, residuals: own.residuals };
    const record = lacksStructure(eigen)
      ? recordWithout(picture, "no-structure", context, eigen)
      : await this.#record(picture, eigen, selected, context, clusters);
    return {
      record,
      stages: {
        grid,
        features: own.features,
        eigenvectors: own.eigenvectors,
        saliencyEigenvectors: salient && salient.vectors.eigenvectors,
        clusters: options.clusterCounts.map((k, i) => ({ k, labels: clusters[i].values })),
        saliency: selected.saliencyGrid,
      },
      times: this.#stages.times,
    };
  }

  forget(): void {
    this.#stages.clear();
    for (const offsets of this.#offsets.values()) offsets.clear();
    this.#drawn = { key: "", outlines: new Map() };
  }

  /** A picture on the GPU. */
  async #subject(
    picture: PreparedPicture,
    { model: { backbone: { patch } }, options }: BatchSettings,
  ): Promise<Subject> {
    const { height, width, data } = picture.pixels;
    const tokens = [height / patch, width / patch] as const;
    const most = MOST_PATCHES / enlargement(options) ** 2;
    if (tokens[0] * tokens[1] > most) {
      throw new RangeError(
        `${picture.image} has ${tokens.join(" × ")} patches, at most ${most} are taken; ` +
          "make it smaller",
      );
    }
    const number = this.#numbers.get(picture) ?? this.#pictures++;
    this.#numbers.set(picture, number);
    const key = `picture ${number}`;
    const { rgb } = await this.#stages.of("upload", key, () => {
      const { words, shape } = packPixels([data]);
      const rgb = this.gpu.upload(words, shape);
      return Promise.resolve({ tensors: [rgb], rgb });
    });
    return { picture, tokens, rgb, key };
  }

  #features(
    { picture, tokens, rgb, key }: Subject,
    extractor: Extractor,
    options: ProposalOptions,
    part: string,
  ): Promise<Features & { readonly key: string }> {
    const { facet, layer } = options;
    const of = `${extractor.sha256} ${extractor.centred}`;
    const own = `${key}; ${of} ${facet} ${layer} ${enlargement(options)}`;
    return this.#stages.of(`${part}features`, own, async () => {
      const offset = await this.#offsetsOf(options).of(extractor, tokens);
      const ahead = await computedAhead(
        ...[this.gpu, extractor, [picture.pixels], tokens, { facet, layer, offset }] as const,
      );
      const { backbone } = ahead.extractor;
      const keys = this.gpu.scope(() =>
        cellFeatures(this.gpu, backbone, rgb, tokens, options, offset)
      );
      this.gpu.free(...ahead.computed.filter((tensor) => tensor !== keys));
      const [values] = await this.#read([keys], [keys] as const);
      return { tensors: [keys], key: own, keys, values };
    });
  }

  #offsetsOf({ facet, layer }: ProposalOptions): GreyOffsets {
    const key = `${facet} ${layer}`;
    const offsets = this.#offsets.get(key) ?? new GreyOffsets(this.gpu, { facet, layer });
    this.#offsets.set(key, offsets);
    return offsets;
  }

  /** The eigenvectors of an extractor's graph. */
  async #vectors(
    subject: Subject,
    extractor: Extractor,
    { model, options }: BatchSettings,
    part: string,
  ): Promise<Vectors> {
    const { gpu } = this;
    const features = await this.#features(subject, extractor, options, part);
    const { affinity, affinityThreshold, diagonal, colourWeight, seed } = options;
    const graph = [affinity, affinityThreshold, diagonal, colourWeight];
    const key = `${features.key}; ${[...graph, seed, vectorCount(options)]}`;
    return await this.#stages.of(`${part}eigenvectors`, key, async () => {
      const { eigen, scale, unitKeys } = gpu.scope(() => {
        const colour = cellColours(gpu, subject.rgb, subject.tokens, model, options);
        const { eigen, scale, unitKeys } = spectralVectors(
          ...[gpu, features.keys, options, colour, false] as const,
        );
        return { eigen, scale, unitKeys };
      });
      const tensors = [eigen.values, eigen.residuals, eigen.vectors, eigen.steps, scale, unitKeys];
      const wanted = [eigen.values, eigen.residuals, eigen.vectors] as const;
      const [eigenvalues, residuals, eigenvectors] = await this.#read(tensors, wanted);
      const host = { features: features.values, eigenvalues, residuals, eigenvectors };
      return { tensors, key, eigen, scale, unitKeys, ...host };
    });
  }

  /** The clustering of each k, together as far as they are missing. */
  #clusters(vectors: Vectors, options: ProposalOptions, part: string): Promise<Labels[]> {
    const { clusterCounts, embedding, dssVectors, labels: kind, restarts, seed } = options;
    const how = [embedding, dssVectors, kind, restarts, seed];
    const keys = clusterCounts.map((k) => `${vectors.key}; ${k} ${how}`);
    return this.#stages.all(part, keys, async (missing) => {
      const labels = this.gpu.scope(() =>
        missing.map((i) => clusterVectors(this.gpu, vectors, clusterCounts[i], options).labels)
      );
      const values = await this.#read(labels, labels);
      return missing.map((i, at) => ({
        tensors: [labels[at]],
        ...{ key: keys[i], labels: labels[at], values: values[at] },
      }));
    });
  }

  /** The two-way cut of the saliency model, which may be a clustering that there is already. */
  async #saliency(
    subject: Subject,
    settings: BatchSettings,
    own: Vectors,
    clusters: readonly Labels[],
  ): Promise<{ readonly vectors: Vectors; readonly labels: Labels }> {
    const { saliencyModel, options } = settings;
    if (sharesCut(settings)) {
      return { vectors: own, labels: clusters[options.clusterCounts.indexOf(2)] };
    }
    const two = { ...settings, options: { ...options, clusterCounts: [2] } };
    const vectors = await this.#vectors(subject, saliencyModel!, two, "saliency ");
    const [labels] = await this.#clusters(vectors, two.options, "saliency clusters");
    return { vectors, labels };
  }

  /** Stages 3 and 4. */
  #candidates(
    grid: Grid,
    { unitKeys }: Vectors,
    clusters: readonly Labels[],
    salient: Labels | null,
    options: ProposalOptions,
  ): Promise<Found> {
    const { gpu } = this;
    const { clusterCounts, split, connectivity } = options;
    const from = [...clusters.map(({ key }) => key), `salient: ${salient?.key}`];
    const key = [...from, split, connectivity].join("; ");
    return this.#stages.of("masks", key, async () => {
      const candidates = gpu.scope(() => {
        const labels = labelMaps(gpu, clusters.map(({ labels }) => labels));
        return findCandidates(gpu, {
          labels: reshape(labels, [1, clusterCounts.length, ...grid]),
          clusterCounts,
          saliencyLabels: salient && reshape(salient.labels, [1, ...grid]),
          unitKeys,
        }, options);
      });
      const tensors = tensorsIn(candidates);
      await this.#read(tensors, [candidates.masks.totals]); // so that its time is its own
      return { tensors, candidates };
    });
  }

  /** Stages 5 and 6. */
  async #select({ candidates }: Found, options: ProposalOptions): Promise<PictureMasks> {
    const { gpu } = this;
    const selection = selectCandidates(gpu, candidates, options);
    try {
      return decodeSelection(await readSelection(gpu, selection), 0, options);
    } finally {
      freeSelection(gpu, selection, candidates);
    }
  }

  /** The record, for which only masks are drawn that were not drawn before. */
  #record(
    picture: PreparedPicture,
    eigen: Parameters<typeof recordPicture>[1],
    selected: PictureMasks,
    context: Parameters<typeof recordPicture>[3],
    clusters: readonly Labels[],
  ): Promise<PictureRecord> {
    const { split, connectivity, upsample, crf } = context.options;
    const how = [split, connectivity, upsample, crf];
    const key = [...clusters.map(({ key }) => key), how].join("; ");
    if (this.#drawn.key !== key) this.#drawn = { key, outlines: new Map() };
    const { outlines } = this.#drawn;
    const draw: DrawMasks = (masks, grids, placement, pixels, options) => {
      const missing = keptMasks(masks).filter((i) => !outlines.has(i));
      if (missing.length === 0) return outlines;
      // All masks are drawn in one pass over the picture; with a CRF each one costs.
      const wanted = crf ? missing : [...masks.keys()];
      const drawn = outlineMasks(masks, grids, placement, pixels, options, wanted);
      drawn.forEach((counts, i) => outlines.set(i, counts));
      return outlines;
    };
    return this.#stages.timed(
      "outlines",
      () => recordPicture(picture, eigen, selected, context, draw),
    );
  }

  /** Reads some tensors; when that fails, all that were made with them are given back. */
  async #read<const T extends readonly AnyTensor[]>(
    made: readonly AnyTensor[],
    wanted: T,
  ): Promise<HostArrays<T>> {
    try {
      return await this.gpu.readAll(wanted);
    } catch (error) {
      this.gpu.free(...made);
      throw error;
    }
  }
}
