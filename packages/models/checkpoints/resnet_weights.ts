import { type AnyTensor, type Gpu, tensorsIn } from "@fiedler/gpu";
import type { ConvWeights } from "@fiedler/kernels";
import {
  type BottleneckWeights,
  resnetBlocks,
  type ResNetShape,
  type ResNetWeights,
} from "../resnet.ts";
import { TORCHVISION } from "./resnet_layouts.ts";

/** Of torchvision's, mmcv's and detectron2's batch norms. */
const EPSILON = 1e-5;

/** Hands out a parameter by its name in torchvision; the shape is what it must have there. */
export type TakeParameter = (
  name: string,
  shape: readonly number[],
) => Promise<Float32Array<ArrayBuffer>>;

/**
 * Reads all parameters, convolution by convolution, onto the GPU, with the batch norms folded in:
 * weight · γ / √(variance + ε) and β − mean · γ / √(variance + ε), in f64.
 */
export async function loadResNet(
  gpu: Gpu,
  shape: ResNetShape,
  take: TakeParameter,
): Promise<ResNetWeights> {
  const made: AnyTensor[] = [];
  const convolution = async (conv: string, norm: string, sizes: Sizes): Promise<ConvWeights> => {
    const folded = await readFolded(take, conv, norm, sizes);
    const { kernel, from, out } = folded;
    const weights = gpu.scope(() => ({
      weight: gpu.upload(folded.weight, [kernel, kernel, from, out]),
      bias: gpu.upload(folded.bias, [out]),
    }));
    made.push(...tensorsIn(weights));
    gpu.flush(); // or the host would hold a copy of every parameter until the first submit
    return weights;
  };
  try {
    const { conv, norm } = TORCHVISION.stem;
    const stem = await convolution(conv, norm, { out: shape.stem, from: 3, kernel: 7 });
    const blocks: BottleneckWeights[] = [];
    for (const { layer, index, from, width, to, shortcut } of resnetBlocks(shape)) {
      const unit = (name: keyof typeof TORCHVISION.units, sizes: Sizes) => {
        const beginning = TORCHVISION.block(layer, index);
        const { conv, norm } = TORCHVISION.units[name];
        return convolution(beginning + conv, beginning + norm, sizes);
      };
      blocks.push({
        conv1: await unit("conv1", { out: width, from, kernel: 1 }),
        conv2: await unit("conv2", { out: width, from: width, kernel: 3 }),
        conv3: await unit("conv3", { out: to, from: width, kernel: 1 }),
        shortcut: shortcut ? await unit("shortcut", { out: to, from, kernel: 1 }) : null,
      });
    }
    return { stem, blocks };
  } catch (error) {
    gpu.free(...made);
    throw error;
  }
}

/** Channels of output and input and side of a convolution's kernel. */
interface Sizes {
  readonly out: number;
  readonly from: number;
  readonly kernel: number;
}

/** A convolution and its batch norm as one: `[kernel, kernel, from, out]` and `[out]`. */
async function readFolded(take: TakeParameter, conv: string, norm: string, sizes: Sizes) {
  const { out, from, kernel } = sizes;
  const weight = await take(`${conv}.weight`, [out, from, kernel, kernel]);
  const gamma = await take(`${norm}.weight`, [out]);
  const beta = await take(`${norm}.bias`, [out]);
  const mean = await take(`${norm}.running_mean`, [out]);
  const variance = await take(`${norm}.running_var`, [out]);
  const factor = Float64Array.from(gamma, (value, o) => value / Math.sqrt(variance[o] + EPSILON));
  return {
    weight: turned(weight, factor, sizes),
    bias: Float32Array.from(beta, (value, o) => value - mean[o] * factor[o]),
    from: quads(from),
    ...{ out, kernel },
  };
}

const quads = (channels: number) => Math.ceil(channels / 4) * 4;

/** Outputs at a time: a cache line of f32 to write, as many places to read from. */
const BLOCK = 16;

/** `[out, from, kernel, kernel]` times a factor per output, as `[kernel, kernel, quads, out]`. */
function turned(
  weight: Float32Array,
  factor: Float64Array,
  { out, from, kernel }: Sizes,
): Float32Array<ArrayBuffer> {
  const taps = kernel * kernel;
  const result = new Float32Array(taps * quads(from) * out);
  for (let start = 0; start < out; start += BLOCK) {
    const end = Math.min(start + BLOCK, out);
    for (let channel = 0; channel < from; channel++) {
      for (let tap = 0; tap < taps; tap++) {
        const to = (tap * quads(from) + channel) * out;
        const at = channel * taps + tap;
        for (let o = start; o < end; o++) result[to + o] = weight[o * from * taps + at] * factor[o];
      }
    }
  }
  return result;
}
