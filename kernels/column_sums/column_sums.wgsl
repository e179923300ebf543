// out[s, j] = Σ_i x[i, j] over the rows i of slice s, from s · sliceRows on
//
// x    [rows, columns]    f32, row-major; columns a multiple of 4
// out  [slices, columns]  f32
//
// One invocation per slice and quad of columns; rows in order, so that the sum is always the same.

override WORKGROUP: u32 = 64;

struct Params { count: u32, row: u32, rows: u32, quads: u32, sliceRows: u32 }

// @texels
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn column_sums(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if index >= params.count { return; }
  let first = index / params.quads * params.sliceRows;
  let last = min(first + params.sliceRows, params.rows);
  let quad = index % params.quads;
  var sum = vec4f();
  for (var i = first; i < last; i++) { sum += x[i * params.quads + quad]; }
  out[index] = sum;
}
