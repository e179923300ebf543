// dx[z, i, q] = Σ_o (weight of input i in output o) · dOut[z, o, q], along one axis
//
// dOut  [outer, outSize, inner]  f32, quads: inner holds the axes behind this one, in quads of 4
// dx    [outer, size, inner]     f32
//
// One invocation per quad of the result, which gathers: the outputs that read input i lie between
// the centres of inputs i − 1 and i + 1, about 2 · outSize / size of them. Rows and columns take one
// pass each, so that no invocation visits their product.
// The adjoint of resize_bilinear_nhwc.wgsl, with the same whole numbers.

override WORKGROUP: u32 = 64;

struct Params { count: u32, row: u32, size: u32, outSize: u32, inner: u32 }

// @texels
@group(0) @binding(0) var<storage, read> dOut: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

// Weight of input i in output o, whose place lies between inputs i − 1 and i + 1: no division but
// that of the weight, which integers cost CPU adapters more than loads.
fn weightOf(i: u32, o: u32) -> f32 {
  let steps = 2 * params.outSize;
  let scaled = max((2 * o + 1) * params.size, params.outSize) - params.outSize; // place · steps
  let at = i * steps;
  if scaled < at { return f32(scaled + steps - at) / f32(steps); }
  // The last input stands on both sides of places beyond it.
  return select(1 - f32(scaled - at) / f32(steps), 1, i + 1 == params.size);
}

// The first output whose place is at or beyond (half − 1) / 2 in pixels of the input.
fn firstFrom(half: u32) -> u32 {
  // (2o + 1) · size ≥ half · outSize
  let least = max(half * params.outSize, params.size) - params.size;
  return (least + 2 * params.size - 1) / (2 * params.size);
}

@compute @workgroup_size(WORKGROUP)
fn resize_bilinear_backward(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if index >= params.count { return; }
  let q = index % params.inner;
  let i = index / params.inner % params.size;
  let first = index / params.inner / params.size * params.outSize;

  var sum = vec4f();
  // Places left of the first centre read input 0, those right of the last the last one.
  let begin = select(firstFrom(2 * max(i, 1) - 1), 0, i == 0);
  let end = select(firstFrom(2 * i + 3), params.outSize, i + 1 == params.size);
  for (var o = begin; o < end; o++) {
    sum += weightOf(i, o) * dOut[(first + o) * params.inner + q];
  }
  dx[index] = sum;
}
