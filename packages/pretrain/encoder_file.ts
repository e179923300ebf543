import { writeSafetensors } from "@fiedler/io";
import type { PositionRule, VitConfig } from "@fiedler/models";
import type { TrainerState } from "@fiedler/train";

/**
 * A vision transformer as a safetensors file under timm's names: linear layers [to, from], the patch
 * embedding a convolution, and in the metadata what names and shapes cannot say.
 *
 * @param arrays every parameter of the encoder, as it trains.
 * @param metadata beside that of the transformer.
 */
export function encoderBytes(
  arrays: TrainerState,
  config: VitConfig,
  dtype: "F16" | "F32",
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const { dim, depth, heads, patch, epsilon, mean, std, positions } = config;
  const entry = (name: string, shape: readonly number[], values: Float32Array) =>
    [name, {
      ...{ dtype, shape },
      data: dtype === "F16" ? bytesOf(floatToHalf(values)) : bytesOf(values),
    }] as const;
  const tensors = [...arrays].map(([name, { shape, values }]) => {
    const stored = name === "cls_token" || shape.length === 1 ? values : turned(values, shape);
    return entry(name, storedShape(name, shape, patch), stored);
  });
  if (positions.kind === "table") {
    const table = new Float32Array(dim + positions.table.length); // none for the class token
    table.set(positions.table, dim);
    tensors.push(entry("pos_embed", [1, table.length / dim, dim], table));
  }
  return writeSafetensors(new Map(tensors), {
    ...metadata,
    format: "pt",
    architecture: "vit",
    dim: `${dim}`,
    depth: `${depth}`,
    heads: `${heads}`,
    patch_size: `${patch}`,
    layer_norm_eps: `${epsilon}`,
    ...positionRule(positions),
    image_mean: mean.join(),
    image_std: std.join(),
  });
}

/** What `recognise` reads of positions. */
const positionRule = (positions: PositionRule): Readonly<Record<string, string>> =>
  positions.kind === "table" ? { position: positions.resample } : {
    position: "sincos_span",
    position_span: `${positions.span}`,
    position_amplitude: `${positions.amplitude}`,
  };

function storedShape(name: string, shape: readonly number[], patch: number): readonly number[] {
  if (name === "cls_token") return [1, ...shape];
  if (name === "patch_embed.proj.weight") return [shape[1], 3, patch, patch];
  return shape.toReversed();
}

/** `[rows, columns]` as `[columns, rows]`. */
function turned(
  values: Float32Array,
  [rows, columns]: readonly number[],
): Float32Array<ArrayBuffer> {
  const out = new Float32Array(values.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) out[j * rows + i] = values[i * columns + j];
  }
  return out;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Uint16Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** Bits of the nearest half floats, of two as near the even one; infinite from 65520 on. */
export function floatToHalf(values: Float32Array): Uint16Array<ArrayBuffer> {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(words, (word) => {
    const sign = word >>> 16 & 0x8000;
    const magnitude = word & 0x7fffffff;
    if (magnitude > 0x7f800000) return sign | 0x7e00; // no number
    if (magnitude >= 0x477ff000) return sign | 0x7c00; // 65520
    // Normal halves begin at 2^-14. Below, adding 0.5 leaves the bits wanted behind the exponent of
    // 0.5, rounded by the addition.
    if (magnitude < 0x38800000) return sign | halfSubnormal(magnitude);
    const odd = magnitude >>> 13 & 1;
    return sign | (magnitude - 0x38000000 + 0xfff + odd) >>> 13;
  });
}

/** Multiples of 2^-24, rounded to the nearest, halves to even. */
function halfSubnormal(magnitude: number): number {
  scratch.setUint32(0, magnitude);
  scratch.setFloat32(0, scratch.getFloat32(0) + 0.5);
  return scratch.getUint32(0) - 0x3f000000;
}

const scratch = new DataView(new ArrayBuffer(4));
