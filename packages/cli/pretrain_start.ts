/** What an encoder starts as: a vision transformer that is known, embedded, published or a file. */
import type { FoundModel, VitConfig } from "@fiedler/models";
import type { TrainerState } from "@fiedler/train";
import { usage } from "./args.ts";
import type { Weights } from "./engine.ts";
import { findModel, openModel, unusable } from "./weights.ts";

/** The weights of `--start`, of which only names and shapes have been read. */
export interface EncoderStart {
  readonly weights: Weights;
  /** The encoder's shape and positions. */
  readonly config: VitConfig;
}

/**
 * Finds the weights that an encoder starts as.
 *
 * @throws {CliError} exit 2 when there are none, or they are no vision transformer with a class token;
 * 4 when they cannot be read.
 */
export async function findStart(nameOrFile: string): Promise<EncoderStart> {
  const weights = await findModel({ nameOrFile, flag: "start" });
  using opened = await openModel(weights);
  const config = await configOf(opened.model).catch((error) => {
    throw unusable(weights.path, error);
  });
  if (config !== null) return { weights, config };
  throw usage(
    `${weights.title} is no vision transformer with a class token`,
    `--start ${nameOrFile}`,
    "start from one that is, or leave --start out",
  );
}

/** Null for a ResNet, and for a transformer without class token. */
async function configOf(model: FoundModel): Promise<VitConfig | null> {
  const { metadata, parameters, dim, depth, patch } = model;
  if (!parameters.has("cls_token") || !("position" in metadata)) return null;
  const numbers = (key: string) => metadata[key].split(",").map(Number);
  return {
    ...{ dim, depth, patch, classToken: true },
    heads: Number(metadata.heads),
    epsilon: Number(metadata.layer_norm_eps),
    mean: numbers("image_mean"),
    std: numbers("image_std"),
    positions: await positionsOf(model),
  };
}

async function positionsOf({ metadata, parameters, dim }: FoundModel) {
  const { position, position_span: span, position_amplitude: amplitude } = metadata;
  if (position === "sincos_span") {
    return { kind: "span", span: Number(span), amplitude: Number(amplitude) } as const;
  }
  const table = (await parameters.get("pos_embed")!.read()).slice(dim); // behind the class token's
  const side = Math.sqrt(table.length / dim);
  const resample = position === "scale+0.1" ? "scale+0.1" as const : "size" as const;
  return { kind: "table", table, rows: side, columns: side, resample } as const;
}

/**
 * Reads the encoder as it trains: matrices `[from, to]`, and the class token with its position.
 *
 * @throws {CliError} exit 4 when the weights cannot be read.
 */
export async function readStart({ weights, config }: EncoderStart): Promise<TrainerState> {
  using opened = await openModel(weights);
  const { parameters } = opened.model;
  try {
    const state = new Map<string, { shape: number[]; values: Float32Array<ArrayBuffer> }>();
    for (const { name, shape, read } of parameters.values()) {
      if (name !== "pos_embed") state.set(name, trained(shape, await read()));
    }
    if (config.positions.kind === "table") {
      const first = (await parameters.get("pos_embed")!.read()).subarray(0, config.dim);
      const { values } = state.get("cls_token")!;
      first.forEach((value, i) => values[i] += value);
    }
    const one = { shape: [config.dim], values: new Float32Array(config.dim).fill(1) };
    const zero = { shape: [config.dim], values: new Float32Array(config.dim) };
    return new Map([["norm.weight", one], ["norm.bias", zero], ...state]); // some files have no norm
  } catch (error) {
    throw unusable(weights.path, error);
  }
}

/** A parameter of a file in the shape in which it trains. */
function trained(shape: readonly number[], values: Float32Array<ArrayBuffer>) {
  if (shape.length === 1) return { shape: [...shape], values };
  const [to, from] = [shape[0], values.length / shape[0]];
  if (to === 1) return { shape: [1, from], values }; // the class token
  const out = new Float32Array(values.length);
  for (let i = 0; i < to; i++) {
    for (let j = 0; j < from; j++) out[j * to + i] = values[i * from + j];
  }
  return { shape: [from, to], values: out };
}
