import { bytesSource, openTensorFile } from "@fiedler/io";
import { recognise } from "@fiedler/models";
import { extractKeys, type Extractor, packPixels, type PictureRecord } from "@fiedler/pipeline";
import type { Bench } from "./engine.ts";
import { featureColours } from "./feature_colours.ts";
import type { OpenPicture } from "./picture.ts";
import { sha256Of } from "./sha256.ts";
import type { Snapshot } from "./snapshots.ts";
import type { GridPicture, StudioOptions } from "./studio.ts";

/** Level of the grey picture whose features are subtracted, of 255: as the pipeline has it. */
const GREY = 127;

interface Loaded {
  readonly bench: Bench;
  readonly snapshot: Snapshot;
  readonly extractor: Extractor;
}

/** What snapshots see in a picture. The one that was looked at last stays on the device. */
export class SnapshotViews {
  #loaded: Loaded | null = null;

  /**
   * The features of a snapshot in three colours, less those of a grey picture.
   *
   * @throws {RangeError} when the picture has too many patches.
   */
  async colours(
    bench: Bench,
    snapshot: Snapshot,
    picture: OpenPicture,
    { shortSide, proposals: { facet, layer } }: StudioOptions,
  ): Promise<GridPicture> {
    const { gpu } = bench;
    const { backbone } = await this.#load(bench, snapshot);
    const { pixels: { height, width, data } } = picture.prepare(shortSide, backbone.patch);
    const [rows, columns] = [height / backbone.patch, width / backbone.patch];
    const { words, shape } = packPixels([data, new Uint8Array(data.length).fill(GREY)]);
    const keys = gpu.scope(() =>
      extractKeys(gpu, backbone, gpu.upload(words, shape), [rows, columns], { facet, layer })
    );
    const values = await gpu.read(keys);
    gpu.free(keys);
    const grey = values.subarray(values.length / 2);
    const features = values.subarray(0, values.length / 2).map((value, i) => value - grey[i]);
    return { rows, columns, data: featureColours(features, rows * columns) };
  }

  /** The masks that a snapshot finds, by its own saliency where some is wanted. */
  async masks(
    bench: Bench,
    snapshot: Snapshot,
    picture: OpenPicture,
    { shortSide, saliencyModel, proposals }: StudioOptions,
  ): Promise<PictureRecord> {
    const model = await this.#load(bench, snapshot);
    const prepared = picture.prepare(shortSide, model.backbone.patch);
    const { record } = await bench.explorer.explore(prepared, {
      ...{ model, saliencyModel: saliencyModel === null ? null : model },
      options: proposals,
    });
    return record;
  }

  async #load(bench: Bench, snapshot: Snapshot): Promise<Extractor> {
    const before = this.#loaded;
    if (before?.bench === bench && before.snapshot === snapshot) return before.extractor;
    const source = bytesSource(snapshot.file);
    const extractor = {
      name: `step ${snapshot.facts.step}`,
      sha256: await sha256Of(source),
      backbone: await recognise(await openTensorFile(source)).load(bench.gpu),
      centred: true,
    };
    this.#loaded = { bench, snapshot, extractor };
    if (before?.bench === bench) bench.gpu.free(...before.extractor.backbone.parameters);
    return extractor;
  }
}
