// dx[i, :] = scale_i · (g − mean(g) − normal · mean(g · normal)),  g = dOut[i, :] · weight
// statistics[i] = (mean_i, scale_i)
//
// where normal = (x[i, :] − mean_i) · scale_i and scale_i = 1 / sqrt(variance_i + epsilon).
//
// dOut        [rows, columns]  f32; columns a multiple of 4
// x           [rows, columns]  f32, what the layer norm was given
// weight      [columns]        f32
// dx          [rows, columns]  f32
// statistics  [rows, 2]        f32, for the gradients of weight and bias
//
// LANES invocations per row and a tree between them; a CPU adapter takes one and no barrier.
// Source: Ba et al. 2016, arXiv 1607.06450, eq. 4, differentiated.

override ROWS: u32 = 2;
override LANES: u32 = 32; // power of two

struct Params { rows: u32, columns: u32, epsilon: f32, across: u32 }

@group(0) @binding(0) var<storage, read> dOut: array<vec4f>;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> weight: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> statistics: array<vec2f>;
@group(0) @binding(5) var<uniform> params: Params;

var<workgroup> sums: array<vec3f, ROWS * LANES>;

// The sum over the lanes of a row, which all of them get.
fn together(mine: vec3f, lane: vec2u) -> vec3f {
  if LANES == 1 { return mine; }
  let at = lane.y * LANES;
  workgroupBarrier();
  sums[at + lane.x] = mine;
  for (var width = LANES / 2; width > 0; width /= 2) {
    workgroupBarrier();
    if lane.x < width { sums[at + lane.x] += sums[at + lane.x + width]; }
  }
  workgroupBarrier();
  return sums[at];
}

@compute @workgroup_size(LANES, ROWS)
fn layer_norm_backward(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) lane: vec3u,
) {
  let i = (group.x + group.y * params.across) * ROWS + lane.y;
  let quads = params.columns / 4;
  let first = min(i, params.rows - 1) * quads;
  let one = vec4f(1 / f32(params.columns));

  var sum = vec4f();
  for (var j = lane.x; j < quads; j += LANES) { sum += x[first + j]; }
  let mean = together(vec3f(dot(sum, one), 0, 0), lane.xy).x;

  var squares = vec4f();
  var given = vec4f();
  var product = vec4f();
  for (var j = lane.x; j < quads; j += LANES) {
    let centred = x[first + j] - mean;
    let g = dOut[first + j] * weight[j];
    squares += centred * centred;
    given += g;
    product += g * centred;
  }
  let means = together(vec3f(dot(squares, one), dot(given, one), dot(product, one)), lane.xy);
  let scale = inverseSqrt(means.x + params.epsilon);
  if i >= params.rows { return; }

  let slope = means.z * scale * scale;
  for (var j = lane.x; j < quads; j += LANES) {
    let g = dOut[first + j] * weight[j];
    dx[first + j] = scale * (g - means.y - slope * (x[first + j] - mean));
  }
  if lane.x == 0 { statistics[i] = vec2f(mean, scale); }
}
