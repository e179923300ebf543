// labels[m, i] = argmax_c |Σ_j points[m, i, j] * rotation[m, c, j]|, the first of equals
//
// points    [images, nodes, BLOCK]  f32
// rotation  [images, BLOCK, BLOCK]  f32; rows of zeros win no point but one at the origin
// labels    [images, nodes]         u32
//
// One invocation per point.

override WORKGROUP: u32 = 64;
// @variants QUADS = 1, 2, 3, 4
const QUADS = 4u;
const BLOCK = 4u * QUADS;

struct Params { nodes: u32 }

@group(0) @binding(0) var<storage, read> points: array<vec4f>;
@group(0) @binding(1) var<storage, read> rotation: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> labels: array<u32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn cluster_qr_labels(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(workgroup_id) group: vec3u,
) {
  let i = id.x;
  if i >= params.nodes { return; }
  let image = group.y;
  let row = (image * params.nodes + i) * QUADS;
  var best = 0u;
  var most = 0.0;
  for (var c = 0u; c < BLOCK; c++) {
    var sum = 0.0;
    // @unroll
    for (var q = 0u; q < QUADS; q++) {
      sum += dot(points[row + q], rotation[(image * BLOCK + c) * QUADS + q]);
    }
    if abs(sum) > most {
      best = c;
      most = abs(sum);
    }
  }
  labels[image * params.nodes + i] = best;
}
