// dx[i] = factor · (x[i] − wanted[i])
//
// x       [count]  f32, of any shape, read in quads of 4
// wanted  [count]  f32
// dx      [count]  f32
//
// One invocation per quad.

override WORKGROUP: u32 = 64;

struct Params { quads: u32, row: u32, factor: f32 }

// @texels
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
// @texels
@group(0) @binding(1) var<storage, read> wanted: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn squared_error_backward(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.row;
  if i >= params.quads { return; }
  dx[i] = params.factor * (x[i] - wanted[i]);
}
