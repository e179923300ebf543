// out[i, y, x, o] = relu(Σ_{u, v, c} input[i, s·y + d·u − p, s·x + d·v − p, c] · weight[u, v, c, o]
//                        + bias[o] + residual[i, y, x, o])
//
// input     [images, height, width, channels]                 f32, channels a multiple of 4;
//           zero outside, where nothing is read
// weight    [kernelHeight, kernelWidth, channels, columns]    f32, columns a multiple of 4
// bias      [columns]                                         f32
// residual  as out                                            f32, read when RESIDUAL = 1
// out       [images, outHeight, outWidth, columns]            f32, ReLU when RELU = 1
//
// s, d, p: stride, dilation and padding of both axes. A product of matrices whose left one is never
// written down: a row is an output pixel, its elements the channels of each tap (u, v) in turn.
// A tile of DOWN · ROWS pixels × ACROSS · 4 · COLUMNS channels per workgroup; DEPTH elements of its
// rows, of several taps where channels are few, and as many rows of the weight at a time are in
// workgroup memory, as in matmul_shared.wgsl. Tiles of pixels run along y, then z, since one axis of
// workgroups may not hold them. For GPUs: CPU adapters suspend every invocation at every barrier.
// Source: Chetlur et al. 2014 (cuDNN), §3, the implicit form of the product.

override RESIDUAL: u32 = 0;
override RELU: u32 = 0;

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
  rows: u32, columns: u32, channels: u32, height: u32, width: u32, outPixels: u32, outWidth: u32,
  taps: u32, kernelWidth: u32, stride: u32, padding: u32, dilation: u32, tilesY: u32,
}

@group(0) @binding(0) var<storage, read> input: array<vec4f>;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read> residual: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(5) var<uniform> params: Params;

var<workgroup> inputTile: array<vec4f, DEPTH * PITCH>; // [k, quad of pixels]
var<workgroup> weightTile: array<vec4f, DEPTH * TILE_QUADS>; // [k, quad of channels]

// Upper left corner of an output pixel's window, modulo 2^32: left of or above the picture is far
// beyond its other edge.
fn corner(row: u32) -> vec3u { // image, y, x
  let pixel = row % params.outPixels;
  let at = vec2u(pixel / params.outWidth, pixel % params.outWidth) * params.stride;
  return vec3u(row / params.outPixels, at - params.padding);
}

@compute @workgroup_size(ACROSS, DOWN)
fn conv2d_shared(
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

  // 4 pixels × 4 elements for each of the first TILE_ROWS invocations.
  let blockRow = index / (DEPTH / 4);
  let blockQuad = index % (DEPTH / 4);
  var corners: array<vec3u, 4>;
  // @unroll
  for (var r = 0u; r < 4; r++) {
    corners[r] = corner(min(firstRow + 4 * blockRow + r, params.rows - 1));
  }

  let inner = params.channels / 4;
  let end = params.taps * inner; // of the sum, in quads
  var sums: array<vec4f, ROWS * COLUMNS>;
  for (var first = 0u; first < end; first += DEPTH / 4) {
    if index < TILE_ROWS {
      let k = min(first + blockQuad, end - 1);
      let tap = k / inner;
      let shift = vec2u(tap / params.kernelWidth, tap % params.kernelWidth) * params.dilation;
      var loaded: array<vec4f, 4>;
      // @unroll
      for (var r = 0u; r < 4; r++) {
        let at = corners[r].yz + shift;
        let inside = at.x < params.height && at.y < params.width;
        let pixel = (corners[r].x * params.height + at.x) * params.width + at.y;
        let start = select(0u, pixel * inner + k % inner, inside);
        loaded[r] = select(vec4f(), input[start], inside);
      }
      // @unroll
      for (var q = 0u; q < 4; q++) {
        inputTile[(4 * blockQuad + q) * PITCH + blockRow] =
          vec4f(loaded[0][q], loaded[1][q], loaded[2][q], loaded[3][q]);
      }
    }
    // @unroll
    for (var l = 0u; l < WEIGHT_LOADS; l++) {
      let i = index + l * INVOCATIONS;
      if i < DEPTH * TILE_QUADS {
        let k = min(4 * first + i / TILE_QUADS, 4 * end - 1);
        let j = min(group.x * TILE_QUADS + i % TILE_QUADS, quads - 1);
        weightTile[i] = weight[k * quads + j];
      }
    }
    workgroupBarrier();

    // Invocations outside the matrix only load: most of a last tile may be outside.
    let depth = select(0u, min(DEPTH / 4, end - first), busy);
    for (var k = 0u; k < depth; k++) {
      var rowQuads: array<vec4f, ROW_QUADS>;
      // @unroll
      for (var q = 0u; q < 4; q++) {
        // @unroll
        for (var r = 0u; r < ROW_QUADS; r++) {
          rowQuads[r] = inputTile[(4 * k + q) * PITCH + lane.y * ROW_QUADS + r];
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

  // One row at a time, while the rows behind move up by one: short code, and no index that varies.
  for (var r = 0u; r < ROWS; r++) {
    if row + r < params.rows {
      // @unroll
      for (var c = 0u; c < COLUMNS; c++) {
        let o = column + c * ACROSS;
        if o < quads {
          let at = (row + r) * quads + o;
          var value = sums[c] + bias[o];
          if RESIDUAL == 1 { value += residual[at]; }
          if RELU == 1 { value = max(value, vec4f()); }
          out[at] = value;
        }
      }
    }
    // @unroll
    for (var s = 0u; s < (ROWS - 1) * COLUMNS; s++) { sums[s] = sums[s + COLUMNS]; }
  }
}
