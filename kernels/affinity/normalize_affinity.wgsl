// affinity[m, i, j] ← affinity[m, i, j] * (scale[m, i] * scale[m, first + j]), in place
//
// affinity  [images, nodes, columns]  f32, the columns from `first` on of a symmetric matrix, which
//                                     stays so to the last bit
// scale     [images, nodes]           f32
//
// One invocation per element.
// Source: von Luxburg 2007, §3.2, L_sym = 1 - D^(-1/2) W D^(-1/2).

override WORKGROUP: u32 = 64;

struct Params { nodes: u32, columns: u32, first: u32 }

@group(0) @binding(0) var<storage, read> scale: array<f32>;
@group(0) @binding(1) var<storage, read_write> affinity: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn normalize_affinity(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(workgroup_id) group: vec3u,
) {
  let columns = params.columns;
  if id.x >= columns { return; }
  let image = group.z * params.nodes;
  affinity[(image + group.y) * columns + id.x] *=
    scale[image + group.y] * scale[image + params.first + id.x];
}
