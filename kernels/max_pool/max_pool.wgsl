// out[i, y, x, q] = max of input[i, s·y + u − p, s·x + v − p, q] over the taps (u, v) inside
//
// input  [images, height, width, quads]        f32, quads of 4 channels, channels last
// out    [images, outHeight, outWidth, quads]  f32
//
// s, p: stride and padding of both axes. One invocation per quad of the output. Padding, below every
// number, is left out; it is at most half a window, so that each window has a pixel inside.
// Source: torch.nn.functional.max_pool2d.

override WORKGROUP: u32 = 64;
const LOWEST = -3.4028234e38;

struct Params {
  count: u32, row: u32, quads: u32, height: u32, width: u32, outHeight: u32, outWidth: u32,
  size: u32, stride: u32, padding: u32,
}

// @texels
@group(0) @binding(0) var<storage, read> input: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn max_pool(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if index >= params.count { return; }
  let quad = index % params.quads;
  let pixel = index / params.quads;
  let row = pixel / params.outWidth;
  let image = row / params.outHeight;
  // Modulo 2^32: left of or above the picture is far beyond its other edge.
  let corner = vec2u(row % params.outHeight, pixel % params.outWidth) * params.stride -
    params.padding;

  var highest = vec4f(LOWEST);
  for (var u = 0u; u < params.size; u++) {
    let y = corner.x + u;
    if y >= params.height { continue; }
    for (var v = 0u; v < params.size; v++) {
      let x = corner.y + v;
      if x >= params.width { continue; }
      let at = (image * params.height + y) * params.width + x;
      highest = max(highest, input[at * params.quads + quad]);
    }
  }
  out[index] = highest;
}
