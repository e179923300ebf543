import { bytesSource, entryToF32, openSafetensors } from "@fiedler/io";
import { OnnxGraph } from "../../tools/bench/peers/onnx_graph.ts";
import type { HostTensor } from "../../tools/bench/peers/workloads.ts";
import { positionTable, type VitConfig } from "@fiedler/models";

/** A transformer's numbers on the host, in timm's names. */
export interface HostVit {
  readonly config: VitConfig;
  readonly weights: ReadonlyMap<string, HostTensor>;
}

/** What of the graph is fixed when it is written. */
export interface VitOnnxOptions {
  /** `[rows, columns]` of patches: positions are constants of the graph. */
  readonly grid: readonly [number, number];
  /** Pictures at once. Default `"batch"`: any number. */
  readonly batch?: number | "batch";
}

/** Reads one of the embedded models, as the names and shapes of a graph need it. */
export async function hostVit(bytes: Uint8Array, config: VitConfig): Promise<HostVit> {
  const { tensors } = await openSafetensors(bytesSource(bytes));
  const read = [...tensors.values()].map(async (entry) =>
    [entry.name, { shape: entry.shape, data: await entryToF32(entry) }] as const
  );
  return { config, weights: new Map(await Promise.all(read)) };
}

/**
 * A vision transformer as an ONNX file of operator set 17, with the names
 * `blocks.N.{qkv,query,key,value}` `[batch, tokens, …]`, `blocks.N.keys` `[batch, heads, tokens, …]`
 * and `blocks.N`, `patches` `[batch, dim, rows, columns]`, and the output `last_hidden_state`, the normed tokens. Input: `pixels`.
 *
 * Written from the definition, with none of our kernels: of Dosovitskiy et al. 2021, with GELU by
 * the error function and softmax over scaled products.
 */
export function vitOnnx(vit: HostVit, { grid, batch = "batch" }: VitOnnxOptions): Uint8Array {
  const { patch, depth, dim } = vit.config;
  const graph = new OnnxGraph(17);
  graph.declare("input", "pixels", [batch, 3, grid[0] * patch, grid[1] * patch]);
  let x = embed(graph, vit, grid);
  for (let i = 0; i < depth; i++) x = block(graph, vit, x, i);
  norm(graph, vit, x, "norm", "last_hidden_state");
  graph.declare("output", "last_hidden_state", [batch, grid[0] * grid[1] + 1, dim]);
  return graph.bytes();
}

/** Patches by a convolution, positions, and the class token in front: `[batch, tokens, dim]`. */
function embed(graph: OnnxGraph, { config, weights }: HostVit, grid: readonly [number, number]) {
  const { patch, dim, positions } = config;
  const cells = grid[0] * grid[1];
  const patches = graph.node(
    "Conv",
    [
      "pixels",
      graph.weight(weights.get("patch_embed.proj.weight")!),
      graph.weight(weights.get("patch_embed.proj.bias")!),
    ],
    { kernel_shape: [patch, patch], strides: [patch, patch] },
    { names: ["patches"] },
  ); // [batch, dim, rows, columns]
  const flat = graph.node("Reshape", [patches, graph.integers([0, dim, cells])]);
  const rows = graph.node("Transpose", [flat], { perm: [0, 2, 1] }); // [batch, cells, dim]
  const table = { shape: [1, cells, dim], data: positionTable(positions, grid, dim) };
  const placed = graph.node("Add", [rows, graph.weight(table)]);
  const shape = graph.node("Shape", ["pixels"]);
  const batch = graph.node("Gather", [shape, graph.integers([0])]);
  const size = graph.node("Concat", [batch, graph.integers([1, dim])], { axis: 0 });
  const token = graph.node("Expand", [graph.weight(weights.get("cls_token")!), size]);
  return graph.node("Concat", [token, placed], { axis: 1 });
}

function block(graph: OnnxGraph, vit: HostVit, x: string, i: number): string {
  const { dim, heads } = vit.config;
  const at = `blocks.${i}`;
  const width = dim / heads;
  const qkv = linear(graph, vit, norm(graph, vit, x, `${at}.norm1`), `${at}.attn.qkv`, `${at}.qkv`);
  const thirds = [qkv, graph.integers([dim, dim, dim])];
  const names = ["query", "key", "value"].map((name) => `${at}.${name}`);
  const split = graph.nodes("Split", thirds, { axis: 2 }, { names });
  const [q, k, v] = split.map((part, j) => {
    const parted = graph.node("Reshape", [part, graph.integers([0, 0, heads, width])]);
    const named = j === 1 ? { names: [`${at}.keys`] } : {};
    return graph.node("Transpose", [parted], { perm: [0, 2, 1, 3] }, named);
  }); // [batch, heads, tokens, width]
  const products = graph.node("MatMul", [q, graph.node("Transpose", [k], { perm: [0, 1, 3, 2] })]);
  const scores = graph.node("Mul", [products, scalar(graph, 1 / Math.sqrt(width))]);
  const mixed = graph.node("MatMul", [graph.node("Softmax", [scores], { axis: -1 }), v]);
  const turned = graph.node("Transpose", [mixed], { perm: [0, 2, 1, 3] });
  const joined = graph.node("Reshape", [turned, graph.integers([0, 0, dim])]);
  const y = graph.node("Add", [x, linear(graph, vit, joined, `${at}.attn.proj`)]);
  const hidden = linear(graph, vit, norm(graph, vit, y, `${at}.norm2`), `${at}.mlp.fc1`);
  const out = linear(graph, vit, gelu(graph, hidden), `${at}.mlp.fc2`);
  return graph.node("Add", [y, out], {}, { names: [at] });
}

/** x/2 · (1 + erf(x / √2)). */
function gelu(graph: OnnxGraph, x: string): string {
  const erf = graph.node("Erf", [graph.node("Mul", [x, scalar(graph, Math.SQRT1_2)])]);
  const share = graph.node("Mul", [
    graph.node("Add", [erf, scalar(graph, 1)]),
    scalar(graph, 0.5),
  ]);
  return graph.node("Mul", [x, share]);
}

const scalar = (graph: OnnxGraph, value: number): string =>
  graph.weight({ shape: [], data: Float32Array.of(value) });

function norm(
  graph: OnnxGraph,
  { config: { epsilon }, weights }: HostVit,
  x: string,
  from: string,
  name?: string,
): string {
  const [scale, bias] = ["weight", "bias"].map((part) =>
    graph.weight(weights.get(`${from}.${part}`)!)
  );
  const attributes = { axis: -1, epsilon: { float: epsilon } };
  return graph.node(
    "LayerNormalization",
    [x, scale, bias],
    attributes,
    name ? { names: [name] } : {},
  );
}

function linear(graph: OnnxGraph, { weights }: HostVit, x: string, from: string, name?: string) {
  const { shape: [outer, inner], data } = weights.get(`${from}.weight`)!;
  const turned = new Float32Array(data.length); // [in, out]
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) turned[i * outer + o] = data[o * inner + i];
  }
  const weight = graph.weight({ shape: [inner, outer], data: turned });
  const bias = graph.weight(weights.get(`${from}.bias`)!);
  const named = name ? { names: [name] } : {};
  return graph.node("Add", [graph.node("MatMul", [x, weight]), bias], {}, named);
}
