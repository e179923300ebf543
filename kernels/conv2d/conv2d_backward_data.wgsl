// dx[i, y, x, c] = Σ_{u, v, o} dOut[i, (y + e − d·u)/t, (x + e − d·v)/t, o] · weight[u, v, o, c]
//
// over the taps where both divisions are exact and in range.
//
// dOut    [images, outHeight, outWidth, channels]          f32, channels a multiple of 4
// weight  [kernelHeight, kernelWidth, channels, columns]   f32, each tap's matrix transposed
// dx      [images, height, width, columns]                 f32, columns a multiple of 4
//
// t, d, e: stride, dilation and padding of both axes. A product of matrices as in conv2d.wgsl: a row
// is a pixel of the result, a tile of ROWS pixels × 4·COLUMNS channels per invocation in registers.
// Rows go through the t² phases (y mod t, x mod t) one after the other, so that the pixels of a tile
// share their taps and the others are skipped together; each phase has as many rows as the largest.
// Source: Dumoulin and Visin 2016, arXiv 1603.07285, §4, transposed convolution.

override WORKGROUP_X: u32 = 8;
override WORKGROUP_Y: u32 = 8;

// @variants ROWS = 4, 8
const ROWS = 8u;
// @variants COLUMNS = 1, 2
const COLUMNS = 2u; // quads of four channels

struct Params {
  rows: u32, columns: u32, channels: u32, height: u32, width: u32, outHeight: u32, outWidth: u32,
  phaseRows: u32, phaseHeight: u32, phaseWidth: u32, taps: u32, kernelWidth: u32, stride: u32,
  padding: u32, dilation: u32, tilesY: u32,
}

@group(0) @binding(0) var<storage, read> dOut: array<vec4f>;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(3) var<uniform> params: Params;

// Whether a tap falls between the windows of all pixels of a tile, which then share their phase.
fn skips(row: u32, shift: vec2u) -> bool {
  let phase = row / params.phaseRows;
  if phase != min(row + ROWS - 1, params.rows - 1) / params.phaseRows { return false; }
  let offset = vec2u(phase / params.stride, phase % params.stride) + params.padding;
  return any((vec2i(offset) - vec2i(shift)) % i32(params.stride) != vec2i());
}

// The pixel of a row; beyond the picture where its phase has fewer.
fn pixelOf(row: u32) -> vec3u { // image, y, x
  let phase = row / params.phaseRows;
  let line = row % params.phaseRows / params.phaseWidth;
  let cell = vec2u(line % params.phaseHeight, row % params.phaseRows % params.phaseWidth);
  let offset = vec2u(phase / params.stride, phase % params.stride);
  return vec3u(line / params.phaseHeight, cell * params.stride + offset);
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn conv2d_backward_data(@builtin(global_invocation_id) id: vec3u) {
  let row = (id.y + id.z * params.tilesY) * ROWS;
  let quads = params.columns / 4;
  let column = id.x * COLUMNS; // in quads
  if row >= params.rows || column >= quads { return; }

  var pixelAt: array<vec3u, ROWS>;
  // @unroll
  for (var r = 0u; r < ROWS; r++) { pixelAt[r] = pixelOf(min(row + r, params.rows - 1)); }
  var quadAt: array<u32, COLUMNS>;
  // @unroll
  for (var c = 0u; c < COLUMNS; c++) { quadAt[c] = min(column + c, quads - 1); }

  let inner = params.channels / 4;
  var sums: array<vec4f, ROWS * COLUMNS>;
  for (var tap = 0u; tap < params.taps; tap++) {
    let shift = vec2u(tap / params.kernelWidth, tap % params.kernelWidth) * params.dilation;
    if skips(row, shift) { continue; }
    var start: array<u32, ROWS>; // in quads
    var inside: array<bool, ROWS>;
    // @unroll
    for (var r = 0u; r < ROWS; r++) {
      let place = pixelAt[r].yz + params.padding;
      let scaled = place - shift; // modulo 2^32 where the first test fails
      let at = scaled / params.stride;
      inside[r] = all(place >= shift) && all(at * params.stride == scaled) &&
        at.x < params.outHeight && at.y < params.outWidth;
      let pixel = (pixelAt[r].x * params.outHeight + at.x) * params.outWidth + at.y;
      start[r] = select(0u, pixel * inner, inside[r]);
    }
    var weightRow = tap * params.channels * quads; // in quads
    for (var k = 0u; k < inner; k++) {
      var loaded: array<vec4f, ROWS>;
      // @unroll
      for (var r = 0u; r < ROWS; r++) {
        loaded[r] = select(vec4f(), dOut[start[r] + k], inside[r]);
      }
      // @unroll
      for (var q = 0u; q < 4; q++) {
        // @unroll
        for (var c = 0u; c < COLUMNS; c++) {
          let taken = weight[weightRow + quadAt[c]];
          // @unroll
          for (var r = 0u; r < ROWS; r++) { sums[r * COLUMNS + c] += loaded[r][q] * taken; }
        }
        weightRow += quads;
      }
    }
  }

  // One row at a time, while the rows behind move up by one: an unrolled epilogue takes CPU
  // compilers longer than all the rest.
  for (var r = 0u; r < ROWS; r++) {
    let pixel = pixelOf(row + r);
    if row + r < params.rows && pixel.y < params.height && pixel.z < params.width {
      let first = ((pixel.x * params.height + pixel.y) * params.width + pixel.z) * quads;
      // @unroll
      for (var c = 0u; c < COLUMNS; c++) {
        if column + c < quads { dx[first + column + c] = sums[c]; }
      }
    }
    // @unroll
    for (var s = 0u; s < (ROWS - 1) * COLUMNS; s++) { sums[s] = sums[s + COLUMNS]; }
  }
}
