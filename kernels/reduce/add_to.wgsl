// total[i] += x[i], in place
//
// x      [count]  f32
// total  [count]  f32
//
// One invocation per element.

override WORKGROUP: u32 = 64;

struct Params { count: u32, stride: u32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> total: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn add_to(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.stride;
  if i < params.count { total[i] += x[i]; }
}
