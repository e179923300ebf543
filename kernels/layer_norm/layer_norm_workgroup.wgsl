// out[i, :] = (x[i, :] - mean_i) / sqrt(variance_i + epsilon) * weight + bias
//
// x       [rows, columns]  f32, row-major; columns a multiple of 4
// weight  [columns]        f32
// bias    [columns]        f32
// out     [rows, columns]  f32
//
// One workgroup per row, lanes along the row, tree reductions: contiguous reads, for GPUs. The mean
// is taken first, so that the variance does not cancel.
// Source: Ba et al. 2016, arXiv 1607.06450, eq. 4.

override WORKGROUP: u32 = 64; // power of two

struct Params { rows: u32, columns: u32, stride: u32, epsilon: f32 }

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(4) var<uniform> params: Params;

var<workgroup> sums: array<f32, WORKGROUP>;

// Σ of a value of each lane, for all of them.
fn total(lane: u32, value: f32) -> f32 {
  workgroupBarrier(); // the last total has been read
  sums[lane] = value;
  for (var width = WORKGROUP / 2; width > 0; width /= 2) {
    workgroupBarrier();
    if lane < width { sums[lane] += sums[lane + width]; }
  }
  workgroupBarrier();
  return sums[0];
}

@compute @workgroup_size(WORKGROUP)
fn layer_norm_workgroup(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = group.x + group.y * params.stride;
  if i >= params.rows { return; }
  let quads = params.columns / 4;
  let first = i * quads;

  var sum = vec4f();
  for (var j = lane; j < quads; j += WORKGROUP) { sum += x[first + j]; }
  let mean = total(lane, dot(sum, vec4f(1))) / f32(params.columns);

  var squares = vec4f();
  for (var j = lane; j < quads; j += WORKGROUP) {
    let centred = x[first + j] - mean;
    squares += centred * centred;
  }
  let variance = total(lane, dot(squares, vec4f(1))) / f32(params.columns);
  let scale = inverseSqrt(variance + params.epsilon);

  for (var j = lane; j < quads; j += WORKGROUP) {
    out[first + j] = (x[first + j] - mean) * scale * weight[j] + bias[j];
  }
}
