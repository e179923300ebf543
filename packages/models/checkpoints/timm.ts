import type { Gpu, Tensor } from "@fiedler/gpu";
import { readSafetensors, type Safetensors, tensorToF32 } from "@fiedler/io";
import type { PositionRule } from "../positions.ts";
import type { BlockWeights, LinearWeights, Vit, VitConfig, VitWeights } from "../vit.ts";
import { CheckpointError } from "./errors.ts";

/** ImageNet's channel statistics, which all the published models use. */
const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/**
 * Loads a vision transformer from safetensors in timm's names, which are also those of DINO, MAE
 * and MSN. Width, depth and patch come from the shapes, the rest from the metadata where it says:
 * `heads`, else heads of 64; `image_mean` and `image_std` as `r,g,b`, else ImageNet's;
 * `layer_norm_eps`, else 1e-6; `position`, how `pos_embed` is resampled, `size` or DINO's
 * `scale+0.1`, else `size`; or `sincos_span`, a rule with `position_span`, `position_amplitude`.
 *
 * Names: `cls_token`, `pos_embed`, `patch_embed.proj.*`, `blocks.i.norm1.*`, `blocks.i.attn.qkv.*`,
 * `blocks.i.attn.proj.*`, `blocks.i.norm2.*`, `blocks.i.mlp.fc1.*`, `blocks.i.mlp.fc2.*`, `norm.*`.
 *
 * @throws {FormatError} when the bytes are not safetensors.
 * @throws {CheckpointError} naming a missing, surplus or wrongly shaped tensor, or the metadata.
 */
export function loadTimmVit(gpu: Gpu, bytes: Uint8Array): Vit {
  const file = readSafetensors(bytes);
  const take = taker(file);
  const config = readConfig(file, take);
  return { config, weights: gpu.scope(() => upload(gpu, file, take, config)) };
}

/** In a scope, so that a checkpoint refused half-way leaves nothing on the GPU. */
function upload(gpu: Gpu, { tensors }: Safetensors, take: Take, config: VitConfig): VitWeights {
  const { dim, depth, patch } = config;
  const inner = 3 * patch * patch;
  const vector = (name: string) => gpu.upload(take(name, [dim]), [dim]);
  const norm = (name: string) => ({
    weight: vector(`${name}.weight`),
    bias: vector(`${name}.bias`),
  });
  const linear = (name: string, from: number, to: number): LinearWeights => ({
    weight: gpu.upload(turned(take(`${name}.weight`, [to, from]), to, from), [from, to]),
    bias: gpu.upload(take(`${name}.bias`, [to]), [to]),
  });
  const kernel = take("patch_embed.proj.weight", [dim, 3, patch, patch]);
  const patchEmbed = {
    weight: gpu.upload(turned(kernel, dim, inner), [inner, dim]),
    bias: vector("patch_embed.proj.bias"),
  };
  const blocks = Array.from({ length: depth }, (_, i): BlockWeights => {
    const bias = take(`blocks.${i}.attn.qkv.bias`, [3 * dim], { again: true });
    const part = (at: number) => gpu.upload(bias.slice(at * dim, (at + 1) * dim), [dim]);
    return {
      norm1: norm(`blocks.${i}.norm1`),
      qkv: linear(`blocks.${i}.attn.qkv`, dim, 3 * dim),
      qkvBias: { query: part(0), key: part(1), value: part(2) },
      proj: linear(`blocks.${i}.attn.proj`, dim, dim),
      norm2: norm(`blocks.${i}.norm2`),
      fc1: linear(`blocks.${i}.mlp.fc1`, dim, 4 * dim),
      fc2: linear(`blocks.${i}.mlp.fc2`, 4 * dim, dim),
    };
  });
  const classToken = config.classToken ? uploadClassToken(gpu, take, config) : null;
  for (const name of ["norm.weight", "norm.bias"]) {
    if (tensors.has(name)) take(name, [dim]); // the final norm: keys do not pass through it
  }
  take.refuseRest();
  return { patchEmbed, classToken, blocks };
}

type Take =
  & ((name: string, shape: readonly number[], options?: { again?: boolean }) => Float32Array<
    ArrayBuffer
  >)
  & { refuseRest(): void };

/** Hands out tensors by name and remembers which are left. */
function taker({ tensors }: Safetensors): Take {
  const left = new Set(tensors.keys());
  const take = (name: string, shape: readonly number[], { again = false } = {}) => {
    const tensor = tensors.get(name);
    if (!tensor) {
      throw new CheckpointError(`checkpoint: "${name}" [${shape.join(", ")}] is missing`);
    }
    if (tensor.shape.join() !== shape.join()) {
      throw new CheckpointError(
        `checkpoint: "${name}" must be [${shape.join(", ")}], got [${tensor.shape.join(", ")}]`,
      );
    }
    if (!again) left.delete(name);
    try {
      return tensorToF32(tensor);
    } catch (cause) {
      throw new CheckpointError(`checkpoint: "${name}": ${(cause as Error).message}`, { cause });
    }
  };
  const refuseRest = () => {
    if (left.size === 0) return;
    const names = [...left].slice(0, 5).map((name) => `"${name}"`).join(", ");
    throw new CheckpointError(
      `checkpoint: ${left.size} tensors have no place in a vision transformer: ${names}` +
        (left.size > 5 ? ", …" : ""),
    );
  };
  return Object.assign(take, { refuseRest });
}

function readConfig({ metadata, tensors }: Safetensors, take: Take): VitConfig {
  const kernel = tensors.get("patch_embed.proj.weight");
  if (kernel?.shape.length !== 4) {
    throw new CheckpointError(
      `checkpoint: no "patch_embed.proj.weight" of 4 axes, so this is not a vision transformer ` +
        "in timm's names",
    );
  }
  const [dim, , , patch] = kernel.shape;
  const names = [...tensors.keys()];
  let depth = 0;
  while (names.some((name) => name.startsWith(`blocks.${depth}.`))) depth++;
  const heads = numberOf(metadata, "heads", dim / 64);
  const whole = Number.isInteger(heads) && heads > 0;
  if (depth === 0 || !whole || dim % heads !== 0 || (dim / heads) % 4 !== 0) {
    throw new CheckpointError(
      `checkpoint: ${depth} blocks of width ${dim} with ${heads} heads; ` +
        `heads are 64 wide unless the metadata says "heads", and a multiple of 4`,
    );
  }
  const std = numbersOf(metadata, "image_std", IMAGENET.std);
  if (!std.every((value) => value > 0)) {
    throw new CheckpointError(`checkpoint: metadata "image_std" must be above 0, got ${std}`);
  }
  const classToken = tensors.has("cls_token");
  return {
    dim,
    depth,
    heads,
    patch,
    classToken,
    epsilon: numberOf(metadata, "layer_norm_eps", 1e-6),
    positions: readPositions({ metadata, tensors }, take, dim, classToken),
    mean: numbersOf(metadata, "image_mean", IMAGENET.mean),
    std,
  };
}

function readPositions(
  { metadata, tensors }: Safetensors,
  take: Take,
  dim: number,
  classToken: boolean,
): PositionRule {
  const { position = "size" } = metadata;
  if (position === "sincos_span") {
    return {
      kind: "span",
      span: numberOf(metadata, "position_span"),
      amplitude: numberOf(metadata, "position_amplitude"),
    };
  }
  if (position !== "size" && position !== "scale+0.1") {
    throw new CheckpointError(
      `checkpoint: metadata "position" must be size, scale+0.1 or sincos_span, got ${position}`,
    );
  }
  const stored = tensors.get("pos_embed");
  const first = classToken ? 1 : 0;
  const tokens = stored?.shape[1] ?? 0;
  const side = Math.sqrt(tokens - first);
  if (!stored || !Number.isInteger(side) || side === 0) {
    throw new CheckpointError(
      `checkpoint: "pos_embed" must be [1, ${first} + side², ${dim}], ` +
        `got ${stored ? `[${stored.shape.join(", ")}]` : "none"}`,
    );
  }
  const table = take("pos_embed", [1, tokens, dim], { again: classToken }).slice(first * dim);
  return { kind: "table", table, rows: side, columns: side, resample: position };
}

/** The class token with its row of the position table, if that has one. */
function uploadClassToken(gpu: Gpu, take: Take, { dim, positions }: VitConfig): Tensor {
  const token = take("cls_token", [1, 1, dim]);
  if (positions.kind === "table") {
    const tokens = 1 + positions.rows * positions.columns;
    const stored = take("pos_embed", [1, tokens, dim]);
    for (let d = 0; d < dim; d++) token[d] += stored[d];
  }
  return gpu.upload(token, [1, dim]);
}

function numberOf(metadata: Safetensors["metadata"], key: string, fallback?: number): number {
  const value = key in metadata ? parseNumber(metadata[key]) : fallback;
  if (value === undefined || !Number.isFinite(value)) {
    throw new CheckpointError(
      `checkpoint: metadata "${key}" must be a number, got ${metadata[key]}`,
    );
  }
  return value;
}

function numbersOf(
  metadata: Safetensors["metadata"],
  key: string,
  fallback: readonly number[],
): readonly number[] {
  if (!(key in metadata)) return fallback;
  const values = metadata[key].split(",").map(parseNumber);
  if (values.length !== 3 || !values.every(Number.isFinite)) {
    throw new CheckpointError(
      `checkpoint: metadata "${key}" must be three numbers, got ${metadata[key]}`,
    );
  }
  return values;
}

/** NaN for blank text too, which `Number` takes for 0. */
const parseNumber = (text: string) => text.trim() === "" ? NaN : Number(text);

/** `[rows, columns]` as `[columns, rows]`: PyTorch stores linear layers output first. */
function turned(matrix: Float32Array, rows: number, columns: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(matrix.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) out[j * rows + i] = matrix[i * columns + j];
  }
  return out;
}
