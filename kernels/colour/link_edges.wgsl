// affinity[m, i, j] += weight · (links[m, i, j] + links[m, j, i]), in place
//
// affinity  [images, nodes, nodes]  f32
// links     [images, nodes, words]  u32, j is bit j % 32 of word j / 32
//
// One invocation per element. Elements (i, j) and (j, i) gain the same bits: the product with 0, 1
// or 2 is exact. An element without a link is not written.

override WORKGROUP: u32 = 64;

struct Params { nodes: u32, words: u32, weight: f32, drop_diagonal: u32 }

@group(0) @binding(0) var<storage, read> links: array<u32>;
@group(0) @binding(1) var<storage, read_write> affinity: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn link_edges(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(workgroup_id) group: vec3u,
) {
  let i = group.y;
  let j = id.x;
  if j >= params.nodes || (i == j && params.drop_diagonal != 0) { return; }
  let first = group.z * params.nodes;
  let count = link(first + i, j) + link(first + j, i);
  if count > 0 { affinity[(first + i) * params.nodes + j] += params.weight * f32(count); }
}

fn link(row: u32, column: u32) -> u32 {
  return (links[row * params.words + column / 32] >> (column % 32)) & 1;
}
