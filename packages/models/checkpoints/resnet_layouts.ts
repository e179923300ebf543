import { resnetBlocks, type ResNetShape } from "../resnet.ts";
import { CheckpointError } from "./errors.ts";
import type { Key } from "./keys.ts";

/** How a family of programs names the parameters of a residual network. */
export interface ResNetLayout {
  /** The first 1 × 1 convolution; its presence is the sign of the layout. */
  readonly kernel: string;
  /** Convolution and batch norm at the start. */
  readonly stem: Unit;
  /** What the names of a block begin with; layer and index from 0. */
  block(layer: number, index: number): string;
  /** Convolutions of a block with their batch norms, below its beginning. */
  readonly units: { readonly [name in UnitName]: Unit };
}

/** A convolution and the batch norm behind it. */
interface Unit {
  readonly conv: string;
  readonly norm: string;
}

type UnitName = "conv1" | "conv2" | "conv3" | "shortcut";

/** torchvision's names, which DenseCL and mmcv share; ours too. */
export const TORCHVISION: ResNetLayout = {
  kernel: "layer1.0.conv1.weight",
  stem: { conv: "conv1", norm: "bn1" },
  block: (layer, index) => `layer${layer + 1}.${index}.`,
  units: {
    conv1: { conv: "conv1", norm: "bn1" },
    conv2: { conv: "conv2", norm: "bn2" },
    conv3: { conv: "conv3", norm: "bn3" },
    shortcut: { conv: "downsample.0", norm: "downsample.1" },
  },
};

/** detectron2's names, as FreeSOLO converts DenseCL's. */
export const DETECTRON2: ResNetLayout = {
  kernel: "res2.0.conv1.weight",
  stem: { conv: "stem.conv1", norm: "stem.conv1.norm" },
  block: (layer, index) => `res${layer + 2}.${index}.`,
  units: {
    conv1: { conv: "conv1", norm: "conv1.norm" },
    conv2: { conv: "conv2", norm: "conv2.norm" },
    conv3: { conv: "conv3", norm: "conv3.norm" },
    shortcut: { conv: "shortcut", norm: "shortcut.norm" },
  },
};

/** One convolution with its batch norm: where it is in two layouts, and `[out, in, side, side]`. */
interface Convolution {
  readonly ours: Unit;
  readonly theirs: Unit;
  readonly shape: readonly [out: number, from: number, side: number, side: number];
}

function convolutions(layout: ResNetLayout, shape: ResNetShape): Convolution[] {
  const below = (beginning: string, { conv, norm }: Unit): Unit => ({
    conv: beginning + conv,
    norm: beginning + norm,
  });
  return [
    { ours: TORCHVISION.stem, theirs: layout.stem, shape: [shape.stem, 3, 7, 7] },
    ...resnetBlocks(shape).flatMap(({ layer, index, from, width, to, shortcut }) => {
      const unit = (name: UnitName, ...sizes: Convolution["shape"]): Convolution => ({
        ours: below(TORCHVISION.block(layer, index), TORCHVISION.units[name]),
        theirs: below(layout.block(layer, index), layout.units[name]),
        shape: sizes,
      });
      return [
        unit("conv1", width, from, 1, 1),
        unit("conv2", width, width, 3, 3),
        unit("conv3", to, width, 1, 1),
        ...(shortcut ? [unit("shortcut", to, from, 1, 1)] : []),
      ];
    }),
  ];
}

/** The key map of a layout: our names, which are torchvision's, and theirs. */
export function resnetKeys(layout: ResNetLayout, shape: ResNetShape): Key[] {
  return convolutions(layout, shape).flatMap(({ ours, theirs, shape }) => [
    { name: `${ours.conv}.weight`, from: [`${theirs.conv}.weight`], shape },
    ...["weight", "bias", "running_mean", "running_var"].map((part): Key => ({
      name: `${ours.norm}.${part}`,
      from: [`${theirs.norm}.${part}`],
      shape: [shape[0]],
    })),
  ]);
}

/** Counters of training steps beside the batch norms, which a file may hold and nobody needs. */
export function resnetCounters(layout: ResNetLayout, shape: ResNetShape): string[] {
  return convolutions(layout, shape).map(({ theirs }) => `${theirs.norm}.num_batches_tracked`);
}

/**
 * Depth and widths of a network, from its tensors.
 *
 * @param shapeOf shape of the tensor of a name in this layout, undefined where there is none.
 * @throws {CheckpointError} naming the tensor that is missing or of another shape.
 */
export function resnetShape(
  layout: ResNetLayout,
  shapeOf: (name: string) => readonly number[] | undefined,
): ResNetShape {
  const outputs = (unit: string, side: number) => {
    const [out, ...rest] = expectKernel(`${unit}.weight`, shapeOf(`${unit}.weight`), side);
    if (out % 4 === 0) return out;
    const sizes = [out, ...rest].join(", ");
    throw new CheckpointError(
      `checkpoint: "${unit}.weight" [${sizes}]: channels must be a multiple of 4`,
    );
  };
  const layers = [0, 1, 2, 3];
  const first = (layer: number, name: UnitName) => layout.block(layer, 0) + layout.units[name].conv;
  const blocksOf = (layer: number) => {
    let count = 0;
    while (shapeOf(`${layout.block(layer, count)}${layout.units.conv1.conv}.weight`)) count++;
    return count;
  };
  return {
    stem: outputs(layout.stem.conv, 7),
    blocks: layers.map(blocksOf),
    widths: layers.map((layer) => outputs(first(layer, "conv1"), 1)),
    channels: layers.map((layer) => outputs(first(layer, "conv3"), 1)),
  };
}

function expectKernel(
  name: string,
  shape: readonly number[] | undefined,
  side: number,
): readonly number[] {
  if (shape?.length === 4 && shape[2] === side && shape[3] === side) return shape;
  throw new CheckpointError(
    `checkpoint: "${name}" must be [channels, channels, ${side}, ${side}], ` +
      `got ${shape ? `[${shape.join(", ")}]` : "none"}; networks of bottleneck blocks are read, ` +
      "ResNet-50 and deeper",
  );
}
