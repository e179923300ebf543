// out[i] = Σ_s x[s, i], in the order of the slices
//
// x    [slices, count]  f32
// out  [count]          f32
//
// One invocation per element: the second stage of a product whose sum was split.

override WORKGROUP: u32 = 64;

struct Params { slices: u32, count: u32, stride: u32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn sum_slices(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.stride;
  if i >= params.count { return; }
  var sum = 0f;
  for (var s = 0u; s < params.slices; s++) { sum += x[s * params.count + i]; }
  out[i] = sum;
}
