import { Gpu, type GpuOptions } from "@fiedler/gpu";
import type { RgbImage } from "@fiedler/io";
import type { Backbone, Facet } from "@fiedler/models";
import { packPixels } from "@fiedler/pipeline";
import type { Weights } from "./engine.ts";
import { openModel } from "./weights.ts";

/** What {@linkcode FeatureEngine} takes from which model. */
export interface FeatureSettings {
  readonly weights: Weights;
  readonly facet: Facet;
  /** Block from 0; undefined is the last. */
  readonly layer: number | undefined;
  /** Subtract the features of a flat grey picture. */
  readonly centred: boolean;
  /** Which forms kernels take. */
  readonly tuning: GpuOptions["tuning"];
}

/** The level of grey whose features are subtracted: the middle of 0 … 255, rounded down. */
const GREY = 127;

/** Patch features of pictures, on one GPU device. */
export class FeatureEngine implements Disposable {
  /** Features of the grey picture, by its size. */
  #grey = new Map<string, Float32Array>();

  private constructor(
    readonly gpu: Gpu,
    private readonly backbone: Backbone,
    private readonly settings: FeatureSettings,
  ) {}

  /** Opens a device and loads the model. */
  static async open(settings: FeatureSettings): Promise<FeatureEngine> {
    const gpu = await Gpu.open({ tuning: settings.tuning });
    using opened = await openModel(settings.weights);
    return new FeatureEngine(gpu, await opened.model.load(gpu), settings);
  }

  /** Side of a patch in pixels. */
  get patch(): number {
    return this.backbone.patch;
  }

  /** Numbers a patch is described by. */
  get dim(): number {
    return this.backbone.dim;
  }

  /** Number of blocks. */
  get depth(): number {
    return this.backbone.depth;
  }

  /** Which block features come from, from 0. */
  get layer(): number {
    return this.settings.layer ?? this.backbone.depth - 1;
  }

  /** `[patches, dim]` for each of some pictures of one size. */
  async features(pictures: readonly RgbImage[]): Promise<Float32Array<ArrayBuffer>[]> {
    const { width, height } = pictures[0];
    const size = `${width} × ${height}`;
    if (this.settings.centred && !this.#grey.has(size)) {
      const data = new Uint8Array(3 * width * height).fill(GREY);
      this.#grey.set(size, (await this.#run([{ width, height, data }]))[0]);
    }
    const features = await this.#run(pictures);
    const grey = this.#grey.get(size);
    if (grey) { for (const rows of features) rows.forEach((_, i) => rows[i] -= grey[i]); }
    return features;
  }

  async #run(pictures: readonly RgbImage[]): Promise<Float32Array<ArrayBuffer>[]> {
    const { gpu, backbone, settings: { facet }, layer, patch, dim } = this;
    const { width, height } = pictures[0];
    const grid = [height / patch, width / patch] as const;
    const { words, shape } = packPixels(pictures.map(({ data }) => data));
    const rgb = gpu.upload(words, shape);
    const out = backbone.compute // [images, patches, dim]
      ? await backbone.compute(gpu, rgb, grid, { facet, layer })
      : gpu.scope(() => backbone.features(gpu, rgb, grid, { facet, layer }));
    gpu.free(rgb);
    const values = await gpu.read(out);
    gpu.free(out);
    const length = grid[0] * grid[1] * dim;
    return pictures.map((_, i) => values.slice(i * length, (i + 1) * length));
  }

  /** Frees the device. */
  [Symbol.dispose](): void {
    this.gpu.close();
  }
}
