import { networkPlans, segmenterBytes, type SegmenterConfig } from "@fiedler/segmenter";
import { findModel } from "../../packages/cli/weights.ts";
import { normal } from "../support/random.ts";

/** A very small segmenter on mae-tiny. */
export const SMALL: SegmenterConfig = {
  heads: {
    ...{ categories: 1, channels: 16, grids: [6, 4], width: 16, convs: 1, groups: 4 },
    ...{ maskWidth: 16, maskChannels: 16, prior: 0.01 },
  },
  scaleRanges: [[1, 32], [16, 2048]],
  smooth: [true, true],
  features: { facet: "key", layer: -1 },
  shortSide: 64,
  longest: 96,
};

/** Patches and numbers of a patch of mae-tiny. */
const MAE_TINY = { strides: [8], channels: [128] };

/** What a test changes about {@linkcode smallSegmenter}. */
export interface SmallOptions {
  readonly config?: SegmenterConfig;
  /** Of the backbone that the file names. */
  readonly backbone?: Readonly<Record<string, unknown>>;
  /** Arrays by name: others than those of the network, or in their place; null leaves one out. */
  readonly arrays?: Readonly<
    Record<string, { shape: number[]; values: Float32Array<ArrayBuffer> } | null>
  >;
}

/** The file of a segmenter of random weights, which takes much for an object. */
export async function smallSegmenter(
  { config = SMALL, backbone = {}, arrays: changes = {} }: SmallOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { name, sha256, release, encoder } = await findModel({
    nameOrFile: "mae-tiny",
    flag: "backbone",
  });
  const arrays = new Map(
    networkPlans(config, MAE_TINY).map(({ name, used }, seed) => {
      const count = used.reduce((a, b) => a * b, 1);
      return [name, { shape: [...used], values: normal(count, { seed }).map((it) => it / 3) }];
    }),
  );
  for (const [name, array] of Object.entries(changes)) {
    if (array) arrays.set(name, array);
    else arrays.delete(name);
  }
  const record = { name, sha256, release, encoder, heads: null, centred: true, ...backbone };
  return await segmenterBytes({ config, backbone: record, training: { steps: 0 } }, arrays);
}
