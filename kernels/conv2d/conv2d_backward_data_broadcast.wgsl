// dx[i, y, x, c] = Σ_{u, v, o} dOut[i, (y + e − d·u)/t, (x + e − d·v)/t, o] · weight[u, v, o, c]
//
// over the taps where both divisions are exact and in range.
//
// dOut    [images, outHeight, outWidth, channels]          f32, channels a multiple of 4
// weight  [kernelHeight, kernelWidth, channels, columns]   f32, each tap's matrix transposed
// dx      [images, height, width, columns]                 f32, columns a multiple of 4
//
// t, d, e: stride, dilation and padding of both axes. A product of matrices as in conv2d.wgsl: a row
// is a pixel of the result.
// Rows go through the t² phases (y mod t, x mod t) one after the other, so that the pixels of a tile
// share their taps and the others are skipped together; each phase has as many rows as the largest.
// The subgroup's lanes run along the channels of the result. Each lane finds and loads other pixels
// of the tile and the subgroup hands them round by broadcast, as in matmul_broadcast.wgsl. Needs
// subgroups of exactly SUBGROUP lanes.
// Source: Dumoulin and Visin 2016, arXiv 1603.07285, §4, transposed convolution.

override WORKGROUP: u32 = 8; // a multiple of SUBGROUP

// @variants SUBGROUP = 4, 8, 16, 32, 64
const SUBGROUP = 8u;
// @variants ROWS = 16, 32
const ROWS = 16u;
// @variants COLUMNS = 1, 2
const COLUMNS = 2u; // quads of four channels
// Channels of a pixel per round. 4 are one load; 1 is a quarter of the code, for CPU adapters that load
// single values from buffers in any case, and whose compilers take long.
// @variants STEP = 1, 4
const STEP = 4u;
const LOADS = (ROWS + SUBGROUP - 1) / SUBGROUP; // pixels that one lane loads

struct Params {
  rows: u32, columns: u32, channels: u32, height: u32, width: u32, outHeight: u32, outWidth: u32,
  phaseRows: u32, phaseHeight: u32, phaseWidth: u32, taps: u32, kernelWidth: u32, stride: u32,
  padding: u32, dilation: u32, tilesY: u32,
}

// @texels
@group(0) @binding(0) var<storage, read> dOut: array<vec4f>;
// @texels
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(3) var<uniform> params: Params;

// STEP values from i on.
fn valuesOfGradient(i: u32) -> vec4f {
  if STEP == 4 { return dOut[i / 4]; }
  return vec4f(dOut[i / 4][i % 4]);
}

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

@compute @workgroup_size(WORKGROUP)
fn conv2d_backward_data_broadcast(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) index: u32,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let row = (group.y + group.z * params.tilesY) * ROWS;
  if row >= params.rows { return; }
  let quads = params.columns / 4;
  let column = (group.x * WORKGROUP + index) * COLUMNS; // in quads

  var pixelAt: array<vec3u, LOADS>;
  // @unroll
  for (var l = 0u; l < LOADS; l++) {
    pixelAt[l] = pixelOf(min(row + l * SUBGROUP + lane, params.rows - 1));
  }
  var quadAt: array<u32, COLUMNS>;
  // @unroll
  for (var c = 0u; c < COLUMNS; c++) { quadAt[c] = min(column + c, quads - 1); }

  var sums: array<vec4f, ROWS * COLUMNS>;
  for (var tap = 0u; tap < params.taps; tap++) {
    let shift = vec2u(tap / params.kernelWidth, tap % params.kernelWidth) * params.dilation;
    if skips(row, shift) { continue; }
    var start: array<u32, LOADS>;
    var inside: array<bool, LOADS>;
    // @unroll
    for (var l = 0u; l < LOADS; l++) {
      let place = pixelAt[l].yz + params.padding;
      let scaled = place - shift; // modulo 2^32 where the first test fails
      let at = scaled / params.stride;
      inside[l] = all(place >= shift) && all(at * params.stride == scaled) &&
        at.x < params.outHeight && at.y < params.outWidth;
      let pixel = (pixelAt[l].x * params.outHeight + at.x) * params.outWidth + at.y;
      start[l] = select(0u, pixel * params.channels, inside[l]);
    }
    var weightRow = tap * params.channels * quads; // in quads
    for (var k = 0u; k < params.channels; k += STEP) {
      var mine: array<vec4f, LOADS>;
      // @unroll
      for (var l = 0u; l < LOADS; l++) {
        mine[l] = select(vec4f(), valuesOfGradient(start[l] + k), inside[l]);
      }
      var loaded: array<vec4f, ROWS>;
      // @unroll
      for (var r = 0u; r < ROWS; r++) {
        loaded[r] = subgroupBroadcast(mine[r / SUBGROUP], r % SUBGROUP);
      }
      // @unroll
      for (var q = 0u; q < STEP; q++) {
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
