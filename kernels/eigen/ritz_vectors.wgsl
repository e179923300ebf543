// vectors[m, i, j] = Σ_k x[m, i, k] * rotation[m, k, j] for j < count
//
// x         [images, nodes, block]  f32
// rotation  [images, block, block]  f32
// vectors   [images, nodes, count]  f32
//
// One invocation per element.

override WORKGROUP: u32 = 64;

struct Params { nodes: u32, block: u32, count: u32 }

// @texels
@group(0) @binding(0) var<storage, read> x: array<f32>;
// @texels
@group(0) @binding(1) var<storage, read> rotation: array<f32>;
@group(0) @binding(2) var<storage, read_write> vectors: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn ritz_vectors(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(workgroup_id) group: vec3u,
) {
  if id.x >= params.nodes * params.count { return; }
  let image = group.y;
  let i = id.x / params.count;
  let j = id.x % params.count;
  let row = (image * params.nodes + i) * params.block;
  let column = image * params.block * params.block + j;
  var sum = 0.0;
  for (var k = 0u; k < params.block; k++) {
    sum += x[row + k] * rotation[column + k * params.block];
  }
  vectors[image * params.nodes * params.count + id.x] = sum;
}
