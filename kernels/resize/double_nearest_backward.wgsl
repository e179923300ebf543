// dx[i, y, x, q] = Σ of dOut[i, 2y + u, 2x + v, q] over u, v = 0, 1
//
// dOut  [images, 2 · rows, 2 · columns, quads]  f32, quads of 4 channels, channels last
// dx    [images, rows, columns, quads]          f32
//
// One invocation per quad of the result: the adjoint of double_nearest.wgsl.

override WORKGROUP: u32 = 64;

struct Params { count: u32, row: u32, columns: u32, quads: u32 }

// @texels
@group(0) @binding(0) var<storage, read> dOut: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn double_nearest_backward(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if index >= params.count { return; }
  let pixel = index / params.quads;
  // Rows of all images in one count: each image has twice as many.
  let corner = pixel / params.columns * 4 * params.columns + 2 * (pixel % params.columns);
  let upper = corner * params.quads + index % params.quads;
  let lower = upper + 2 * params.columns * params.quads;
  dx[index] = (dOut[upper] + dOut[upper + params.quads]) +
    (dOut[lower] + dOut[lower + params.quads]);
}
