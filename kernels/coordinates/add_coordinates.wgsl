// out[i, y, x] = (features[i, y, x], 2x/(columns − 1) − 1, 2y/(rows − 1) − 1, 0, 0)
//
// features  [images, rows, columns, quads]      f32, quads of 4 channels, channels last
// out       [images, rows, columns, quads + 1]  f32; −1 along an axis of one pixel
//
// One invocation per quad of the output. Whole numbers up to the one division, so that the last row
// and column are exactly 1.
// Source: Wang et al. 2020 (SOLO), arXiv 1912.04488, §3.2, after Liu et al. 2018 (CoordConv).

override WORKGROUP: u32 = 64;

struct Params { count: u32, row: u32, rows: u32, columns: u32, quads: u32 }

// @texels
@group(0) @binding(0) var<storage, read> features: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

// Place of pixel i of an axis between −1 and 1, ends included.
fn place(i: u32, size: u32) -> f32 {
  let steps = max(size, 2) - 1;
  return f32(i32(2 * i) - i32(steps)) / f32(steps);
}

@compute @workgroup_size(WORKGROUP)
fn add_coordinates(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if index >= params.count { return; }
  let pixel = index / (params.quads + 1);
  let quad = index % (params.quads + 1);
  if quad < params.quads {
    out[index] = features[pixel * params.quads + quad];
    return;
  }
  let x = place(pixel % params.columns, params.columns);
  let y = place(pixel / params.columns % params.rows, params.rows);
  out[index] = vec4f(x, y, 0, 0);
}
