// affinity[m, i, j] ← affinity[m, i, j] * (scale[m, i] * scale[m, first + j]), in place, the bits of
// normalize_affinity, four columns at a time
//
// affinity  [images, nodes, columns]  f32; nodes, columns and first are multiples of 4
// scale     [images, nodes]           f32
//
// One invocation per four elements: for CPU adapters that read `scale` through a texture.
// Source: von Luxburg 2007, §3.2, L_sym = 1 - D^(-1/2) W D^(-1/2).

override WORKGROUP: u32 = 64;

struct Params { nodes: u32, columns: u32, first: u32 }

// @texels
@group(0) @binding(0) var<storage, read> scale: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> affinity: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn normalize_affinity_quads(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(workgroup_id) group: vec3u,
) {
  let quads = params.columns / 4;
  if id.x >= quads { return; }
  let image = group.z * params.nodes;
  let row = image + group.y;
  affinity[row * quads + id.x] *= scale[row / 4][row % 4] *
    scale[(image + params.first) / 4 + id.x];
}
