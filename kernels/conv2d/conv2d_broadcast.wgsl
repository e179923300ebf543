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
// The subgroup's lanes run along the channels of the output. Each lane finds and loads other pixels
// of the tile and the subgroup hands them round by broadcast, as in matmul_broadcast.wgsl; tiles of
// pixels run along y, then z, since one axis of workgroups may not hold them. Needs subgroups of
// exactly SUBGROUP lanes.
// Source: Chetlur et al. 2014 (cuDNN), §3, the implicit form of the product.

override WORKGROUP: u32 = 8; // a multiple of SUBGROUP
override RESIDUAL: u32 = 0;
override RELU: u32 = 0;

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
  rows: u32, columns: u32, channels: u32, height: u32, width: u32, outPixels: u32, outWidth: u32,
  taps: u32, kernelWidth: u32, stride: u32, padding: u32, dilation: u32, tilesY: u32,
}

// @texels
@group(0) @binding(0) var<storage, read> input: array<vec4f>;
// @texels
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
// @texels
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
// @texels
@group(0) @binding(3) var<storage, read> residual: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(5) var<uniform> params: Params;

// STEP values from i on.
fn valuesOfInput(i: u32) -> vec4f {
  if STEP == 4 { return input[i / 4]; }
  return vec4f(input[i / 4][i % 4]);
}

// Upper left corner of an output pixel's window, modulo 2^32: left of or above the picture is far
// beyond its other edge.
fn corner(row: u32) -> vec3u { // image, y, x
  let pixel = row % params.outPixels;
  let at = vec2u(pixel / params.outWidth, pixel % params.outWidth) * params.stride;
  return vec3u(row / params.outPixels, at - params.padding);
}

@compute @workgroup_size(WORKGROUP)
fn conv2d_broadcast(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) index: u32,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let row = (group.y + group.z * params.tilesY) * ROWS;
  if row >= params.rows { return; }
  let quads = params.columns / 4;
  let column = (group.x * WORKGROUP + index) * COLUMNS; // in quads

  var corners: array<vec3u, LOADS>;
  // @unroll
  for (var l = 0u; l < LOADS; l++) {
    corners[l] = corner(min(row + l * SUBGROUP + lane, params.rows - 1));
  }
  var quadAt: array<u32, COLUMNS>;
  // @unroll
  for (var c = 0u; c < COLUMNS; c++) { quadAt[c] = min(column + c, quads - 1); }

  var sums: array<vec4f, ROWS * COLUMNS>;
  var weightRow = 0u; // in quads
  for (var tap = 0u; tap < params.taps; tap++) {
    let shift = vec2u(tap / params.kernelWidth, tap % params.kernelWidth) * params.dilation;
    var start: array<u32, LOADS>;
    var inside: array<bool, LOADS>;
    // @unroll
    for (var l = 0u; l < LOADS; l++) {
      let at = corners[l].yz + shift;
      inside[l] = at.x < params.height && at.y < params.width;
      let pixel = (corners[l].x * params.height + at.x) * params.width + at.y;
      start[l] = select(0u, pixel * params.channels, inside[l]);
    }
    for (var k = 0u; k < params.channels; k += STEP) {
      var mine: array<vec4f, LOADS>;
      // @unroll
      for (var l = 0u; l < LOADS; l++) {
        mine[l] = select(vec4f(), valuesOfInput(start[l] + k), inside[l]);
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
    if row + r < params.rows {
      // @unroll
      for (var c = 0u; c < COLUMNS; c++) {
        if column + c < quads {
          let at = (row + r) * quads + column + c;
          var value = sums[c] + bias[column + c];
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
