// out[n, c] = x[index[n], c]
//
// x      [rows, columns]   f32
// index  [count]           u32, below rows
// out    [count, columns]  f32
//
// One invocation per element.

override WORKGROUP: u32 = 64;

struct Params { count: u32, columns: u32, stride: u32 }

// @texels
@group(0) @binding(0) var<storage, read> x: array<f32>;
// @texels
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn gather_rows(@builtin(global_invocation_id) id: vec3u) {
  let at = id.x + id.y * params.stride;
  if at >= params.count * params.columns { return; }
  out[at] = x[index[at / params.columns] * params.columns + at % params.columns];
}
