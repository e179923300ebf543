// out[i] = a[i] + b[i]
//
// a    [count]  f32, of any shape, read in quads of 4
// b    [count]  f32
// out  [count]  f32
//
// One invocation per quad.

override WORKGROUP: u32 = 64;

struct Params { quads: u32, row: u32 }

// @texels
@group(0) @binding(0) var<storage, read> a: array<vec4f>;
// @texels
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn add(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.row;
  if i >= params.quads { return; }
  out[i] = a[i] + b[i];
}
