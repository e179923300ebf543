// out[i, y, x, o] = relu(Σ_{u, v, c} input[i, y + u − p, x + v − p, c] · weight[u, v, c, o]
//                        + bias[o] + residual[i, y, x, o])
//
// input     [images, height, width, channels]          f32, channels a multiple of 4; zero outside,
//           where nothing is read
// weight    [DOWN, kernelWidth, channels, columns]     f32, columns a multiple of 4
// bias      [columns]                                  f32
// residual  as out                                     f32, read when RESIDUAL = 1
// out       [images, outHeight, outWidth, columns]     f32, ReLU when RELU = 1
//
// p: padding of both axes; stride and dilation are 1. For few channels of the output: the subgroup's
// lanes run along the pixels of a line, those of all images in turn, and each computes a stack of
// ROWS pixels, one below the other, × 4·COLUMNS channels. Windows of a stack overlap, so that each
// input is loaded once for all DOWN taps below each other. Each lane loads other weights, and the
// subgroup hands them round by broadcast. Needs subgroups of exactly SUBGROUP lanes.
// Source: Chetlur et al. 2014 (cuDNN), §3, the implicit form of the product.

override WORKGROUP: u32 = 8; // a multiple of SUBGROUP
override RESIDUAL: u32 = 0;
override RELU: u32 = 0;

// @variants SUBGROUP = 4, 8, 16, 32, 64
const SUBGROUP = 8u;
// @variants ROWS = 4, 8
const ROWS = 8u;
// @variants COLUMNS = 1, 4
const COLUMNS = 4u; // quads of four channels
// @variants DOWN = 1, 3
const DOWN = 3u; // height of a window
const INPUTS = ROWS + DOWN - 1; // pixels below each other that a stack sees
const WEIGHTS = DOWN * 4 * COLUMNS; // quads for one column of taps and quad of input channels
const LOADS = (WEIGHTS + SUBGROUP - 1) / SUBGROUP; // quads of weights that one lane loads

struct Params {
  images: u32, height: u32, width: u32, channels: u32, outHeight: u32, outWidth: u32, columns: u32,
  kernelWidth: u32, padding: u32,
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

@compute @workgroup_size(WORKGROUP)
fn conv2d_stack(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) index: u32,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let lines = params.images * params.outWidth; // of pixels below each other
  let line = min(group.x * WORKGROUP + index, lines - 1);
  let image = line / params.outWidth;
  let x = line % params.outWidth;
  let y = group.y * ROWS;
  let quads = params.columns / 4;
  let column = group.z * COLUMNS; // in quads

  let tapRow = params.kernelWidth * params.channels * quads; // in quads, from tap to tap below it
  var weightAt: array<u32, LOADS>;
  // @unroll
  for (var l = 0u; l < LOADS; l++) {
    let taken = min(l * SUBGROUP + lane, WEIGHTS - 1);
    let own = min(column + taken % COLUMNS, quads - 1);
    weightAt[l] = taken / (4 * COLUMNS) * tapRow + taken / COLUMNS % 4 * quads + own;
  }

  let inner = params.channels / 4;
  let top = y - params.padding; // modulo 2^32: above the picture is far below it
  var sums: array<vec4f, ROWS * COLUMNS>;
  for (var v = 0u; v < params.kernelWidth; v++) {
    let across = x + v - params.padding;
    var start: array<u32, INPUTS>; // in quads
    var inside: array<bool, INPUTS>;
    // @unroll
    for (var i = 0u; i < INPUTS; i++) {
      inside[i] = top + i < params.height && across < params.width;
      let pixel = (image * params.height + top + i) * params.width + across;
      start[i] = select(0u, pixel * inner, inside[i]);
    }
    for (var k = 0u; k < inner; k++) {
      var mine: array<vec4f, LOADS>;
      // @unroll
      for (var l = 0u; l < LOADS; l++) {
        mine[l] = weight[weightAt[l] + (v * params.channels + 4 * k) * quads];
      }
      var seen: array<vec4f, INPUTS>;
      // @unroll
      for (var i = 0u; i < INPUTS; i++) {
        seen[i] = select(vec4f(), input[start[i] + k], inside[i]);
      }
      // @unroll
      for (var w = 0u; w < WEIGHTS; w++) {
        let taken = subgroupBroadcast(mine[w / SUBGROUP], w % SUBGROUP);
        // @unroll
        for (var r = 0u; r < ROWS; r++) {
          sums[r * COLUMNS + w % COLUMNS] +=
            seen[r + w / (4 * COLUMNS)][w / COLUMNS % 4] * taken;
        }
      }
    }
  }

  // One row at a time, while the rows behind move up by one: an unrolled epilogue takes CPU
  // compilers longer than all the rest.
  let stored = group.x * WORKGROUP + index < lines;
  for (var r = 0u; r < ROWS; r++) {
    if stored && y + r < params.outHeight {
      let pixel = (image * params.outHeight + y + r) * params.outWidth + x;
      // @unroll
      for (var c = 0u; c < COLUMNS; c++) {
        if column + c < quads {
          let at = pixel * quads + column + c;
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
