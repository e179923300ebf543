import assert from "node:assert/strict";
import type { Gpu } from "@fiedler/gpu";
import { bytesSource, FormatError, openSafetensors } from "@fiedler/io";
import { type Backbone, CheckpointError, recognise } from "@fiedler/models";
import { conformance } from "../support/conformance.ts";
import { vitOf } from "../support/vit.ts";
import { bytesOf, checkpoint, fixture, type Parts, tensor } from "./fixtures.ts";

/** Recognises and loads. */
async function load(gpu: Gpu, bytes: Uint8Array<ArrayBuffer>): Promise<Backbone> {
  return await recognise(await openSafetensors(bytesSource(bytes))).load(gpu);
}

/** What is wrong with a checkpoint, how to spoil one so, and what the error says. */
type Case = readonly [what: string, spoil: (parts: Parts) => void, message: string];

const drop = (name: string) => ({ tensors }: Parts) => void tensors.delete(name);
const put = (name: string, ...shape: number[]) => ({ tensors }: Parts) =>
  void tensors.set(name, tensor(...shape));
const say = (key: string, value: string) => ({ metadata }: Parts) => void (metadata[key] = value);

const CASES: readonly Case[] = [
  ...[
    ["blocks.0.norm1.weight", "64"],
    ["blocks.0.attn.qkv.weight", "192, 64"],
    ["blocks.0.attn.qkv.bias", "192"],
    ["blocks.0.attn.proj.bias", "64"],
    ["blocks.0.mlp.fc1.weight", "256, 64"],
    ["blocks.0.mlp.fc2.weight", "64, 256"],
    ["patch_embed.proj.bias", "64"],
  ].map(([name, shape]): Case => [
    `without ${name}`,
    drop(name),
    `checkpoint: "${name}" [${shape}] is missing`,
  ]),
  ...([
    ["cls_token", [1, 64], "1, 1, 64"],
    ["pos_embed", [1, 5, 32], "1, 5, 64"],
    ["patch_embed.proj.weight", [64, 1, 2, 2], "64, 3, 2, 2"],
    ["patch_embed.proj.weight", [64, 3, 4, 2], "64, 3, 2, 2"],
    ["patch_embed.proj.bias", [63], "64"],
    ["blocks.0.norm2.bias", [1, 64], "64"],
    ["blocks.0.attn.qkv.weight", [64, 192], "192, 64"],
    ["blocks.0.mlp.fc1.bias", [64], "256"],
    ["norm.weight", [65], "64"],
  ] as const).map(([name, got, wanted]): Case => [
    `with ${name} [${got}]`,
    put(name, ...got),
    `checkpoint: "${name}" must be [${wanted}], got [${got.join(", ")}]`,
  ]),
  [
    "with a surplus tensor",
    put("headless", 10, 64),
    'checkpoint: 1 tensors have no place in the model: "headless"',
  ],
  [
    "with many surplus tensors",
    ({ tensors }) => "abcdef".split("").forEach((name) => tensors.set(name, tensor(1))),
    'checkpoint: 6 tensors have no place in the model: "a", "b", "c", "d", "e", …',
  ],
  [
    "with a gap between its blocks",
    put("blocks.2.norm1.weight", 64),
    'checkpoint: 1 tensors have no place in the model: "blocks.2.norm1.weight"',
  ],
  [
    "with half a second block",
    put("blocks.1.mlp.fc2.bias", 64),
    'checkpoint: "blocks.1.norm1.weight" [64] is missing',
  ],
  [
    "with a tensor of whole numbers",
    ({ tensors }) =>
      tensors.set("blocks.0.norm1.bias", { dtype: "U8", shape: [64], data: new Uint8Array(64) }),
    'checkpoint: tensor "blocks.0.norm1.bias": U8 is not read as f32, only F16, BF16, F32 and F64',
  ],
  [
    "without a patch embedding",
    drop("patch_embed.proj.weight"),
    'checkpoint: no model that is known in this safetensors file of 17 tensors ("blocks.0.attn.proj.bias", ' +
    '"blocks.0.attn.proj.weight", "blocks.0.attn.qkv.bias", …): none ends with "patch_embed.proj.weight", ' +
    '"embeddings.patch_embeddings.projection.weight", "layer1.0.conv1.weight", ' +
    '"res2.0.conv1.weight"',
  ],
  [
    "with a linear patch embedding",
    put("patch_embed.proj.weight", 64, 12),
    'checkpoint: "patch_embed.proj.weight" must be [dim, 3, patch, patch], got [64, 12]',
  ],
  [
    "without blocks",
    ({ tensors }) => {
      for (const name of [...tensors.keys()]) if (name.startsWith("blocks.")) tensors.delete(name);
    },
    'checkpoint: no "blocks.0.…": no blocks',
  ],
  ...["3", "0", "-2", "1.5", "32"].map((heads): Case => [
    `with ${heads} heads`,
    say("heads", heads),
    `checkpoint: 1 blocks of width 64 with ${heads} heads; heads are 64 wide unless their ` +
    "number is given, by option or metadata, and their width must be a multiple of 4",
  ]),
  ...["", " ", "two", "NaN", "Infinity"].flatMap((value) =>
    ["heads", "layer_norm_eps"].map((key): Case => [
      `whose ${key} is "${value}"`,
      say(key, value),
      `checkpoint: metadata "${key}" must be a number, got ${value}`,
    ])
  ),
  ...["0.5", "0.5,0.5", "1,2,3,4", "a,b,c", "1,,2"].map((value): Case => [
    `whose image_mean is "${value}"`,
    say("image_mean", value),
    `checkpoint: metadata "image_mean" must be three numbers, got ${value}`,
  ]),
  [
    "whose image_std has a zero",
    say("image_std", "0.5,0,0.5"),
    'checkpoint: metadata "image_std" must be above 0, got 0.5,0,0.5',
  ],
  [
    "whose position rule is unknown",
    say("position", "sincos"),
    'checkpoint: metadata "position" must be size, scale+0.1 or sincos_span, got sincos',
  ],
  [
    "whose span is not said",
    (parts) => {
      say("position", "sincos_span")(parts);
      say("position_amplitude", "1")(parts);
    },
    'checkpoint: metadata "position_span" must be a number, got undefined',
  ],
  [
    "without positions",
    drop("pos_embed"),
    'checkpoint: "pos_embed" must be [1, 1 + side², 64], got none',
  ],
  ...[1, 4, 6, 17 + 1].map((count): Case => [
    `with ${count} positions`,
    put("pos_embed", 1, count, 64),
    `checkpoint: "pos_embed" must be [1, 1 + side², 64], got [1, ${count}, 64]`,
  ]),
  [
    "with a table beside the rule of its positions",
    (parts) => {
      say("position", "sincos_span")(parts);
      say("position_span", "12")(parts);
      say("position_amplitude", "1")(parts);
    },
    'checkpoint: 1 tensors have no place in the model: "pos_embed"',
  ],
  [
    "with a class row among the positions but no class token",
    drop("cls_token"),
    'checkpoint: "pos_embed" must be [1, 0 + side², 64], got [1, 5, 64]',
  ],
];

conformance("recognise()", (test) => {
  test("reads a checkpoint without metadata: heads of 64, ImageNet's statistics", async (gpu) => {
    const { config, weights } = await vitOf(gpu, bytesOf(checkpoint({ dim: 128, depth: 2 })));
    const { positions, ...rest } = config;
    assert.deepEqual(rest, {
      ...{ dim: 128, depth: 2, heads: 2, patch: 2, classToken: true, epsilon: 1e-6 },
      ...{ mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
    });
    assert.ok(positions.kind === "table");
    assert.deepEqual([positions.rows, positions.columns, positions.resample], [2, 2, "size"]);
    assert.equal(positions.table.length, 4 * 128, "without the class token's row");
    assert.equal(weights.blocks.length, 2);
  });

  test("reads what the metadata says", async (gpu) => {
    const parts = checkpoint();
    const metadata = { heads: "4", layer_norm_eps: "1e-5", position: "scale+0.1" };
    Object.assign(parts.metadata, metadata, { image_mean: "0.1,0.2,0.3", image_std: "1, 2, 3" });
    const { heads, epsilon, mean, std, positions } = (await vitOf(gpu, bytesOf(parts))).config;
    assert.deepEqual({ heads, epsilon, mean, std }, {
      ...{ heads: 4, epsilon: 1e-5, mean: [0.1, 0.2, 0.3], std: [1, 2, 3] },
    });
    assert.ok(positions.kind === "table");
    assert.equal(positions.resample, "scale+0.1");
  });

  test("takes positions by a rule, and no final norm", async (gpu) => {
    const parts = checkpoint();
    const metadata = { position: "sincos_span", position_span: "12", position_amplitude: "0.3" };
    Object.assign(parts.metadata, metadata);
    for (const name of ["pos_embed", "norm.weight", "norm.bias"]) parts.tensors.delete(name);
    const { positions } = (await vitOf(gpu, bytesOf(parts))).config;
    assert.deepEqual(positions, { kind: "span", span: 12, amplitude: 0.3 });
  });

  test("refuses a width that is not heads of 64", async (gpu) => {
    const refused = (dim: number, heads: number) =>
      assert.rejects(() => load(gpu, bytesOf(checkpoint({ dim }))), {
        name: "CheckpointError",
        message: `checkpoint: 1 blocks of width ${dim} with ${heads} heads; heads are 64 wide ` +
          "unless their number is given, by option or metadata, and their width must be a " +
          "multiple of 4",
      });
    await refused(32, 0.5);
    await refused(96, 1.5);
  });

  for (const [what, spoil, message] of CASES) {
    test(`refuses a checkpoint ${what}, and leaves nothing on the GPU`, async (gpu) => {
      const parts = checkpoint();
      spoil(parts);
      const before = gpu.memory.liveBytes;
      await assert.rejects(() => load(gpu, bytesOf(parts)), (error) => {
        assert.ok(error instanceof CheckpointError, `${error}`);
        assert.equal(error.message, message);
        return true;
      });
      assert.equal(gpu.memory.liveBytes, before);
    });
  }

  test("refuses bytes that are not safetensors", async (gpu) => {
    await assert.rejects(() => load(gpu, fixture("README.md")), FormatError);
  });
});
