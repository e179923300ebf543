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
// A tile of DOWN · ROWS pixels × ACROSS · 4 · COLUMNS channels per workgroup; DEPTH channels of a
// tap at a time are in workgroup memory, as in matmul_shared.wgsl. For GPUs: CPU adapters suspend
// every invocation at every barrier.
// Source: Dumoulin and Visin 2016, arXiv 1603.07285, §4, transposed convolution.

// @variants ROWS = 4, 8
const ROWS = 8u;
// @variants COLUMNS = 1, 2
const COLUMNS = 2u; // quads of four channels
// @variants ACROSS = 8, 16
const ACROSS = 8u; // invocations side by side
// @variants DOWN = 8, 16
const DOWN = 8u; // invocations below each other

const DEPTH = 16u;
const INVOCATIONS = ACROSS * DOWN;
const TILE_ROWS = DOWN * ROWS;
const TILE_QUADS = ACROSS * COLUMNS;
const ROW_QUADS = ROWS / 4;
// One more than the quads of rows: the banks of memory then differ from one k to the next.
const PITCH = TILE_ROWS / 4 + 1;
const WEIGHT_LOADS = (DEPTH * TILE_QUADS + INVOCATIONS - 1) / INVOCATIONS;

struct Params {
  rows: u32, columns: u32, channels: u32, height: u32, width: u32, outHeight: u32, outWidth: u32,
  phaseRows: u32, phaseHeight: u32, phaseWidth: u32, taps: u32, kernelWidth: u32, stride: u32,
  padding: u32, dilation: u32, tilesY: u32,
}

@group(0) @binding(0) var<storage, read> dOut: array<vec4f>;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(3) var<uniform> params: Params;

var<workgroup> gradientTile: array<vec4f, DEPTH * PITCH>; // [k, quad of pixels]
var<workgroup> weightTile: array<vec4f, DEPTH * TILE_QUADS>; // [k, quad of channels]

// Whether a tap falls between the windows of all pixels of a tile, which then share their phase.
fn skips(row: u32, shift: vec2u) -> bool {
  let phase = row / params.phaseRows;
  if phase != min(row + TILE_ROWS - 1, params.rows - 1) / params.phaseRows { return false; }
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

@compute @workgroup_size(ACROSS, DOWN)
fn conv2d_backward_data_shared(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) lane: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let firstRow = (group.y + group.z * params.tilesY) * TILE_ROWS;
  if firstRow >= params.rows { return; }
  let quads = params.columns / 4;
  let row = firstRow + lane.y * ROWS;
  let column = group.x * TILE_QUADS + lane.x; // in quads, and every ACROSS from there
  let busy = row < params.rows && column < quads;

  // 4 pixels × 4 channels for each of the first TILE_ROWS invocations.
  let blockRow = index / (DEPTH / 4);
  let blockQuad = index % (DEPTH / 4);
  var pixelAt: array<vec3u, 4>;
  // @unroll
  for (var r = 0u; r < 4; r++) {
    pixelAt[r] = pixelOf(min(firstRow + 4 * blockRow + r, params.rows - 1));
  }

  let inner = params.channels / 4;
  var sums: array<vec4f, ROWS * COLUMNS>;
  for (var tap = 0u; tap < params.taps; tap++) {
    let shift = vec2u(tap / params.kernelWidth, tap % params.kernelWidth) * params.dilation;
    if skips(firstRow, shift) { continue; }
    var start: array<u32, 4>; // in quads
    var inside: array<bool, 4>;
    // @unroll
    for (var r = 0u; r < 4; r++) {
      let place = pixelAt[r].yz + params.padding;
      let scaled = place - shift; // modulo 2^32 where the first test fails
      let at = scaled / params.stride;
      inside[r] = all(place >= shift) && all(at * params.stride == scaled) &&
        at.x < params.outHeight && at.y < params.outWidth;
      let pixel = (pixelAt[r].x * params.outHeight + at.x) * params.outWidth + at.y;
      start[r] = select(0u, pixel * inner, inside[r]);
    }
    for (var first = 0u; first < inner; first += DEPTH / 4) {
      if index < TILE_ROWS {
        let k = min(first + blockQuad, inner - 1);
        var loaded: array<vec4f, 4>;
        // @unroll
        for (var r = 0u; r < 4; r++) {
          loaded[r] = select(vec4f(), dOut[start[r] + k], inside[r]);
        }
        // @unroll
        for (var q = 0u; q < 4; q++) {
          gradientTile[(4 * blockQuad + q) * PITCH + blockRow] =
            vec4f(loaded[0][q], loaded[1][q], loaded[2][q], loaded[3][q]);
        }
      }
      // @unroll
      for (var l = 0u; l < WEIGHT_LOADS; l++) {
        let i = index + l * INVOCATIONS;
        if i < DEPTH * TILE_QUADS {
          let k = min(4 * first + i / TILE_QUADS, params.channels - 1);
          let j = min(group.x * TILE_QUADS + i % TILE_QUADS, quads - 1);
          weightTile[i] = weight[(tap * params.channels + k) * quads + j];
        }
      }
      workgroupBarrier();

      // Invocations outside the matrix only load: most of a last tile may be outside.
      let depth = select(0u, min(DEPTH / 4, inner - first), busy);
      for (var k = 0u; k < depth; k++) {
        var rowQuads: array<vec4f, ROW_QUADS>;
        // @unroll
        for (var q = 0u; q < 4; q++) {
          // @unroll
          for (var r = 0u; r < ROW_QUADS; r++) {
            rowQuads[r] = gradientTile[(4 * k + q) * PITCH + lane.y * ROW_QUADS + r];
          }
          // @unroll
          for (var c = 0u; c < COLUMNS; c++) {
            let taken = weightTile[(4 * k + q) * TILE_QUADS + c * ACROSS + lane.x];
            // @unroll
            for (var r = 0u; r < ROWS; r++) {
              sums[r * COLUMNS + c] += rowQuads[r / 4][r % 4] * taken;
            }
          }
        }
      }
      workgroupBarrier();
    }
  }

  // One row at a time, while the rows behind move up by one: short code, and no index that varies.
  for (var r = 0u; r < ROWS; r++) {
    let pixel = pixelOf(row + r);
    if row + r < params.rows && pixel.y < params.height && pixel.z < params.width {
      let first = ((pixel.x * params.height + pixel.y) * params.width + pixel.z) * quads;
      // @unroll
      for (var c = 0u; c < COLUMNS; c++) {
        let o = column + c * ACROSS;
        if o < quads { dx[first + o] = sums[c]; }
      }
    }
    // @unroll
    for (var s = 0u; s < (ROWS - 1) * COLUMNS; s++) { sums[s] = sums[s + COLUMNS]; }
  }
}
