// out[p, q] = x[p, q] for the first of the quads of each pixel
//
// x    [pixels, quads + dropped]  f32, quads of 4 channels
// out  [pixels, quads]            f32
//
// One invocation per quad of the output.

override WORKGROUP: u32 = 64;

struct Params { count: u32, row: u32, quads: u32, dropped: u32 }

// @texels
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn drop_channels(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if index >= params.count { return; }
  out[index] = x[index + index / params.quads * params.dropped];
}
