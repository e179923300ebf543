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
// A tile of ROWS × 4·COLUMNS weights per invocation in registers; each quad of rows has its own tap,
// so that tiles run across taps.
// Source: Chetlur et al. 2014 (cuDNN), §3, the implicit form of the product.

override WORKGROUP_X: u32 = 8;
override WORKGROUP_Y: u32 = 8;

// @variants ROWS = 4, 8
const ROWS = 8u;
// @variants COLUMNS = 1, 2
const COLUMNS = 2u; // quads of four channels
const LOADS = ROWS / 4; // quads of rows

struct Params {
  rows: u32, columns: u32, channels: u32, height: u32, width: u32, outHeight: u32, outWidth: u32,
  pixels: u32, firstPixel: u32, slicePixels: u32, kernelWidth: u32, stride: u32, padding: u32,
  dilation: u32,
}

@group(0) @binding(0) var<storage, read> input: array<vec4f>;
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

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn conv2d_backward_weight(@builtin(global_invocation_id) id: vec3u) {
  let row = id.y * ROWS;
  let quads = params.columns / 4;
  let column = id.x * COLUMNS; // in quads
  if row >= params.rows || column >= quads { return; }

  var tapAt: array<vec3u, LOADS>;
  // @unroll
  for (var l = 0u; l < LOADS; l++) { tapAt[l] = tapOf(min(row + 4 * l, params.rows - 4)); }
  var quadAt: array<u32, COLUMNS>;
  // @unroll
  for (var c = 0u; c < COLUMNS; c++) { quadAt[c] = min(column + c, quads - 1); }

  let inner = params.channels / 4;
  let first = params.firstPixel + id.z * params.slicePixels;
  let last = min(first + params.slicePixels, params.pixels);
  var x = first % params.outWidth;
  var y = first / params.outWidth % params.outHeight;
  var image = first / params.outWidth / params.outHeight;
  var sums: array<vec4f, ROWS * COLUMNS>;
  for (var pixel = first; pixel < last; pixel++) {
    let corner = vec2u(y, x) * params.stride;
    var loaded: array<vec4f, LOADS>;
    // @unroll
    for (var l = 0u; l < LOADS; l++) {
      let at = corner + tapAt[l].xy;
      let inside = at.x < params.height && at.y < params.width;
      let start = ((image * params.height + at.x) * params.width + at.y) * inner + tapAt[l].z;
      loaded[l] = select(vec4f(), input[select(0u, start, inside)], inside);
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
          partials[(id.z * params.rows + row + r) * quads + column + c] = sums[c];
        }
      }
    }
    // @unroll
    for (var s = 0u; s < (ROWS - 1) * COLUMNS; s++) { sums[s] = sums[s + COLUMNS]; }
  }
}
