import type { Gpu } from "@fiedler/gpu";
import type { TensorFile } from "@fiedler/io";
import type { ParameterPlan } from "../parameters.ts";
import type { ResNet, ResNetConfig } from "../resnet.ts";
import type { Solov2Config } from "../solov2.ts";
import { CheckpointError } from "./errors.ts";
import { entryOf, matchKeys, parameterReader, type Subtree } from "./keys.ts";
import { IMAGENET } from "./metadata.ts";
import { resnetCounters, resnetKeys, resnetShape } from "./resnet_layouts.ts";
import { sizeName } from "./resnet_model.ts";
import { loadResNet } from "./resnet_weights.ts";
import { ADELAIDET } from "./solov2_adelaidet.ts";
import { FREESOLO } from "./solov2_freesolo.ts";
import {
  GRIDS,
  GROUPS,
  solov2Keys,
  type Solov2Layout,
  type Solov2LayoutId,
  solov2Shape,
} from "./solov2_layouts.ts";
import { MMDETECTION } from "./solov2_mmdetection.ts";
import { SOLO } from "./solov2_solo.ts";

/** In the order in which files are held against them: FreeSOLO's have all that AdelaiDet's have. */
const LAYOUTS: readonly Solov2Layout[] = [FREESOLO, ADELAIDET, SOLO, MMDETECTION];

/** A published SOLOv2, of which only names and shapes have been read. */
export interface FoundSolov2 {
  /** Whose program's names it has. */
  readonly layout: Solov2LayoutId;
  /** For people: `FreeSOLO, ResNet-101`. */
  readonly title: string;
  /** What was taken for granted, and what of the file was left aside; for people. */
  readonly notes: readonly string[];
  /** The frozen part. */
  readonly backbone: ResNetConfig;
  /** The heads. */
  readonly heads: Solov2Config;
  /** Reads the backbone onto the GPU. */
  loadBackbone(gpu: Gpu): Promise<ResNet>;
  /** Reads the used part of a parameter that `fpnWeights` or `solov2Weights` plans. */
  readonly parameter: (
    plan: Pick<ParameterPlan, "name" | "used">,
  ) => Promise<Float32Array<ArrayBuffer>>;
}

/**
 * Finds SOLOv2 in a file of another program by the names and shapes of its tensors.
 *
 * @returns null when no tensor is named as in any of them.
 * @throws {CheckpointError} when a tensor is missing, surplus or of another shape, which it names.
 */
export function findSolov2(file: TensorFile): FoundSolov2 | null {
  const place = findPlace(file);
  if (!place) return null;
  const { layout, root } = place;
  const subtree = { file, root };
  refuseDeformable(subtree);
  const { shape, heads, keys, counters } = mapOf(layout, subtree);
  const parameters = matchKeys(subtree, keys, [...layout.apart, ...counters]);
  const backbone: ResNetConfig = {
    ...shape,
    mean: IMAGENET.mean,
    // Without a deviation of their own, values of 0 … 255 stay as they are.
    std: layout.divides ? IMAGENET.std : [1 / 255, 1 / 255, 1 / 255],
    ...{ dilateLayer4: false, enlarge: 1, strideFirst: layout.strideFirst },
  };
  return {
    layout: layout.id,
    title: `${layout.title}, ${sizeName(backbone)}`,
    notes: [...assumptions(layout), ...leftAside(subtree, layout, counters)],
    ...{ backbone, heads },
    loadBackbone: async (gpu) => {
      const read = parameterReader(parameters);
      const turn = layout.channels === "bgr" ? reversedInputs : <T>(weight: T) => weight;
      const take = (name: string) => name === STEM ? read(name).then(turn) : read(name);
      return { config: backbone, weights: await loadResNet(gpu, shape, take) };
    },
    parameter: async ({ name, used }) => channelsLast(await parameters.get(name)!.read(), used),
  };
}

/** Our name of the first convolution. */
const STEM = "conv1.weight";

/** The layout and the root of the network in a file. */
function findPlace({ tensors }: TensorFile): { layout: Solov2Layout; root: string } | null {
  for (const layout of LAYOUTS) {
    const signs = [...tensors.keys()].filter((name) => `.${name}`.endsWith(`.${layout.kernel}`));
    if (signs.length === 0) continue;
    const [root, ...others] = signs.map((name) => name.slice(0, -layout.kernel.length));
    if (others.length === 0) return { layout, root };
    const roots = [root, ...others].map((root) => `"${root}"`).join(", ");
    throw new CheckpointError(
      `checkpoint: several segmenters, below ${roots}; save the one that is meant by itself`,
    );
  }
  return null;
}

/** Sizes and key map of a network, and the counters that it may hold. */
function mapOf(layout: Solov2Layout, subtree: Subtree) {
  const { root, names } = layout.backbone;
  const shapeOf = (name: string) => entryOf(subtree, name)?.shape;
  const inside = (name: string) => root + name;
  const shape = resnetShape(names, (name) => shapeOf(inside(name)));
  const heads = solov2Shape(layout, shapeOf);
  const backbone = resnetKeys(names, shape)
    .map((key) => ({ ...key, from: key.from.map(inside) }));
  return {
    ...{ shape, heads },
    keys: [...backbone, ...solov2Keys(layout, heads, shape)],
    counters: resnetCounters(names, shape).map(inside),
  };
}

/** @throws {CheckpointError} naming the first tensor of a deformable convolution. */
function refuseDeformable({ file, root }: Subtree): void {
  for (const name of file.tensors.keys()) {
    if (!name.startsWith(root) || !name.includes(".conv_offset")) continue;
    throw new CheckpointError(
      `checkpoint: "${name}" is of a deformable convolution, which is not read; ` +
        "take the network without them",
    );
  }
}

/** What no tensor tells. */
function assumptions({ title, channels, divides, strideFirst }: Solov2Layout): string[] {
  const order = channels === "rgb" ? "red" : "blue";
  const input = divides ? "ImageNet's mean and deviation" : "ImageNet's mean alone";
  const stride = strideFirst ? "1 × 1" : "3 × 3";
  return [
    `as in ${title}, since no tensor tells: ${order} first, ${input}, strides at the ${stride} ` +
    `convolutions, grids ${GRIDS.join(", ")}, groups of ${GROUPS}`,
  ];
}

/** What of the file has no part in prediction. */
function leftAside(
  { file, root }: Subtree,
  { apart }: Solov2Layout,
  counters: readonly string[],
): string[] {
  const names = [...file.tensors.keys()];
  const below = names.filter((name) => name.startsWith(root)).map((name) =>
    name.slice(root.length)
  );
  const parts = below.filter((name) => apart.some((beginning) => name.startsWith(beginning)));
  const counted = counters.filter((name) => file.tensors.has(root + name)).length;
  const outside = names.length - below.length;
  const all = [
    ...parts,
    ...(counted > 0 ? [`${counted} counters num_batches_tracked`] : []),
    ...(outside > 0 ? [`${outside} tensors outside of "${root}"`] : []),
  ];
  return all.length === 0 ? [] : [`left aside: ${all.join(", ")}`];
}

/** `[out, 3, side, side]` for pictures whose channels come the other way round. */
function reversedInputs(weight: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const taps = STEM_SIDE ** 2;
  return weight.map((_, i) => {
    const channel = Math.floor(i / taps) % 3;
    return weight[i + (2 - 2 * channel) * taps];
  });
}

const STEM_SIDE = 7;

/** `[out, in, side, side]` as `[side, side, in, out]`, which is `used`; vectors as they are. */
function channelsLast(
  values: Float32Array<ArrayBuffer>,
  used: readonly number[],
): Float32Array<ArrayBuffer> {
  if (used.length !== 4) return values;
  const [rows, columns, inputs, outputs] = used;
  const [taps, width] = [rows * columns, inputs * outputs];
  const out = new Float32Array(values.length);
  for (let o = 0, at = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) {
      for (let tap = 0; tap < taps; tap++) out[tap * width + i * outputs + o] = values[at++];
    }
  }
  return out;
}
