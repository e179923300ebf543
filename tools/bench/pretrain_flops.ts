import type { DinoSettings, MaeSettings, PretrainSettings } from "@fiedler/pretrain";
import type { VitConfig } from "@fiedler/models";

/** Products of attention: queries by keys, weights by values. */
const FORWARD = 2;
/** Of its gradient: weights once more, and the gradients of weights, queries, keys and values. */
const BACKWARD = 5;

/**
 * Arithmetic of a step of pretraining: of every product of matrices, attention included, forwards and
 * backwards, a multiply-add counted as two. Of a layer's gradients those that the step computes: none
 * with respect to pixels, none of a teacher.
 *
 * What kernels compute again does not count: on CPU adapters the gradient of attention makes weights
 * and their gradients three times each, which are 9 products in place of 5, and stores none.
 */
export function pretrainFlops(settings: PretrainSettings): number {
  return settings.kind === "mae" ? maeFlops(settings) : dinoFlops(settings);
}

function maeFlops({ model: { encoder, decoder }, batch, crops, maskRatio }: MaeSettings): number {
  const patches = patchesOf(encoder, crops[0].size);
  const seen = Math.floor(patches * (1 - maskRatio));
  const inner = 3 * encoder.patch ** 2;
  const { dim, depth } = decoder;
  return encoderFlops(encoder, { images: batch, patches: seen, trained: true }) +
    linear(batch * (1 + seen), encoder.dim, dim, 3) +
    depth * blockFlops(dim, { images: batch, tokens: 1 + patches, trained: true }) +
    linear(batch * (patches - seen), dim, inner, 3);
}

function dinoFlops({ model: { encoder, head }, batch, crops, localCrops }: DinoSettings): number {
  const views = (count: number, size: number, trained: boolean) =>
    count === 0
      ? 0
      : encoderFlops(encoder, { images: count, patches: patchesOf(encoder, size), trained });
  const [large, small] = [crops, localCrops].map(({ length }) => length * batch);
  const { hidden, bottleneck, prototypes } = head;
  const widths = [encoder.dim, hidden, hidden, bottleneck, prototypes];
  const headFlops = (rows: number, products: number) =>
    widths.slice(1).reduce((sum, to, i) => sum + linear(rows, widths[i], to, products), 0);
  return views(large, crops[0].size, false) + headFlops(large, 1) +
    views(large, crops[0].size, true) + views(small, localCrops[0]?.size ?? 0, true) +
    headFlops(large + small, 3);
}

const patchesOf = ({ patch }: VitConfig, size: number): number => (size / patch) ** 2;

function encoderFlops(
  { dim, depth, patch }: VitConfig,
  { images, patches, trained }: {
    readonly images: number;
    readonly patches: number;
    readonly trained: boolean;
  },
): number {
  return linear(images * patches, 3 * patch ** 2, dim, trained ? 2 : 1) + // pixels need no gradient
    depth * blockFlops(dim, { images, tokens: 1 + patches, trained });
}

function blockFlops(
  dim: number,
  { images, tokens, trained }: {
    readonly images: number;
    readonly tokens: number;
    readonly trained: boolean;
  },
): number {
  const layers = [3 * dim, dim, 4 * dim, 4 * dim] // qkv, projection, both of the MLP
    .reduce((sum, to) => sum + linear(images * tokens, dim, to, trained ? 3 : 1), 0);
  const products = FORWARD + (trained ? BACKWARD : 0);
  return layers + products * 2 * images * tokens ** 2 * dim;
}

/** So many products of the size of a linear layer's; with both of its gradients there are three. */
const linear = (rows: number, from: number, to: number, products: number): number =>
  products * 2 * rows * from * to;
