// out[m, i, j] = W_ij * (scale[m, i] * scale[m, j]), W_ij = B_ij ? 1 : epsilon
//
// bits   [images, nodes, words]  u32, B
// scale  [images, nodes]         f32
// out    [images, nodes, nodes]  f32
//
// One invocation per element.

override WORKGROUP: u32 = 64;

struct Params { nodes: u32, words: u32, epsilon: f32, drop_diagonal: u32 }

@group(0) @binding(0) var<storage, read> bits: array<u32>;
@group(0) @binding(1) var<storage, read> scale: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn expand_edges(@builtin(global_invocation_id) id: vec3u, @builtin(workgroup_id) group: vec3u) {
  let i = group.y;
  let j = id.x;
  if j >= params.nodes { return; }
  let image = group.z * params.nodes;
  let word = bits[(image + i) * params.words + j / 32];
  var weight = select(params.epsilon, 1.0, ((word >> (j % 32)) & 1) != 0);
  if i == j && params.drop_diagonal != 0 { weight = 0; }
  out[(image + i) * params.nodes + j] = weight * (scale[image + i] * scale[image + j]);
}
