// out[i, y, x, q] = features[i, ⌊y/2⌋, ⌊x/2⌋, q]
//
// features  [images, rows, columns, quads]          f32, quads of 4 channels, channels last
// out       [images, 2 · rows, 2 · columns, quads]  f32
//
// One invocation per quad of the output.
// Source: Lin et al. 2017 (FPN), arXiv 1612.03144, §3, the top-down pathway.

override WORKGROUP: u32 = 64;

struct Params { count: u32, row: u32, columns: u32, quads: u32 }

// @texels
@group(0) @binding(0) var<storage, read> features: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn double_nearest(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if index >= params.count { return; }
  let pixel = index / params.quads;
  // Rows of all images in one count: each image has twice as many.
  let line = pixel / (2 * params.columns) / 2;
  let x = pixel % (2 * params.columns) / 2;
  out[index] = features[(line * params.columns + x) * params.quads + index % params.quads];
}
