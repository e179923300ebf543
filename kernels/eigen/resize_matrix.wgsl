// out[m, i, j] = x[m, i, j] where x has that element, else 0: cuts or pads with zeros
//
// x    [images, rows, columns]          f32
// out  [images, out_rows, out_columns]  f32
//
// One invocation per element of out.

override WORKGROUP: u32 = 64;

struct Params { rows: u32, columns: u32, out_rows: u32, out_columns: u32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn resize_matrix(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(workgroup_id) group: vec3u,
) {
  let size = params.out_rows * params.out_columns;
  if id.x >= size { return; }
  let image = group.y;
  let i = id.x / params.out_columns;
  let j = id.x % params.out_columns;
  var value = 0.0;
  if i < params.rows && j < params.columns {
    value = x[(image * params.rows + i) * params.columns + j];
  }
  out[image * size + id.x] = value;
}
