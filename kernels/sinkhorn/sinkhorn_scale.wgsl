// out[i] = −log Σ_j exp(sharpness · x[i, j] + other[j])
//
// where (i, j) is a row and a column, or a column and a row, as the strides say.
//
// x      [rows, columns]  f32
// other  [length]         f32, logarithms of the factors of the j
// out    [count]          f32, logarithms of the factors of the i, which make their sums 1
//
// LANES invocations per i and a tree between them; a CPU adapter takes one and no barrier.

override ROWS: u32 = 2;
override LANES: u32 = 32; // power of two
const LOWEST = -3.4028234e38;

struct Params {
  count: u32, length: u32, stride: u32, step: u32, sharpness: f32, across: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> other: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

var<workgroup> parts: array<vec2f, ROWS * LANES>;

// Largest of x, sum of y over the lanes of an i, which all of them get.
fn together(mine: vec2f, lane: vec2u) -> vec2f {
  if LANES == 1 { return mine; }
  let at = lane.y * LANES;
  workgroupBarrier();
  parts[at + lane.x] = mine;
  for (var width = LANES / 2; width > 0; width /= 2) {
    workgroupBarrier();
    if lane.x < width {
      let part = parts[at + lane.x + width];
      let own = parts[at + lane.x];
      parts[at + lane.x] = vec2f(max(own.x, part.x), own.y + part.y);
    }
  }
  workgroupBarrier();
  return parts[at];
}

@compute @workgroup_size(LANES, ROWS)
fn sinkhorn_scale(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) lane: vec3u,
) {
  let i = (group.x + group.y * params.across) * ROWS + lane.y;
  let first = min(i, params.count - 1) * params.stride;
  var largest = LOWEST;
  for (var j = lane.x; j < params.length; j += LANES) {
    largest = max(largest, params.sharpness * x[first + j * params.step] + other[j]);
  }
  let peak = together(vec2f(largest, 0), lane.xy).x;
  var sum = 0f;
  for (var j = lane.x; j < params.length; j += LANES) {
    sum += exp(params.sharpness * x[first + j * params.step] + other[j] - peak);
  }
  let total = together(vec2f(0, sum), lane.xy).y;
  if i < params.count && lane.x == 0 { out[i] = -peak - log(total); }
}
