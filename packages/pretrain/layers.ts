import { expectShape, reshape, type Tensor } from "@fiedler/gpu";
import * as kernels from "@fiedler/kernels";
import type { LayerNormWeights } from "@fiedler/kernels";
import * as training from "@fiedler/kernels/training";
import type { Placement } from "@fiedler/kernels/training";
import type { Tape } from "@fiedler/train";
import type { LinearParameters } from "./parameters.ts";

/**
 * x · weight + bias, and a residual where there is one.
 *
 * @param x `[rows, from]` f32.
 * @param residual `[rows, to]` f32.
 * @returns `[rows, to]` f32.
 * @throws {ShapeError} when sizes disagree.
 */
export function linear(
  tape: Tape,
  x: Tensor,
  { weight, bias }: LinearParameters,
  residual?: Tensor,
): Tensor {
  const { gpu } = tape;
  const out = kernels.matmul(gpu, x, weight, { bias, residual });
  return tape.record(out, [x, weight, bias, ...residual ? [residual] : []], (dOut) => [
    tape.tracks(x) ? training.linearBackwardData(gpu, dOut, weight) : null,
    tape.tracks(weight) ? training.linearBackwardWeight(gpu, x, dOut) : null,
    tape.tracks(bias) ? training.linearBackwardBias(gpu, dOut) : null,
    dOut,
  ]);
}

/**
 * Each row normalised, scaled and shifted.
 *
 * @param x `[rows, columns]` f32; columns a multiple of 4.
 * @returns As `x`.
 * @throws {ShapeError} when sizes disagree.
 */
export function layerNorm(
  tape: Tape,
  x: Tensor,
  { weight, bias }: LayerNormWeights,
  epsilon: number,
): Tensor {
  const { gpu } = tape;
  const out = kernels.layerNorm(gpu, x, { weight, bias }, epsilon);
  return tape.record(out, [x, weight, bias], (dOut) => {
    const found = training.layerNormBackward(gpu, dOut, { x, weight }, { epsilon });
    return [found.dx, found.dWeight, found.dBias];
  });
}

/**
 * Exact GELU.
 *
 * @param x f32 of any shape.
 * @returns As `x`.
 */
export function gelu(tape: Tape, x: Tensor): Tensor {
  const { gpu } = tape;
  return tape.record(training.gelu(gpu, x), [x], (dOut) => [training.geluBackward(gpu, dOut, x)]);
}

/**
 * Multi-head self-attention among the tokens of each picture.
 *
 * @param qkv `[images × tokens, 3 × dim]` f32.
 * @returns `[images × tokens, dim]` f32.
 * @throws {ShapeError} when dim / heads is not a multiple of 4, or images does not divide the rows.
 */
export function attention(tape: Tape, qkv: Tensor, images: number, heads: number): Tensor {
  const { gpu } = tape;
  const { rows, width } = expectShape("attention: qkv", qkv, "[rows, width]");
  const batch = (x: Tensor, columns: number) => reshape(x, [images, rows / images, columns]);
  const mixed = kernels.attention(gpu, batch(qkv, width), heads);
  const out = reshape(mixed, [rows, width / 3]);
  return tape.record(out, [qkv], (dOut) => {
    const d = batch(dOut, width / 3);
    return [reshape(training.attentionBackward(gpu, d, batch(qkv, width), heads), qkv.shape)];
  });
}

/**
 * Rows in another order, with filled ones between them, plus a table.
 *
 * @param x `[rows, columns]` f32; columns a multiple of 4.
 * @param fill `[1, columns]` f32, a parameter.
 * @param table `[period, columns]` f32, a constant.
 * @returns `[placement.count, columns]` f32.
 * @throws {ShapeError} when sizes disagree.
 */
export function placeRows(
  tape: Tape,
  x: Tensor,
  placement: Placement,
  { fill, table }: { readonly fill?: Tensor; readonly table?: Tensor } = {},
): Tensor {
  const { gpu } = tape;
  const row = fill && reshape(fill, fill.shape.slice(1));
  const out = training.placeRows(gpu, x, placement, { fill: row, table });
  return tape.record(out, [x, ...fill ? [fill] : []], (dOut) => [
    tape.tracks(x) ? training.placeRowsBackward(gpu, dOut, placement) : null,
    fill && tape.tracks(fill)
      ? reshape(training.placeRowsBackwardFill(gpu, dOut, placement), fill.shape)
      : null,
  ]);
}
