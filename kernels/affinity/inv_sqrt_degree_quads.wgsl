// out[i] = (Σ_j affinity[i, j])^(-1/2), and 1 for a node without neighbours, the bits of
// inv_sqrt_degree with one lane
//
// affinity  [rows, nodes]  f32, non-negative; rows = images * nodes, nodes a multiple of 4
// out       [rows]         f32
//
// One invocation per row, four columns a load: for CPU adapters that read through textures.
// Source: von Luxburg 2007, §3.2; the 1 is scikit-learn's rule (csgraph.laplacian).

override WORKGROUP: u32 = 64;

struct Params { rows: u32, nodes: u32 }

// @texels
@group(0) @binding(0) var<storage, read> affinity: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn inv_sqrt_degree_quads(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if i >= params.rows { return; }
  let quads = params.nodes / 4;
  var parts = vec4f();
  for (var j = 0u; j < quads; j++) { parts += affinity[i * quads + j]; }
  let degree = parts.x + parts.y + parts.z + parts.w;
  out[i] = select(1.0, 1 / sqrt(degree), degree > 0);
}
