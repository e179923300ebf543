// partials[s, u, v, c, o] = Σ_p input[i, y·t + d·u − e, x·t + d·v − e, c] · dOut[p, o]
//
// over the pixels p = (i, y, x) of slice s, from s · slicePixels on.
//
// input     [images, height, width, channels]                       f32, channels a multiple of 4;
//           zero outside, where nothing is read
// dOut      [images, outHeight, outWidth, columns]                  f32, columns a multiple of 4
// partials  [slices, kernelHeight, kernelWidth, channels, columns]  f32
//
// t, d, e: stride, dilation and padding of both axes. A product of matrices: a row is a tap and a
// channel, a column a channel of the output, and the long inner axis the pixels, cut into slices
// (z) that fill the device and keep f32 accurate.
// The subgroup's lanes run along the channels of the output. Each lane loads another quad of the
// tile's rows, of whichever tap it belongs to, and the subgroup hands them round by broadcast, as in
// matmul_broadcast.wgsl. Needs subgroups of exactly SUBGROUP lanes.
// Source: Chetlur et al. 2014 (cuDNN), §3, the implicit form of the product.

override WORKGROUP: u32 = 8; // a multiple of SUBGROUP

// @variants SUBGROUP = 4, 8, 16, 32, 64
const SUBGROUP = 8u;
// @variants ROWS = 16, 32
const ROWS = 16u;
// @variants COLUMNS = 1, 2
const COLUMNS = 2u; // quads of four channels
const LOADS = (ROWS / 4 + SUBGROUP - 1) / SUBGROUP; // quads of rows that one lane loads

struct Params {
  rows: u32, columns: u32, channels: u32, height: u32, width: u32, outHeight: u32, outWidth: u32,
  pixels: u32, firstPixel: u32, slicePixels: u32, kernelWidth: u32, stride: u32, padding: u32,
  dilation: u32,
}

// @texels
@group(0) @binding(0) var<storage, read> input: array<vec4f>;
// @texels
@group(0) @binding(1) var<storage, read> dOut: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> partials: array<vec4f>;
@group(0) @binding(3) var<uniform> params: Params;

// How far the tap of a row lies from a window's upper left corner, and its quad of channels. Modulo
// 2^32: left of or above the picture is far beyond its other edge.
fn tapOf(row: u32) -> vec3u { // down, across, quad
  let tap = row / params.channels;
  let shift = vec2u(tap / params.kernelWidth, tap % params.kernelWidth) * params.dilation;
  return vec3u(shift - params.padding, row % params.channels / 4);
}

@compute @workgroup_size(WORKGROUP)
fn conv2d_backward_weight_broadcast(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) index: u32,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let row = group.y * ROWS;
  let quads = params.columns / 4;
  let column = (group.x * WORKGROUP + index) * COLUMNS; // in quads

  var tapAt: array<vec3u, LOADS>;
  // @unroll
  for (var l = 0u; l < LOADS; l++) {
    tapAt[l] = tapOf(min(row + 4 * (l * SUBGROUP + lane), params.rows - 4));
  }
  var quadAt: array<u32, COLUMNS>;
  // @unroll
  for (var c = 0u; c < COLUMNS; c++) { quadAt[c] = min(column + c, quads - 1); }

  let inner = params.channels / 4;
  let first = params.firstPixel + group.z * params.slicePixels;
  let last = min(first + params.slicePixels, params.pixels);
  var x = first % params.outWidth;
  var y = first / params.outWidth % params.outHeight;
  var image = first / params.outWidth / params.outHeight;
  var sums: array<vec4f, ROWS * COLUMNS>;
  for (var pixel = first; pixel < last; pixel++) {
    let corner = vec2u(y, x) * params.stride;
    var mine: array<vec4f, LOADS>;
    // @unroll
    for (var l = 0u; l < LOADS; l++) {
      let at = corner + tapAt[l].xy;
      let inside = at.x < params.height && at.y < params.width;
      let start = ((image * params.height + at.x) * params.width + at.y) * inner + tapAt[l].z;
      mine[l] = select(vec4f(), input[select(0u, start, inside)], inside);
    }
    var loaded: array<vec4f, ROWS / 4>;
    // @unroll
    for (var r = 0u; r < ROWS / 4; r++) {
      loaded[r] = subgroupBroadcast(mine[r / SUBGROUP], r % SUBGROUP);
    }
    // @unroll
    for (var c = 0u; c < COLUMNS; c++) {
      let gradient = dOut[pixel * quads + quadAt[c]];
      // @unroll
      for (var r = 0u; r < ROWS; r++) {
        sums[r * COLUMNS + c] += loaded[r / 4][r % 4] * gradient;
      }
    }
    x++;
    if x == params.outWidth { x = 0; y++; }
    if y == params.outHeight { y = 0; image++; }
  }

  // One row at a time, while the rows behind move up by one: an unrolled epilogue takes CPU
  // compilers longer than all the rest.
  for (var r = 0u; r < ROWS; r++) {
    if row + r < params.rows {
      // @unroll
      for (var c = 0u; c < COLUMNS; c++) {
        if column + c < quads {
          partials[(group.z * params.rows + row + r) * quads + column + c] = sums[c];
        }
      }
    }
    // @unroll
    for (var s = 0u; s < (ROWS - 1) * COLUMNS; s++) { sums[s] = sums[s + COLUMNS]; }
  }
}
