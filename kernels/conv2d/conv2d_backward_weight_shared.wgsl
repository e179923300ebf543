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
// A tile of DOWN · ROWS × ACROSS · 4 · COLUMNS weights per workgroup; DEPTH pixels of both operands
// at a time are in workgroup memory; each quad of rows has its own tap, so that tiles run across
// taps. For GPUs: CPU adapters suspend every invocation at every barrier.
// Source: Chetlur et al. 2014 (cuDNN), §3, the implicit form of the product.

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
const TILE_ROW_QUADS = DOWN * ROWS / 4;
const TILE_QUADS = ACROSS * COLUMNS;
const ROW_QUADS = ROWS / 4;
const INPUT_LOADS = (DEPTH * TILE_ROW_QUADS + INVOCATIONS - 1) / INVOCATIONS;
const GRADIENT_LOADS = (DEPTH * TILE_QUADS + INVOCATIONS - 1) / INVOCATIONS;

struct Params {
  rows: u32, columns: u32, channels: u32, height: u32, width: u32, outHeight: u32, outWidth: u32,
  pixels: u32, firstPixel: u32, slicePixels: u32, kernelWidth: u32, stride: u32, padding: u32,
  dilation: u32,
}

@group(0) @binding(0) var<storage, read> input: array<vec4f>;
@group(0) @binding(1) var<storage, read> dOut: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> partials: array<vec4f>;
@group(0) @binding(3) var<uniform> params: Params;

var<workgroup> inputTile: array<vec4f, DEPTH * TILE_ROW_QUADS>; // [pixel, quad of rows]
var<workgroup> gradientTile: array<vec4f, DEPTH * TILE_QUADS>; // [pixel, quad of channels]

// How far the tap of a row lies from a window's upper left corner, and its quad of channels. Modulo
// 2^32: left of or above the picture is far beyond its other edge.
fn tapOf(row: u32) -> vec3u { // down, across, quad
  let tap = row / params.channels;
  let shift = vec2u(tap / params.kernelWidth, tap % params.kernelWidth) * params.dilation;
  return vec3u(shift - params.padding, row % params.channels / 4);
}

// Four rows of the left operand at a pixel of the output.
fn quadOfInput(tap: vec3u, pixel: u32) -> vec4f {
  let line = pixel / params.outWidth;
  let at = vec2u(line % params.outHeight, pixel % params.outWidth) * params.stride + tap.xy;
  let inside = at.x < params.height && at.y < params.width;
  let place = (line / params.outHeight * params.height + at.x) * params.width + at.y;
  let start = select(0u, place * (params.channels / 4) + tap.z, inside);
  return select(vec4f(), input[start], inside);
}

@compute @workgroup_size(ACROSS, DOWN)
fn conv2d_backward_weight_shared(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) lane: vec3u,
  @builtin(local_invocation_index) index: u32,
) {
  let quads = params.columns / 4;
  let row = group.y * 4 * TILE_ROW_QUADS + lane.y * ROWS;
  let column = group.x * TILE_QUADS + lane.x; // in quads, and every ACROSS from there
  let busy = row < params.rows && column < quads;

  // Invocations are a multiple of the tile's quads: an invocation always loads the same ones.
  let tap = tapOf(min(4 * (group.y * TILE_ROW_QUADS + index % TILE_ROW_QUADS), params.rows - 4));
  let j = min(group.x * TILE_QUADS + index % TILE_QUADS, quads - 1);

  let start = params.firstPixel + group.z * params.slicePixels;
  let end = min(start + params.slicePixels, params.pixels);
  var sums: array<vec4f, ROWS * COLUMNS>;
  for (var first = start; first < end; first += DEPTH) {
    // @unroll
    for (var l = 0u; l < INPUT_LOADS; l++) {
      let i = index + l * INVOCATIONS;
      if i < DEPTH * TILE_ROW_QUADS {
        inputTile[i] = quadOfInput(tap, min(first + i / TILE_ROW_QUADS, end - 1));
      }
    }
    // @unroll
    for (var l = 0u; l < GRADIENT_LOADS; l++) {
      let i = index + l * INVOCATIONS;
      if i < DEPTH * TILE_QUADS {
        gradientTile[i] = dOut[min(first + i / TILE_QUADS, end - 1) * quads + j];
      }
    }
    workgroupBarrier();

    // Invocations outside the matrix only load: most of a last tile may be outside.
    let depth = select(0u, min(DEPTH, end - first), busy);
    for (var k = 0u; k < depth; k++) {
      var rowQuads: array<vec4f, ROW_QUADS>;
      // @unroll
      for (var r = 0u; r < ROW_QUADS; r++) {
        rowQuads[r] = inputTile[k * TILE_ROW_QUADS + lane.y * ROW_QUADS + r];
      }
      // @unroll
      for (var c = 0u; c < COLUMNS; c++) {
        let gradient = gradientTile[k * TILE_QUADS + c * ACROSS + lane.x];
        // @unroll
        for (var r = 0u; r < ROWS; r++) {
          sums[r * COLUMNS + c] += rowQuads[r / 4][r % 4] * gradient;
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
        if o < quads { partials[(group.z * params.rows + row + r) * quads + o] = sums[c]; }
      }
    }
    // @unroll
    for (var s = 0u; s < (ROWS - 1) * COLUMNS; s++) { sums[s] = sums[s + COLUMNS]; }
  }
}
