// out[g] = Σ (x[i] − wanted[i])² over the elements i that workgroup g visits
//
// x       [count]       f32, of any shape
// wanted  [count]       f32
// out     [workgroups]  f32
//
// First of two stages: strided sums per invocation, then a tree per workgroup. The split depends on
// the count alone, so that the same tensors always give the same bits.

override WORKGROUP: u32 = 64; // power of two

struct Params { count: u32, stride: u32 }

// @texels
@group(0) @binding(0) var<storage, read> x: array<f32>;
// @texels
@group(0) @binding(1) var<storage, read> wanted: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

var<workgroup> sums: array<f32, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn squared_error(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  var sum = 0f;
  for (var i = group.x * WORKGROUP + lane; i < params.count; i += params.stride) {
    let difference = x[i] - wanted[i];
    sum += difference * difference;
  }
  sums[lane] = sum;
  for (var width = WORKGROUP / 2; width > 0; width /= 2) {
    workgroupBarrier();
    if lane < width { sums[lane] += sums[lane + width]; }
  }
  if lane == 0 { out[group.x] = sums[0]; }
}
