// average[i] ← keep · average[i] + rest · x[i]
//
// x        [count]  f32
// average  [count]  f32, in place
//
// One invocation per quad of elements; the last one may end in the padding of the buffers. keep and
// rest = 1 − keep are made in f64.

override WORKGROUP: u32 = 64;

struct Params { quads: u32, stride: u32, keep: f32, rest: f32 }

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> average: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn moving_average(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.stride;
  if i < params.quads { average[i] = params.keep * average[i] + params.rest * x[i]; }
}
