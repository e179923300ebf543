// out[p, y, x] = image[p, floor(y * rows / out_rows), floor(x * columns / out_columns)]
//
// image  [planes, rows, columns]          f32, planes = images * channels
// out    [planes, out_rows, out_columns]  f32
//
// One invocation per output. Whole numbers throughout, so that no ratio is off by a rounding.
// Source: torch.nn.functional.interpolate, mode "nearest".

override TILE: u32 = 8;

struct Params { rows: u32, columns: u32, out_rows: u32, out_columns: u32 }

@group(0) @binding(0) var<storage, read> image: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(TILE, TILE)
fn resize_nearest(@builtin(global_invocation_id) id: vec3u) {
  if id.x >= params.out_columns || id.y >= params.out_rows { return; }
  let y = id.y * params.rows / params.out_rows;
  let x = id.x * params.columns / params.out_columns;
  let value = image[(id.z * params.rows + y) * params.columns + x];
  out[(id.z * params.out_rows + id.y) * params.out_columns + id.x] = value;
}
