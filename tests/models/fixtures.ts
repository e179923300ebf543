import {
  readNpy,
  readSafetensors,
  type SafeTensor,
  type Safetensors,
  writeSafetensors,
} from "@fiedler/io";
import { uniform } from "../support/random.ts";

const FIXTURES = new URL("../../fixtures/models/", import.meta.url);

/** A file that `tools/make_model_goldens.py` wrote. */
export const fixture = (name: string): Uint8Array<ArrayBuffer> =>
  Deno.readFileSync(new URL(name, FIXTURES));

/** An array that `tools/make_model_goldens.py` wrote, of f32 or u8. */
export const array = (name: string) => readNpy(fixture(`${name}.npy`)).data as Float32Array;

/** A checkpoint as two records that a test may spoil. */
export interface Parts {
  readonly metadata: Record<string, string>;
  readonly tensors: Map<string, SafeTensor>;
}

export const bytesOf = ({ tensors, metadata }: Parts) => writeSafetensors(tensors, metadata);

/** The parts of a checkpoint, in records of their own. */
export function partsOf(bytes: Uint8Array): Parts {
  const { metadata, tensors }: Safetensors = readSafetensors(bytes);
  return { metadata: { ...metadata }, tensors: new Map(tensors) };
}

/** An f32 tensor of seeded values. */
export function tensor(...shape: number[]): SafeTensor {
  const size = shape.reduce((product, length) => product * length, 1);
  const values = uniform(size, { seed: size, low: -0.5, high: 0.5 });
  return { dtype: "F32", shape, data: new Uint8Array(values.buffer) };
}

/** A whole checkpoint: class token, positions of 2 × 2, patches of 2 × 2 pixels, no metadata. */
export function checkpoint({ dim = 64, depth = 1 } = {}): Parts {
  const tensors = new Map([
    ["cls_token", tensor(1, 1, dim)],
    ["pos_embed", tensor(1, 5, dim)],
    ["patch_embed.proj.weight", tensor(dim, 3, 2, 2)],
    ["patch_embed.proj.bias", tensor(dim)],
    ["norm.weight", tensor(dim)],
    ["norm.bias", tensor(dim)],
  ]);
  for (let i = 0; i < depth; i++) {
    for (const norm of ["norm1", "norm2"]) {
      tensors.set(`blocks.${i}.${norm}.weight`, tensor(dim));
      tensors.set(`blocks.${i}.${norm}.bias`, tensor(dim));
    }
    const linears = [["attn.qkv", 3, 1], ["attn.proj", 1, 1], ["mlp.fc1", 4, 1], ["mlp.fc2", 1, 4]];
    for (const [name, to, from] of linears as [string, number, number][]) {
      tensors.set(`blocks.${i}.${name}.weight`, tensor(to * dim, from * dim));
      tensors.set(`blocks.${i}.${name}.bias`, tensor(to * dim));
    }
  }
  return { metadata: {}, tensors };
}
