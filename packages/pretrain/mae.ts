import type { Gpu, Tensor } from "@fiedler/gpu";
import { type LayerNormWeights, patchify } from "@fiedler/kernels";
import {
  FILLED,
  makePlacement,
  meanSquaredError,
  meanSquaredErrorBackward,
  patchTargets,
  placeRows as placed,
} from "@fiedler/kernels/training";
import { type MakeParameter, positionTable, type VitConfig } from "@fiedler/models";
import type { Tape } from "@fiedler/train";
import { layerNorm, linear, placeRows } from "./layers.ts";
import type { PatchMask } from "./masks.ts";
import { type LinearParameters, makeLinear, makeNorm, makeTensor, normal } from "./parameters.ts";
import {
  encodePatches,
  makeBlock,
  makeVit,
  positionRows,
  type TrainedBlock,
  type TrainedVit,
  transformerBlock,
  UNIFORM_START,
} from "./vit_tape.ts";

/** The part of a masked autoencoder that is thrown away after training. */
export interface DecoderConfig {
  /** Width of a token; a multiple of 4 and of 4 · heads. */
  readonly dim: number;
  /** Number of blocks. */
  readonly depth: number;
  /** Attention heads of a block. */
  readonly heads: number;
}

/** Shape and task of a masked autoencoder. */
export interface MaeConfig {
  /** What is kept after training. */
  readonly encoder: VitConfig;
  /** What turns its tokens into pixels. */
  readonly decoder: DecoderConfig;
  /** Added to the variance of a patch's pixels, from −1 to 1, before they are divided by its root. */
  readonly varianceFloor: number;
}

/** The parameters of a masked autoencoder. */
export interface MaeNetwork {
  /** What is kept. */
  readonly encoder: TrainedVit;
  /** `[encoder dim, dim]`. */
  readonly embed: LinearParameters;
  /** `[1, dim]`, in the place of each patch that is hidden. */
  readonly maskToken: Tensor;
  /** Of the decoder, first to last. */
  readonly blocks: readonly TrainedBlock[];
  /** After the last block, `[dim]`. */
  readonly norm: LayerNormWeights;
  /** `[dim, 3 × patch²]`. */
  readonly out: LinearParameters;
}

/** The parameters of a masked autoencoder, those of the decoder behind `decoder.`. */
export function makeMae(make: MakeParameter, { encoder, decoder }: MaeConfig): MaeNetwork {
  const { dim, depth } = decoder;
  const layer = (name: string, from: number, to: number) =>
    makeLinear(make, `decoder.${name}`, { from, to, ...UNIFORM_START(from) });
  return {
    encoder: makeVit(make, encoder),
    embed: layer("embed", encoder.dim, dim),
    maskToken: makeTensor(make, "decoder.mask_token", [1, dim], normal(0.02)),
    blocks: Array.from(
      { length: depth },
      (_, i) => makeBlock(make, `decoder.blocks.${i}`, dim, UNIFORM_START),
    ),
    norm: makeNorm(make, "decoder.norm", dim),
    out: layer("out", dim, 3 * encoder.patch ** 2),
  };
}

/** The pictures of a step and what of them is hidden. */
export interface MaeInput {
  /** `[images, words]` u32: bytes of `[rows × patch, columns × patch, 3]`, see `patchify`. */
  readonly rgb: Tensor<"u32">;
  /** `[rows, columns]` of patches. */
  readonly grid: readonly [rows: number, columns: number];
  /** One for each picture, all with as many visible patches. */
  readonly masks: readonly PatchMask[];
}

/** A loss and where its gradient starts. */
export interface RecordedLoss {
  /** `[1]` f32. */
  readonly loss: Tensor;
  /** For `Tape.backward`. */
  readonly roots: readonly (readonly [output: Tensor, gradient: Tensor])[];
}

/**
 * A masked autoencoder's loss: the encoder sees the visible patches alone, the decoder puts a mask
 * token in the place of each other one, and predicts its pixels, normalised per patch; the mean of
 * the squared error over hidden patches.
 *
 * Source: He et al. 2022 (MAE), arXiv 2111.06377, §3. Only hidden tokens pass the decoder's last norm
 * and layer, which changes nothing but the work.
 *
 * @throws {ShapeError} when pictures do not fit the grid.
 */
export function maeLoss(
  tape: Tape,
  network: MaeNetwork,
  { encoder, decoder, varianceFloor }: MaeConfig,
  { rgb, grid, masks }: MaeInput,
): RecordedLoss {
  const { gpu } = tape;
  const { patch, mean, std, epsilon } = encoder;
  const images = masks.length;
  const count = grid[0] * grid[1];
  const pixels = patchify(gpu, rgb, { grid, patch, mean, std }); // [images × patches, 3 × patch²]
  const of = (patches: "visible" | "hidden") =>
    placed(gpu, pixels, makePlacement(gpu, patchRows(masks, count, patches), images * count));
  const positions = positionRows(gpu, encoder, grid, masks.map(({ visible }) => visible));
  const seen = { patches: of("visible"), positions, images };
  const tokens = encodePatches(tape, network.encoder, encoder, seen);
  const features = layerNorm(tape, tokens, network.encoder.norm, epsilon);

  const embedded = linear(tape, features, network.embed); // [images × (1 + visible), decoder dim]
  const places = { fill: network.maskToken, table: decoderPositions(gpu, encoder, decoder, grid) };
  const among = makePlacement(gpu, amongHidden(masks, count), embedded.shape[0]);
  let x = placeRows(tape, embedded, among, places); // [images × (1 + patches), decoder dim]
  const sizes = { images, heads: decoder.heads, epsilon };
  for (const block of network.blocks) x = transformerBlock(tape, x, block, sizes);

  const hidden = makePlacement(gpu, hiddenTokens(masks, count), x.shape[0]);
  const last = layerNorm(tape, placeRows(tape, x, hidden), network.norm, epsilon);
  const predicted = linear(tape, last, network.out); // [images × hidden, 3 × patch²]
  const wanted = patchTargets(gpu, of("hidden"), { floor: varianceFloor });
  return {
    loss: meanSquaredError(gpu, predicted, wanted),
    roots: [[predicted, meanSquaredErrorBackward(gpu, predicted, wanted)]],
  };
}

/** Positions of the decoder, of amplitude 1: none for the class token, then the whole grid's. */
function decoderPositions(
  gpu: Gpu,
  { positions }: VitConfig,
  { dim }: DecoderConfig,
  grid: readonly [number, number],
): Tensor {
  const span = positions.kind === "span" ? positions.span : grid[0]; // MAE's: one step a patch
  const table = positionTable({ kind: "span", span, amplitude: 1 }, grid, dim);
  const out = new Float32Array(dim + table.length);
  out.set(table, dim);
  return gpu.upload(out, [1 + grid[0] * grid[1], dim]);
}

/** Rows of the pictures' patches, picture by picture. */
const patchRows = (
  masks: readonly PatchMask[],
  count: number,
  patches: "visible" | "hidden",
): Uint32Array =>
  Uint32Array.from(
    masks.flatMap((mask, image) => [...mask[patches]].map((i) => image * count + i)),
  );

/** For each picture its class token, then each patch's token where it is visible. */
function amongHidden(masks: readonly PatchMask[], count: number): Uint32Array {
  const source = new Uint32Array(masks.length * (1 + count)).fill(FILLED);
  masks.forEach(({ visible }, image) => {
    const [from, to] = [image * (1 + visible.length), image * (1 + count)];
    source[to] = from;
    visible.forEach((patch, i) => source[to + 1 + patch] = from + 1 + i);
  });
  return source;
}

/** Rows of the hidden patches among all tokens of the decoder. */
const hiddenTokens = (masks: readonly PatchMask[], count: number): Uint32Array =>
  Uint32Array.from(
    masks.flatMap(({ hidden }, image) => [...hidden].map((i) => image * (1 + count) + 1 + i)),
  );
