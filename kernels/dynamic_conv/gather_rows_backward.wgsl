// dx[i, c] = Σ_{starts[i] ≤ s < starts[i + 1]} dOut[order[s], c]: the entries that name row i
//
// dOut    [count, columns]  f32
// starts  [rows + 1]        u32, rising from 0 to count
// order   [count]           u32, the entries sorted by row, in their own order where rows are equal
// dx      [rows, columns]   f32, zero where no entry points
//
// One invocation per element: a gather, so that rows that several entries share need no atomics.

override WORKGROUP: u32 = 64;

struct Params { rows: u32, columns: u32, stride: u32 }

@group(0) @binding(0) var<storage, read> dOut: array<f32>;
// @texels
@group(0) @binding(1) var<storage, read> starts: array<u32>;
@group(0) @binding(2) var<storage, read> order: array<u32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn gather_rows_backward(@builtin(global_invocation_id) id: vec3u) {
  let at = id.x + id.y * params.stride;
  if at >= params.rows * params.columns { return; }
  let i = at / params.columns;
  let c = at % params.columns;
  var sum = 0f;
  for (var s = starts[i]; s < starts[i + 1]; s++) { sum += dOut[order[s] * params.columns + c]; }
  dx[at] = sum;
}
