import { type AnyTensor, type Gpu, type Tensor, tensorsIn } from "@fiedler/gpu";
import { packHalves } from "@fiedler/kernels";
import type { LoadOptions } from "../found_model.ts";
import type { PositionRule } from "../positions.ts";
import type { BlockWeights, LinearWeights, Vit, VitConfig } from "../vit.ts";
import { CheckpointError } from "./errors.ts";
import {
  entryOf,
  matchKeys,
  type Parameter,
  parameterReader,
  type ReadParameter,
  type Subtree,
} from "./keys.ts";
import { numberOf, statisticsOf } from "./metadata.ts";
import type { Release } from "./release.ts";
import { transposed } from "./transposed.ts";
import type { VitLayout, VitShape } from "./vit_layouts.ts";

type SpanRule = Extract<PositionRule, { kind: "span" }>;

/** A vision transformer found in a checkpoint, not yet read. */
export interface VitCheckpoint {
  readonly shape: VitShape;
  readonly config: Omit<VitConfig, "positions">;
  /** A rule for any grid, or how the table of the file is resampled. */
  readonly positions: SpanRule | "size" | "scale+0.1";
  readonly parameters: ReadonlyMap<string, Parameter>;
}

/**
 * Finds a vision transformer below a root. Width, depth and patch come from the shapes.
 *
 * @param heads overrules the metadata, which overrule heads of 64.
 * @throws {CheckpointError} naming a missing, surplus or wrongly shaped tensor, or the metadata.
 */
export function findVit(
  subtree: Subtree,
  layout: VitLayout,
  release: Release,
  heads?: number,
): VitCheckpoint {
  const { metadata } = subtree.file;
  const positions = positionsOf(metadata, release);
  const shape = shapeOf(subtree, layout, typeof positions === "string");
  const { dim, depth, patch, classToken } = shape;
  return {
    shape,
    config: {
      dim,
      depth,
      patch,
      classToken,
      heads: headsOf(shape, heads ?? numberOf(metadata, "heads", dim / 64)),
      epsilon: numberOf(metadata, "layer_norm_eps", 1e-6),
      ...statisticsOf(metadata),
    },
    positions,
    parameters: matchKeys(subtree, layout.keys(shape), release.apart),
  };
}

function positionsOf(
  metadata: Readonly<Record<string, string>>,
  release: Release,
): VitCheckpoint["positions"] {
  const { position } = metadata;
  if (position === undefined) return release.resample ?? "size";
  if (position === "size" || position === "scale+0.1") return position;
  if (position === "sincos_span") {
    return {
      kind: "span",
      span: numberOf(metadata, "position_span"),
      amplitude: numberOf(metadata, "position_amplitude"),
    };
  }
  throw new CheckpointError(
    `checkpoint: metadata "position" must be size, scale+0.1 or sincos_span, got ${position}`,
  );
}

function shapeOf(subtree: Subtree, layout: VitLayout, table: boolean): VitShape {
  const kernel = entryOf(subtree, layout.kernel);
  if (kernel?.shape.length !== 4) {
    throw new CheckpointError(
      `checkpoint: "${subtree.root}${layout.kernel}" must be [dim, 3, patch, patch], ` +
        `got ${kernel ? `[${kernel.shape.join(", ")}]` : "none"}`,
    );
  }
  const [dim, , , patch] = kernel.shape;
  const names = [...subtree.file.tensors.keys()];
  let depth = 0;
  while (names.some((name) => name.startsWith(subtree.root + layout.block(depth)))) depth++;
  if (depth === 0) {
    throw new CheckpointError(`checkpoint: no "${subtree.root}${layout.block(0)}…": no blocks`);
  }
  return {
    dim,
    depth,
    patch,
    positions: table ? positionRows(subtree, layout, dim) : 0,
    classToken: entryOf(subtree, layout.classToken) !== undefined,
    finalNorm: entryOf(subtree, layout.norm) !== undefined,
  };
}

/** Rows of the position table, which must be a square grid and the class token's. */
function positionRows(subtree: Subtree, layout: VitLayout, dim: number): number {
  const stored = entryOf(subtree, layout.positions);
  const first = entryOf(subtree, layout.classToken) ? 1 : 0;
  const rows = stored?.shape[1] ?? 0;
  const side = Math.sqrt(rows - first);
  if (stored && Number.isInteger(side) && side > 0) return rows;
  throw new CheckpointError(
    `checkpoint: "${subtree.root}${layout.positions}" must be [1, ${first} + side², ${dim}], ` +
      `got ${stored ? `[${stored.shape.join(", ")}]` : "none"}`,
  );
}

function headsOf({ dim, depth }: VitShape, heads: number): number {
  if (Number.isInteger(heads) && heads > 0 && dim % heads === 0 && (dim / heads) % 4 === 0) {
    return heads;
  }
  throw new CheckpointError(
    `checkpoint: ${depth} blocks of width ${dim} with ${heads} heads; heads are 64 wide unless ` +
      "their number is given, by option or metadata, and their width must be a multiple of 4",
  );
}

/**
 * Reads all parameters, block by block, onto the GPU.
 *
 * @throws {CheckpointError} when the file cannot be read, or f16 cannot hold a matrix.
 */
export async function loadVit(
  gpu: Gpu,
  { config, positions: rule, parameters, shape }: VitCheckpoint,
  { values, weights = "f32" }: LoadOptions = {},
): Promise<Vit> {
  const read = parameterReader(parameters, values);
  const made: AnyTensor[] = [];
  const keep = <T>(upload: () => T): T => {
    const tensors = gpu.scope(upload);
    made.push(...tensorsIn(tensors));
    gpu.flush(); // or the host would hold a copy of every parameter until the first submit
    return tensors;
  };
  const matrix = async (name: string, [from, to]: readonly [number, number]) => {
    const data = transposed(await read(name), to, from);
    if (weights === "f16") expectHalves(name, data);
    return keep(() => {
      const full = gpu.upload(data, [from, to]);
      return weights === "f16" ? packHalves(gpu, full) : full;
    });
  };
  try {
    const table = shape.positions > 0 ? await read("pos_embed") : null;
    const positions = typeof rule === "string" ? tableRule(rule, shape, table!) : rule;
    const patchEmbed = await readEmbedding(gpu, config, { read, matrix, keep });
    const classToken = config.classToken
      ? await readClassToken(gpu, shape, table, read, keep)
      : null;
    const blocks: BlockWeights[] = [];
    for (let i = 0; i < config.depth; i++) {
      blocks.push(await readBlock(gpu, i, config, { read, matrix, keep }));
    }
    return { config: { ...config, positions }, weights: { patchEmbed, classToken, blocks } };
  } catch (error) {
    gpu.free(...made);
    throw error;
  }
}

type Keep = <T>(upload: () => T) => T;

/** What turns parameters into tensors that stay until the model is freed. */
interface Reader {
  readonly read: ReadParameter;
  /** The transpose of a matrix `[to, from]`, in the precision that is asked for. */
  readonly matrix: (
    name: string,
    shape: readonly [from: number, to: number],
  ) => Promise<Tensor | Tensor<"f16">>;
  readonly keep: Keep;
}

/** The largest finite half. */
const MOST_HALF = 65504;

function expectHalves(name: string, values: Float32Array): void {
  const lost = values.find((value) => !(Math.abs(value) <= MOST_HALF));
  if (lost === undefined) return;
  throw new CheckpointError(
    `checkpoint: "${name}" must be within ±${MOST_HALF} to be kept in f16, got ${lost}; ` +
      "load it in f32",
  );
}

function tableRule(
  resample: "size" | "scale+0.1",
  { dim, positions, classToken }: VitShape,
  stored: Float32Array,
): PositionRule {
  const first = classToken ? 1 : 0;
  const side = Math.sqrt(positions - first);
  return { kind: "table", table: stored.slice(first * dim), rows: side, columns: side, resample };
}

async function readEmbedding(
  gpu: Gpu,
  { dim, patch }: VitCheckpoint["config"],
  { read, matrix, keep }: Reader,
): Promise<LinearWeights> {
  const weight = await matrix("patch_embed.proj.weight", [3 * patch * patch, dim]);
  const bias = await read("patch_embed.proj.bias");
  return { weight, bias: keep(() => gpu.upload(bias, [dim])) };
}

/** The class token with its row of the position table, if that has one. */
async function readClassToken(
  gpu: Gpu,
  { dim }: VitShape,
  table: Float32Array | null,
  read: ReadParameter,
  keep: Keep,
) {
  const token = await read("cls_token");
  if (table) { for (let d = 0; d < dim; d++) token[d] += table[d]; }
  return keep(() => gpu.upload(token, [1, dim]));
}

async function readBlock(
  gpu: Gpu,
  i: number,
  { dim }: VitCheckpoint["config"],
  { read, matrix, keep }: Reader,
): Promise<BlockWeights> {
  const norm = async (name: string) => {
    const weight = await read(`blocks.${i}.${name}.weight`);
    const bias = await read(`blocks.${i}.${name}.bias`);
    return keep(() => ({ weight: gpu.upload(weight, [dim]), bias: gpu.upload(bias, [dim]) }));
  };
  const linear = async (name: string, from: number, to: number) => {
    const weight = await matrix(`blocks.${i}.${name}.weight`, [from, to]);
    const bias = await read(`blocks.${i}.${name}.bias`);
    return { weight, bias: keep(() => gpu.upload(bias, [to])) };
  };
  const bias = await read(`blocks.${i}.attn.qkv.bias`);
  const part = (at: number) => gpu.upload(bias.slice(at * dim, (at + 1) * dim), [dim]);
  return {
    norm1: await norm("norm1"),
    qkv: await linear("attn.qkv", dim, 3 * dim),
    qkvBias: keep(() => ({ query: part(0), key: part(1), value: part(2) })),
    proj: await linear("attn.proj", dim, dim),
    norm2: await norm("norm2"),
    fc1: await linear("mlp.fc1", dim, 4 * dim),
    fc2: await linear("mlp.fc2", 4 * dim, dim),
  };
}
