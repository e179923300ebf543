// total[i] += x[i], in place
//
// x      [count]  f32
// total  [count]  f32
//
// One invocation per quad of elements; the last one may end in the padding of the buffers.

override WORKGROUP: u32 = 64;

struct Params { quads: u32, stride: u32 }

// @texels
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> total: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn add_to(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.stride;
  if i < params.quads { total[i] += x[i]; }
}
