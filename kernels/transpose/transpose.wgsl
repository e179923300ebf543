// out[z, j, i] = x[z, i, j], zero where i ≥ rows
//
// x    [images, heads, rows, columns]  f32, rows apart by xRow
// out  [images · heads, columns, pitch]  f32, pitch ≥ rows
//
// One invocation per LENGTH elements below each other in the result, which lie side by side in x;
// invocations run along i, so that writes are contiguous, then j.

override WORKGROUP_X: u32 = 64;
override WORKGROUP_Y: u32 = 1;

const LENGTH = 4u;

struct Params {
  rows: u32, columns: u32, pitch: u32, heads: u32,
  xBase: u32, xImage: u32, xHead: u32, xRow: u32,
}

// @texels
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn transpose(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if i >= params.pitch { return; }
  let image = id.z / params.heads;
  let head = id.z % params.heads;
  let base = params.xBase + image * params.xImage + head * params.xHead + i * params.xRow;
  let outBase = id.z * params.columns * params.pitch + i;
  let first = id.y * LENGTH;
  for (var j = first; j < min(first + LENGTH, params.columns); j++) {
    var value = 0f;
    if i < params.rows { value = x[base + j]; }
    out[outBase + j * params.pitch] = value;
  }
}
