import type { Key } from "./keys.ts";

/** What a vision transformer's key map depends on. */
export interface VitShape {
  readonly dim: number;
  readonly depth: number;
  readonly patch: number;
  /** Rows of the stored position table, the class token's included; 0 where none is stored. */
  readonly positions: number;
  readonly classToken: boolean;
  /** Whether the norm after the last block is there; keys do not pass through it. */
  readonly finalNorm: boolean;
}

/** How a family of programs names the parameters of a vision transformer. */
export interface VitLayout {
  /** `[dim, 3, patch, patch]`; its presence is the sign of the layout. */
  readonly kernel: string;
  readonly classToken: string;
  readonly positions: string;
  /** Weight of the norm after the last block. */
  readonly norm: string;
  /** What the names of block i begin with. */
  block(i: number): string;
  /** The whole key map. */
  keys(shape: VitShape): readonly Key[];
}

/** timm's names, which DINO, MAE, MSN, MoCo-v3 and SelfPatch share; ours too. */
export const TIMM: VitLayout = {
  kernel: "patch_embed.proj.weight",
  classToken: "cls_token",
  positions: "pos_embed",
  norm: "norm.weight",
  block: (i) => `blocks.${i}.`,
  keys: (shape) => [
    ...embedding(shape, {
      classToken: "cls_token",
      positions: "pos_embed",
      projection: "patch_embed.proj",
      norm: "norm",
    }),
    ...blocks(shape, (i) => ({
      norm1: `blocks.${i}.norm1`,
      qkv: [`blocks.${i}.attn.qkv`],
      proj: `blocks.${i}.attn.proj`,
      norm2: `blocks.${i}.norm2`,
      fc1: `blocks.${i}.mlp.fc1`,
      fc2: `blocks.${i}.mlp.fc2`,
    })),
  ],
};

/** The names of Hugging Face's transformers, where queries, keys and values are apart. */
export const HUGGING_FACE: VitLayout = {
  kernel: "embeddings.patch_embeddings.projection.weight",
  classToken: "embeddings.cls_token",
  positions: "embeddings.position_embeddings",
  norm: "layernorm.weight",
  block: (i) => `encoder.layer.${i}.`,
  keys: (shape) => [
    ...embedding(shape, {
      classToken: "embeddings.cls_token",
      positions: "embeddings.position_embeddings",
      projection: "embeddings.patch_embeddings.projection",
      norm: "layernorm",
    }),
    ...blocks(shape, (i) => ({
      norm1: `encoder.layer.${i}.layernorm_before`,
      qkv: [
        `encoder.layer.${i}.attention.attention.query`,
        `encoder.layer.${i}.attention.attention.key`,
        `encoder.layer.${i}.attention.attention.value`,
      ],
      proj: `encoder.layer.${i}.attention.output.dense`,
      norm2: `encoder.layer.${i}.layernorm_after`,
      fc1: `encoder.layer.${i}.intermediate.dense`,
      fc2: `encoder.layer.${i}.output.dense`,
    })),
  ],
};

interface EmbeddingNames {
  readonly classToken: string;
  readonly positions: string;
  readonly projection: string;
  readonly norm: string;
}

function embedding(shape: VitShape, names: EmbeddingNames): Key[] {
  const { dim, patch, positions, classToken, finalNorm } = shape;
  const keys: Key[] = [
    {
      name: "patch_embed.proj.weight",
      from: [`${names.projection}.weight`],
      shape: [dim, 3, patch, patch],
    },
    { name: "patch_embed.proj.bias", from: [`${names.projection}.bias`], shape: [dim] },
  ];
  if (classToken) keys.push({ name: "cls_token", from: [names.classToken], shape: [1, 1, dim] });
  if (positions > 0) {
    keys.push({ name: "pos_embed", from: [names.positions], shape: [1, positions, dim] });
  }
  if (finalNorm) keys.push(...pair("norm", [names.norm], [dim]));
  return keys;
}

interface BlockNames {
  readonly norm1: string;
  /** One name, or three: queries, keys, values. */
  readonly qkv: readonly string[];
  readonly proj: string;
  readonly norm2: string;
  readonly fc1: string;
  readonly fc2: string;
}

function blocks({ dim, depth }: VitShape, namesOf: (i: number) => BlockNames): Key[] {
  return Array.from({ length: depth }, (_, i) => {
    const names = namesOf(i);
    const rows = 3 * dim / names.qkv.length;
    return [
      ...pair(`blocks.${i}.norm1`, [names.norm1], [dim]),
      ...pair(`blocks.${i}.attn.qkv`, names.qkv, [rows, dim]),
      ...pair(`blocks.${i}.attn.proj`, [names.proj], [dim, dim]),
      ...pair(`blocks.${i}.norm2`, [names.norm2], [dim]),
      ...pair(`blocks.${i}.mlp.fc1`, [names.fc1], [4 * dim, dim]),
      ...pair(`blocks.${i}.mlp.fc2`, [names.fc2], [dim, 4 * dim]),
    ];
  }).flat();
}

/** Weight and bias of one layer; the bias is as long as the weight has rows. */
const pair = (name: string, from: readonly string[], shape: readonly number[]): Key[] => [
  { name: `${name}.weight`, from: from.map((part) => `${part}.weight`), shape },
  { name: `${name}.bias`, from: from.map((part) => `${part}.bias`), shape: [shape[0]] },
];
