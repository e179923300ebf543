// out[i, :] = x[i, :] / ‖x[i, :]‖, and 0 for a row of zeros
//
// x    [rows, columns]  f32
// out  [rows, columns]  f32
//
// LANES invocations per row and a tree between them; a CPU adapter takes one and no barrier.

override ROWS: u32 = 2;
override LANES: u32 = 32; // power of two

struct Params { rows: u32, columns: u32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

var<workgroup> sums: array<f32, ROWS * LANES>;

@compute @workgroup_size(LANES, ROWS)
fn l2_normalise(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) lane: vec3u,
) {
  let i = group.x * ROWS + lane.y;
  let first = min(i, params.rows - 1) * params.columns;
  var square = 0.0;
  for (var j = lane.x; j < params.columns; j += LANES) { square += x[first + j] * x[first + j]; }
  if LANES > 1 {
    let at = lane.y * LANES;
    sums[at + lane.x] = square;
    for (var width = LANES / 2; width > 0; width /= 2) {
      workgroupBarrier();
      if lane.x < width { sums[at + lane.x] += sums[at + lane.x + width]; }
    }
    workgroupBarrier();
    square = sums[at];
  }
  if i >= params.rows { return; }
  let scale = select(0.0, 1 / sqrt(square), square > 0);
  for (var j = lane.x; j < params.columns; j += LANES) { out[first + j] = x[first + j] * scale; }
}
