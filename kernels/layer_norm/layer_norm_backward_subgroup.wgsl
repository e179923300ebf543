// dx[i, :] = scale_i · (g − mean(g) − normal · mean(g · normal)),  g = dOut[i, :] · weight
// statistics[i] = (mean_i, scale_i)
//
// where normal = (x[i, :] − mean_i) · scale_i and scale_i = 1 / sqrt(variance_i + epsilon).
//
// dOut        [rows, columns]  f32; columns a multiple of 4, at most 4 · QUADS · WORKGROUP
// x           [rows, columns]  f32, what the layer norm was given
// weight      [columns]        f32
// dx          [rows, columns]  f32
// statistics  [rows, 2]        f32, for the gradients of weight and bias
//
// One subgroup for ROWS rows, one after the other, lanes along the row: all of it is in registers,
// and so is weight, so that each element is loaded once. For CPU adapters with subgroups, which loads
// cost far more than all the rest.
// Source: Ba et al. 2016, arXiv 1607.06450, eq. 4, differentiated.

override WORKGROUP: u32 = 8; // the size of the subgroups
override ROWS: u32 = 16;

// @variants QUADS = 6, 12, 24
const QUADS = 24u; // of a row and lane

struct Params { rows: u32, columns: u32, epsilon: f32 }

// @texels
@group(0) @binding(0) var<storage, read> dOut: array<vec4f>;
// @texels
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
// @texels
@group(0) @binding(2) var<storage, read> weight: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> statistics: array<vec2f>;
@group(0) @binding(5) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn layer_norm_backward_subgroup(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let quads = params.columns / 4;
  let one = vec4f(1 / f32(params.columns));
  var factor: array<vec4f, QUADS>;
  // @unroll
  for (var s = 0u; s < QUADS; s++) { factor[s] = weight[min(s * WORKGROUP + lane, quads - 1)]; }

  var row: array<vec4f, QUADS>; // zeros behind the last column, as in the next one
  var given: array<vec4f, QUADS>;
  let end = min((group.x + 1) * ROWS, params.rows);
  for (var i = group.x * ROWS; i < end; i++) {
    let first = i * quads;
    var sum = vec4f();
    // @unroll
    for (var s = 0u; s < QUADS; s++) {
      let j = s * WORKGROUP + lane;
      row[s] = select(vec4f(), x[first + min(j, quads - 1)], j < quads);
      sum += row[s];
    }
    let mean = subgroupAdd(dot(sum, one));

    var squares = vec4f();
    var total = vec4f();
    var product = vec4f();
    // @unroll
    for (var s = 0u; s < QUADS; s++) {
      let j = s * WORKGROUP + lane;
      row[s] = select(vec4f(), row[s] - mean, j < quads);
      given[s] = select(vec4f(), dOut[first + min(j, quads - 1)] * factor[s], j < quads);
      squares += row[s] * row[s];
      total += given[s];
      product += given[s] * row[s];
    }
    let scale = inverseSqrt(subgroupAdd(dot(squares, one)) + params.epsilon);
    let shift = subgroupAdd(dot(total, one));
    let slope = subgroupAdd(dot(product, one)) * scale * scale;

    // @unroll
    for (var s = 0u; s < QUADS; s++) {
      let j = s * WORKGROUP + lane;
      if j < quads { dx[first + j] = scale * (given[s] - shift - slope * row[s]); }
    }
    if lane == 0 { statistics[i] = vec2f(mean, scale); }
  }
}
