// d[i, j] ← scale · p[i, j] · (d[i, j] − Σ_k p[i, k] d[i, k])  for j < columns, and 0 behind
//
// p  [rows, pitch]  f32, softmax of each row; zeros from `columns` on
// d  [rows, pitch]  f32, in place: the gradient of p, then that of what the softmax was given,
//    times scale; unspecified from `columns` on before
//
// LANES invocations per row and a tree between them; a CPU adapter takes one and no barrier.

override ROWS: u32 = 2;
override LANES: u32 = 32; // power of two

struct Params { rows: u32, columns: u32, pitch: u32, scale: f32, across: u32 }

@group(0) @binding(0) var<storage, read> p: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> d: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

var<workgroup> sums: array<f32, ROWS * LANES>;

// The gradient of a quad, zero behind the last column.
fn quad(at: u32, j: u32) -> vec4f {
  return select(vec4f(), d[at], 4 * j + vec4u(0, 1, 2, 3) < vec4u(params.columns));
}

@compute @workgroup_size(LANES, ROWS)
fn softmax_backward(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) lane: vec3u,
) {
  let i = (group.x + group.y * params.across) * ROWS + lane.y;
  let quads = params.pitch / 4;
  let first = min(i, params.rows - 1) * quads;
  var product = vec4f();
  for (var j = lane.x; j < quads; j += LANES) { product += p[first + j] * quad(first + j, j); }
  var sum = dot(product, vec4f(1));
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
  for (var j = lane.x; j < quads; j += LANES) {
    d[first + j] = params.scale * p[first + j] * (quad(first + j, j) - sum);
  }
}
