// dWeight[s, j] = Σ_i dOut[i, j] · (x[i, j] − mean_i) · scale_i    dBias[s, j] = Σ_i dOut[i, j]
//
// over the rows i of slice s, from s · sliceRows on; (mean_i, scale_i) = statistics[i].
//
// dOut        [rows, columns]    f32; columns a multiple of 4
// x           [rows, columns]    f32, what the layer norm was given
// statistics  [rows, 2]          f32
// dWeight     [slices, columns]  f32
// dBias       [slices, columns]  f32
//
// One invocation per slice and quad of columns; rows in order, so that the sum is always the same.

override WORKGROUP: u32 = 64;

struct Params { count: u32, row: u32, rows: u32, quads: u32, sliceRows: u32 }

// @texels
@group(0) @binding(0) var<storage, read> dOut: array<vec4f>;
// @texels
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> statistics: array<vec2f>;
@group(0) @binding(3) var<storage, read_write> dWeight: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> dBias: array<vec4f>;
@group(0) @binding(5) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn layer_norm_backward_sums(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if index >= params.count { return; }
  let quad = index % params.quads;
  let first = index / params.quads * params.sliceRows;
  let last = min(first + params.sliceRows, params.rows);
  var products = vec4f();
  var sums = vec4f();
  for (var i = first; i < last; i++) {
    let d = dOut[i * params.quads + quad];
    let moments = statistics[i];
    products += d * ((x[i * params.quads + quad] - moments.x) * moments.y);
    sums += d;
  }
  dWeight[index] = products;
  dBias[index] = sums;
}
