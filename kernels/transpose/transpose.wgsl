// out[z, j, i] = x[z, i, j], zero where i ≥ rows
//
// x    [images, heads, rows, columns]  f32, rows apart by xRow
// out  [images · heads, columns, pitch]  f32, pitch ≥ rows
//
// One invocation per output element, along i, so that writes are contiguous.

override WORKGROUP: u32 = 64;

struct Params {
  rows: u32, columns: u32, pitch: u32, heads: u32,
  xBase: u32, xImage: u32, xHead: u32, xRow: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn transpose(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  let j = id.y;
  if i >= params.pitch { return; }
  let image = id.z / params.heads;
  let head = id.z % params.heads;
  let base = params.xBase + image * params.xImage + head * params.xHead;
  var value = 0f;
  if i < params.rows { value = x[base + i * params.xRow + j]; }
  out[(id.z * params.columns + j) * params.pitch + i] = value;
}
