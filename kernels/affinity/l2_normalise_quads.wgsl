// out[i, :] = x[i, :] / ‖x[i, :]‖, and 0 for a row of zeros, the bits of l2_normalise with one lane
//
// x    [rows, columns]  f32; columns a multiple of 4
// out  [rows, columns]  f32
//
// One invocation per row, four columns a load: for CPU adapters that read through textures.

override WORKGROUP: u32 = 64;

struct Params { rows: u32, columns: u32 }

// @texels
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn l2_normalise_quads(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if i >= params.rows { return; }
  let quads = params.columns / 4;
  var square = 0.0;
  for (var j = 0u; j < quads; j++) {
    let value = x[i * quads + j];
    square += value.x * value.x;
    square += value.y * value.y;
    square += value.z * value.z;
    square += value.w * value.w;
  }
  let scale = select(0.0, 1 / sqrt(square), square > 0);
  for (var j = 0u; j < quads; j++) { out[i * quads + j] = x[i * quads + j] * scale; }
}
