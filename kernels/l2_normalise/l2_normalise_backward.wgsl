// dx[i, :] = (dOut[i, :] − y (y · dOut[i, :])) / ‖x[i, :]‖,  y = x[i, :] / ‖x[i, :]‖
//
// and 0 for a row of zeros.
//
// dOut  [rows, columns]  f32
// x     [rows, columns]  f32, what was scaled to unit length
// dx    [rows, columns]  f32
//
// LANES invocations per row and a tree between them; a CPU adapter takes one and no barrier.

override ROWS: u32 = 2;
override LANES: u32 = 32; // power of two

struct Params { rows: u32, columns: u32, across: u32 }

@group(0) @binding(0) var<storage, read> dOut: array<f32>;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

var<workgroup> sums: array<vec2f, ROWS * LANES>;

@compute @workgroup_size(LANES, ROWS)
fn l2_normalise_backward(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) lane: vec3u,
) {
  let i = (group.x + group.y * params.across) * ROWS + lane.y;
  let first = min(i, params.rows - 1) * params.columns;
  var sum = vec2f();
  for (var j = lane.x; j < params.columns; j += LANES) {
    let value = x[first + j];
    sum += vec2f(value * value, value * dOut[first + j]);
  }
  if LANES > 1 {
    let at = lane.y * LANES;
    sums[at + lane.x] = sum;
    for (var width = LANES / 2; width > 0; width /= 2) {
      workgroupBarrier();
      if lane.x < width { sums[at + lane.x] += sums[at + lane.x + width]; }
    }
    workgroupBarrier();
    sum = sums[at];
  }
  if i >= params.rows { return; }
  let scale = select(0.0, 1 / sqrt(sum.x), sum.x > 0);
  let along = select(0.0, sum.y / sum.x, sum.x > 0);
  for (var j = lane.x; j < params.columns; j += LANES) {
    dx[first + j] = scale * (dOut[first + j] - along * x[first + j]);
  }
}
