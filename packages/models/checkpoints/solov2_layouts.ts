import type { Tensor } from "@fiedler/gpu";
import { fpnWeights } from "../fpn.ts";
import type { ParameterPlan } from "../parameters.ts";
import type { ResNetShape } from "../resnet.ts";
import type { Solov2Config } from "../solov2.ts";
import { solov2Weights } from "../solov2_weights.ts";
import { CheckpointError } from "./errors.ts";
import type { Key } from "./keys.ts";
import type { ResNetLayout } from "./resnet_layouts.ts";

/** Programs whose SOLOv2 weights are read. */
export type Solov2LayoutId = "freesolo" | "adelaidet" | "solo" | "mmdetection";

/** Where one of these programs keeps what, below the root of a network, and how it sees pictures. */
export interface Solov2Layout {
  /** For users. */
  readonly id: Solov2LayoutId;
  /** For people. */
  readonly title: string;
  /** A tensor that only networks of this layout have: the sign of it. */
  readonly kernel: string;
  /** What the names of the backbone begin with, and how they go on. */
  readonly backbone: { readonly root: string; readonly names: ResNetLayout };
  /** 1 × 1 convolution of a pyramid level, from 0. */
  lateral(level: number): string;
  /** 3 × 3 convolution of a pyramid level, from 0. */
  output(level: number): string;
  /** A block of a tower, from 0. */
  tower(of: Tower, index: number): Unit;
  /** Convolutions behind the towers. */
  readonly outputs: { readonly [of in Tower]: string };
  /** A block of the mask features; pyramid level and index from 0. */
  mask(level: number, index: number): Unit;
  /** The block behind the sum of the mask features. */
  readonly maskOutput: Unit;
  /** Beginnings of names of what prediction does not need. */
  readonly apart: readonly string[];
  /** Order of the channels of the first convolution. */
  readonly channels: "rgb" | "bgr";
  /** Whether the input, of 0 … 255, is divided by its deviation, or only less its mean. */
  readonly divides: boolean;
  /** See `ResNetConfig`. */
  readonly strideFirst: boolean;
}

/** What a tower of blocks ends in. */
export type Tower = "kernel" | "category";

/** A convolution and the group norm behind it. */
export interface Unit {
  readonly conv: string;
  readonly norm: string;
}

/** Cells of each level; all published networks have them so, and no tensor tells. */
export const GRIDS = [40, 36, 24, 16, 12] as const;
/** Of their group norms. */
export const GROUPS = 32;
/** Only what training starts with. */
const PRIOR = 0.01;
/** Maps of a residual network, and levels of the mask features. */
const MAPS = [0, 1, 2, 3] as const;

/**
 * Sizes of the heads, from their tensors.
 *
 * @param shapeOf shape of the tensor of a name in this layout, undefined where there is none.
 * @throws {CheckpointError} naming the tensor that is missing or of another shape.
 */
export function solov2Shape(
  layout: Solov2Layout,
  shapeOf: (name: string) => readonly number[] | undefined,
): Solov2Config {
  const outputs = (conv: string) => {
    const name = `${conv}.weight`;
    const shape = shapeOf(name);
    if (shape?.length === 4) return shape[0];
    throw new CheckpointError(
      `checkpoint: "${name}" must be [channels, channels, side, side], ` +
        `got ${shape ? `[${shape.join(", ")}]` : "none"}`,
    );
  };
  let convs = 1;
  while (shapeOf(`${layout.tower("kernel", convs).conv}.weight`)) convs++;
  return {
    categories: outputs(layout.outputs.category),
    channels: outputs(layout.lateral(0)),
    grids: GRIDS,
    width: outputs(layout.tower("kernel", 0).conv),
    convs,
    groups: GROUPS,
    maskWidth: outputs(layout.mask(0, 0).conv),
    maskChannels: outputs(layout.outputs.kernel),
    prior: PRIOR,
  };
}

/**
 * The key map of a layout: the names of `fpnWeights` and `solov2Weights`, and theirs.
 *
 * @param inputs channels of the backbone's maps.
 * @throws {CheckpointError} when sizes do not fit each other.
 */
export function solov2Keys(
  layout: Solov2Layout,
  config: Solov2Config,
  { channels: inputs }: Pick<ResNetShape, "channels">,
): Key[] {
  const modules = new Map(moduleNames(layout, config));
  return solov2Plans(config, inputs).map(({ name, used }) => {
    const dot = name.lastIndexOf(".");
    const from = [modules.get(name.slice(0, dot)) + name.slice(dot)];
    return { name, from, shape: theirShape(used) };
  });
}

/** Our names of convolutions and norms, and theirs. */
function moduleNames(layout: Solov2Layout, { convs }: Solov2Config): [string, string][] {
  const unit = (ours: string, { conv, norm }: Unit): [string, string][] => [
    [`${ours}.conv`, conv],
    [`${ours}.norm`, norm],
  ];
  const tower = (of: Tower) =>
    Array.from({ length: convs }, (_, i) => unit(`${of}.tower.${i}`, layout.tower(of, i))).flat();
  const blocks = (level: number) => Array.from({ length: Math.max(level, 1) }, (_, i) => i);
  return [
    ...MAPS.map((level): [string, string] => [`fpn.lateral${level + 2}`, layout.lateral(level)]),
    ...MAPS.map((level): [string, string] => [`fpn.output${level + 2}`, layout.output(level)]),
    ...tower("kernel"),
    ["kernel.output", layout.outputs.kernel],
    ...tower("category"),
    ["category.output", layout.outputs.category],
    ...MAPS.flatMap((level) =>
      blocks(level).flatMap((i) => unit(`mask.level${level + 2}.${i}`, layout.mask(level, i)))
    ),
    ...unit("mask.output", layout.maskOutput),
  ];
}

/** Every parameter of pyramid and heads. */
function solov2Plans(config: Solov2Config, inputs: readonly number[]): ParameterPlan[] {
  const plans: ParameterPlan[] = [];
  const count = (plan: ParameterPlan): Tensor => {
    plans.push(plan);
    return {} as Tensor; // only put into records, which are thrown away
  };
  try {
    fpnWeights({ inputs, channels: config.channels }, count);
    solov2Weights(config, count);
  } catch (cause) {
    throw new CheckpointError(`checkpoint: ${(cause as Error).message}`, { cause });
  }
  return plans;
}

/** As PyTorch keeps it: `[out, in, side, side]` of a kernel. */
const theirShape = (used: readonly number[]): readonly number[] =>
  used.length === 4 ? [used[3], used[2], used[0], used[1]] : used;
