// out[m, part, :] = smallest and largest of x[m, part], x[m, part + parts], x[m, part + 2 parts] …
//
// x    [images, size]      f32
// out  [images, parts, 2]  f32; parts ≤ size
//
// One invocation per part, neighbours on neighbouring elements; run again on `out`, it gives the
// range of the ranges.

override WORKGROUP: u32 = 64;

struct Params { size: u32, parts: u32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<vec2f>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn value_range(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(workgroup_id) group: vec3u,
) {
  let part = id.x;
  if part >= params.parts { return; }
  let first = group.y * params.size;
  var low = x[first + part]; // parts ≤ size, so that each part has a first element
  var high = low;
  for (var at = part + params.parts; at < params.size; at += params.parts) {
    low = min(low, x[first + at]);
    high = max(high, x[first + at]);
  }
  out[group.y * params.parts + part] = vec2f(low, high);
}
