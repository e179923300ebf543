// partials[s, u, v, c, o] = Σ_p input[i, y + u − e, x + v − e, c] · dOut[p, o]
//
// over the pixels p = (i, y, x) of slice s, whose stacks begin at s · sliceStacks.
//
// input     [images, height, width, channels]                f32, channels a multiple of 4; zero
//           outside, where nothing is read
// dOut      [images, outHeight, outWidth, columns]           f32, columns a multiple of 4
// partials  [slices, DOWN, kernelWidth, channels, columns]   f32
//
// e: padding of both axes; stride and dilation are 1. For few channels of the output: pixels come in
// stacks of ROWS, one below the other, which go through the lines from left to right. The subgroup's
// lanes run along columns of taps and quads of channels; each has DOWN taps below each other, so that
// the windows of a stack share their inputs, and 4·COLUMNS channels of the output. Each lane loads
// other gradients, and the subgroup hands them round by broadcast. The stacks are cut into slices
// (z) that fill the device and keep f32 accurate. Needs subgroups of exactly SUBGROUP lanes.
// Source: Chetlur et al. 2014 (cuDNN), §3, the implicit form of the product.

override WORKGROUP: u32 = 8; // a multiple of SUBGROUP

// @variants SUBGROUP = 4, 8, 16, 32, 64
const SUBGROUP = 8u;
// @variants ROWS = 4, 8
const ROWS = 4u;
// @variants COLUMNS = 1, 4
const COLUMNS = 4u; // quads of four channels
// @variants DOWN = 1, 3
const DOWN = 3u; // height of a window
const INPUTS = ROWS + DOWN - 1; // pixels below each other that a stack sees
const GRADIENTS = ROWS * COLUMNS; // quads for one stack
const LOADS = (GRADIENTS + SUBGROUP - 1) / SUBGROUP; // quads of gradients that one lane loads

struct Params {
  channels: u32, height: u32, width: u32, outHeight: u32, outWidth: u32, columns: u32,
  kernelWidth: u32, padding: u32, stacks: u32, firstStack: u32, sliceStacks: u32,
}

// @texels
@group(0) @binding(0) var<storage, read> input: array<vec4f>;
// @texels
@group(0) @binding(1) var<storage, read> dOut: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> partials: array<vec4f>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn conv2d_backward_weight_stack(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) index: u32,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let inner = params.channels / 4;
  let tap = (group.x * WORKGROUP + index) / inner; // column of taps
  let quad = (group.x * WORKGROUP + index) % inner;
  let quads = params.columns / 4;
  let column = group.y * COLUMNS; // in quads

  var below: array<u32, LOADS>; // pixels from the top of the stack to the one whose gradient is loaded
  var quadAt: array<u32, LOADS>;
  // @unroll
  for (var l = 0u; l < LOADS; l++) {
    let own = min(l * SUBGROUP + lane, GRADIENTS - 1);
    below[l] = own / COLUMNS;
    quadAt[l] = min(column + own % COLUMNS, quads - 1);
  }

  let high = (params.outHeight + ROWS - 1) / ROWS; // stacks below each other
  let first = params.firstStack + group.z * params.sliceStacks;
  let last = min(first + params.sliceStacks, params.stacks);
  var x = first % params.outWidth;
  var y = first / params.outWidth % high * ROWS;
  var image = first / params.outWidth / high;
  var sums: array<vec4f, DOWN * 4 * COLUMNS>;
  for (var stack = first; stack < last; stack++) {
    var mine: array<vec4f, LOADS>;
    // @unroll
    for (var l = 0u; l < LOADS; l++) {
      let inside = y + below[l] < params.outHeight;
      let pixel = (image * params.outHeight + y + below[l]) * params.outWidth + x;
      mine[l] = select(vec4f(), dOut[select(0u, pixel * quads + quadAt[l], inside)], inside);
    }
    // Modulo 2^32: left of or above the picture is far beyond its other edge.
    let across = x + tap - params.padding;
    let top = y - params.padding;
    var seen: array<vec4f, INPUTS>;
    // @unroll
    for (var i = 0u; i < INPUTS; i++) {
      let inside = top + i < params.height && across < params.width;
      let pixel = (image * params.height + top + i) * params.width + across;
      seen[i] = select(vec4f(), input[select(0u, pixel * inner + quad, inside)], inside);
    }
    // @unroll
    for (var g = 0u; g < GRADIENTS; g++) {
      let gradient = subgroupBroadcast(mine[g / SUBGROUP], g % SUBGROUP);
      // @unroll
      for (var r = 0u; r < DOWN * 4; r++) {
        sums[r * COLUMNS + g % COLUMNS] += seen[g / COLUMNS + r / 4][r % 4] * gradient;
      }
    }
    x++;
    if x == params.outWidth { x = 0; y += ROWS; }
    if y >= params.outHeight { y = 0; image++; }
  }

  // One row at a time, while the rows behind move up by one: an unrolled epilogue takes CPU
  // compilers longer than all the rest.
  for (var r = 0u; r < DOWN * 4; r++) {
    if tap < params.kernelWidth {
      let slice = group.z * DOWN + r / 4;
      let row = (slice * params.kernelWidth + tap) * params.channels + 4 * quad + r % 4;
      // @unroll
      for (var c = 0u; c < COLUMNS; c++) {
        if column + c < quads { partials[row * quads + column + c] = sums[c]; }
      }
    }
    // @unroll
    for (var s = 0u; s < (DOWN * 4 - 1) * COLUMNS; s++) { sums[s] = sums[s + COLUMNS]; }
  }
}
