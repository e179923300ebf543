// out[i, :] = (x[i, :] - mean_i) / sqrt(variance_i + epsilon) * weight + bias
//
// x       [rows, columns]  f32, row-major; columns a multiple of 4, at most 4 · QUADS · WORKGROUP
// weight  [columns]        f32
// bias    [columns]        f32
// out     [rows, columns]  f32
//
// One subgroup for ROWS rows, one after the other, lanes along the row: all of it is in registers,
// and so are weight and bias, so that each element is loaded once. For CPU adapters with subgroups,
// which loads cost far more than all the rest. The mean is taken first, so that the variance does
// not cancel.
// Source: Ba et al. 2016, arXiv 1607.06450, eq. 4.

override WORKGROUP: u32 = 8; // the size of the subgroups
override ROWS: u32 = 16;

// @variants QUADS = 6, 12, 24, 32
const QUADS = 24u; // of a row and lane

struct Params { rows: u32, columns: u32, epsilon: f32 }

// @texels
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
// @texels
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
// @texels
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn layer_norm_subgroup(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let quads = params.columns / 4;
  var factor: array<vec4f, QUADS>;
  var shift: array<vec4f, QUADS>;
  // @unroll
  for (var s = 0u; s < QUADS; s++) {
    let j = min(s * WORKGROUP + lane, quads - 1);
    factor[s] = weight[j];
    shift[s] = bias[j];
  }

  var row: array<vec4f, QUADS>; // zeros behind the last column
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
    let mean = subgroupAdd(dot(sum, vec4f(1))) / f32(params.columns);

    var squares = vec4f();
    // @unroll
    for (var s = 0u; s < QUADS; s++) {
      row[s] = select(vec4f(), row[s] - mean, s * WORKGROUP + lane < quads);
      squares += row[s] * row[s];
    }
    let variance = subgroupAdd(dot(squares, vec4f(1))) / f32(params.columns);
    let scale = inverseSqrt(variance + params.epsilon);

    // @unroll
    for (var s = 0u; s < QUADS; s++) {
      let j = s * WORKGROUP + lane;
      if j < quads { out[first + j] = row[s] * scale * factor[s] + shift[s]; }
    }
  }
}
